"""The local server: the page, its parts, and the answers that it asks for."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from importlib import resources
from threading import Lock
from typing import TYPE_CHECKING

from catallaxy.engine import CatallaxyError

from .answers import ANSWERS
from .history import History
from .parameters import Query, QueryError
from .plain import plain

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
GUARD = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_LOG = logging.getLogger(__name__)


def parts() -> dict[str, bytes]:
    """The files of the page, by name."""
    folder = resources.files(__package__) / "page"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in TYPES}


def application(history: History, hosts: Sequence[str] = ("localhost", "127.0.0.1", "[::1]")) -> Starlette:
    """The application that shows a run.

    Args:
        history: its log.
        hosts: the names by which it may be called; "*" for any. (Others are refused, so that no page of elsewhere can
            read the log through a name of its own that leads here.)
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    lock = Lock()
    routes = [Route(f"/api/{name}", _endpoint(name, history, lock), methods=["GET"]) for name in ANSWERS]
    files = parts()
    routes += [Route(f"/{name}", _file(name, body), methods=["GET"]) for name, body in files.items()]
    routes.append(Route("/", _file("page.html", files["page.html"]), methods=["GET"]))
    return Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)],
        exception_handlers={404: _missing, 405: _missing},
    )


def answer(name: str, history: History, pairs: Sequence[tuple[str, str]]) -> tuple[int, bytes]:
    """Status and JSON for a question; whatever goes wrong is said in one sentence."""
    make, known = ANSWERS[name]
    try:
        history.refresh()
        found, status = make(history, Query(pairs, known, history)), 200
    except QueryError as error:
        found, status = {"error": str(error)}, error.status
    except CatallaxyError as error:
        found, status = {"error": str(error)}, 409
    except Exception:
        _LOG.exception("%s %s", name, pairs)
        found, status = {"error": "the viewer failed to answer this; its terminal says why"}, 500
    return status, json.dumps(plain(found), allow_nan=False).encode()


def _endpoint(name: str, history: History, lock: Lock) -> Callable[[Request], Awaitable[Response]]:
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response

    def locked(pairs: Sequence[tuple[str, str]]) -> tuple[int, bytes]:
        with lock:
            return answer(name, history, pairs)

    async def respond(request: Request) -> Response:
        status, body = await run_in_threadpool(locked, request.query_params.multi_items())
        return Response(body, status, GUARD, "application/json")

    return respond


def _file(name: str, body: bytes) -> Callable[[Request], Awaitable[Response]]:
    from starlette.responses import Response

    async def respond(request: Request) -> Response:
        return Response(body, 200, GUARD, TYPES[name.rpartition(".")[2]])

    return respond


async def _missing(request: Request, error: Exception) -> Response:
    from starlette.responses import JSONResponse

    status = getattr(error, "status_code", 404)
    return JSONResponse({"error": "there is nothing here" if status == 404 else "only GET"}, status, GUARD)
