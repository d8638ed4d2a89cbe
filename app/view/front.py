"""What `catallaxy view` does."""

from __future__ import annotations

import contextlib
import socket
import webbrowser
from pathlib import Path
from threading import Timer

from catallaxy.engine import CatallaxyError

from ..display import console
from .history import History
from .server import application


class ViewError(CatallaxyError):
    """A run that can't be shown."""


def view(directory: Path, *, host: str, port: int, live: bool, browser: bool) -> None:
    """Serve the page that shows a run until Ctrl-C.

    Args:
        directory: the run's folder.
        host: on which address.
        port: on which port; 0 for any that is free.
        live: whether to follow a run that is under way.
        browser: whether to open the page.

    Raises:
        ViewError: starlette or uvicorn is not installed, or the address can't be had.
        LogError: the folder is no run.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn
    except ImportError:
        raise ViewError("the viewer needs starlette and uvicorn: pip install 'catallaxy[web]'") from None
    history = History(directory, live=live)
    if not history.episodes and not live:
        raise ViewError(f"{directory} has no events to show")
    own = host in ("127.0.0.1", "localhost", "::1")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()  # whoever comes before the server is up waits
    except (OSError, OverflowError) as error:
        listening.close()
        raise ViewError(f"port {port} of {host} can't be had ({error}): choose another with --port") from None
    with listening:
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listening.getsockname()[1]}/"
        hosts = ("localhost", "127.0.0.1", "[::1]") if own else ("*",)
        console().print(f"{directory}: {address} (Ctrl-C ends it)")
        if browser:
            Timer(0.5, webbrowser.open, [address]).start()
        config = uvicorn.Config(
            application(history, hosts), log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=1
        )
        with contextlib.suppress(KeyboardInterrupt):  # the usual way to end it
            uvicorn.Server(config).run(sockets=[listening])
