"""What can go wrong in learning, with one clear message each."""

from __future__ import annotations

from catallaxy.engine import CatallaxyError


class LearningError(CatallaxyError):
    """Learning is set up, fed or driven wrongly."""


class DivergenceError(LearningError):
    """An update produced numbers that are not finite; the learner keeps its last good weights."""


class CheckpointError(LearningError):
    """A checkpoint that can't be read, or that belongs to something else."""


class WorkerError(LearningError):
    """A worker process could not be set up, or has died."""
