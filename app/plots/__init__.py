"""Figures: each function draws a table of measures, computed elsewhere, on matplotlib axes."""
