"""Ctrl-C that ends long work where it can be taken up again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console


@contextmanager
def stopping(screen: Console, what: str, stop: Callable[[], object] | None = None) -> Iterator[list[int]]:
    """Let Ctrl-C end work after the step under way, and a second one end it at once.

    Args:
        screen: where that is said.
        what: what a step is called.
        stop: called at the first Ctrl-C.

    Yields:
        A list that holds the signals that have come.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # where no signal handler may be set
        yield received
        return

    def receive(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        if stop is not None:
            stop()
        screen.print(f"stopping after this {what}; Ctrl-C again stops at once", style="dim")

    previous = signal.signal(signal.SIGINT, receive)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, previous)
