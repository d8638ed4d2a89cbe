"""What measuring any market needs."""

from .intervals import Interval, interval, student_quantile

__all__ = ["Interval", "interval", "student_quantile"]
