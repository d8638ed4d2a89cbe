"""What calibration refuses."""

from catallaxy.engine import CatallaxyError


class CalibrationError(CatallaxyError):
    """A calibration that can't be run, or whose state can't be used; the message names what to mend."""
