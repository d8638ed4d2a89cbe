"""What investors are rewarded for: one room for each term, and their weighted sum."""
