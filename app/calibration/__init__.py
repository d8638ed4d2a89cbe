"""`catallaxy calibrate`: which composition of a market's agents shows what was measured."""
