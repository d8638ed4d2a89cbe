"""The dealer market's units: minutes, MEUR, bp."""

MINUTES_PER_DAY = 1440.0
DAILY_VOLATILITY = 50.0
"""bp per square root of a day: EUR/USD in Barzykin, Bergault, Gueant (2112.02269)."""
