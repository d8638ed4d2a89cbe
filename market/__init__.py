"""Markets: reference prices, the dealer (over-the-counter) market, closed-form and numerical references."""
