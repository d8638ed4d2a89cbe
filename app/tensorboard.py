"""Scalars for TensorBoard, where somebody wants them there too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from catallaxy.engine import CatallaxyError

Scalars = Callable[[int, Mapping[str, float]], None]
"""Takes a number of decisions and the scalars at that point."""


class TrackError(CatallaxyError):
    """Scalars that can't be followed as was asked."""


@contextmanager
def tensorboard(folder: Path | None, after: int = 0) -> Iterator[Scalars]:
    """Write scalars into event files in `folder`; nowhere without one.

    Args:
        folder: for `tensorboard --logdir`.
        after: decisions after which a run goes on: what an earlier writer has said of later ones is taken back.

    Raises:
        TrackError: TensorBoard is not installed.
    """
    if folder is None:
        yield lambda decisions, scalars: None
        return
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise TrackError("--tensorboard needs TensorBoard: pip install 'catallaxy[track]'") from None
    with SummaryWriter(str(folder), purge_step=after + 1 if after else None) as writer:

        def write(decisions: int, scalars: Mapping[str, float]) -> None:
            for name, value in scalars.items():
                writer.add_scalar(name, value, decisions)

        yield write
