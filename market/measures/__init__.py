"""What measuring any market needs: intervals, curves, summaries over episodes, and reading the log's tables fast."""

from .columns import Events, Roster
from .episodes import played
from .intervals import Interval, interval, student_quantile
from .paths import correlation_time, herfindahl, time_average
from .proportions import LogisticFit, curve, fit_logistic, wilson
from .summary import summarise

__all__ = [
    "Events",
    "Interval",
    "LogisticFit",
    "Roster",
    "correlation_time",
    "curve",
    "fit_logistic",
    "herfindahl",
    "interval",
    "played",
    "student_quantile",
    "summarise",
    "time_average",
    "wilson",
]
