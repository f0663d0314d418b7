"""Who may come in: the Host and Origin of requests to REST and MCP, and their size.

A page of another site can send requests to this machine's loopback from the user's browser, also under a name of its
own that it lets point here (DNS rebinding). So a Host that is not ours is refused, and an Origin that is not ours too.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.server.problems import problem
from rag.ui.theme import MAX_UPLOAD_MB

GUARDED = ("/api", "/mcp")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MOST_BYTES = (MAX_UPLOAD_MB + 2) << 20  # of a request: the largest upload with what stands around it


class Guard:
    """ASGI middleware in front of REST and MCP; the chat has its own."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = {*LOOPBACK, *(host.lower() for host in hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or not _guarded(scope["path"]):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await problem(*refusal)(scope, receive, send)

    def _refusal(self, headers: Headers) -> tuple[HTTPStatus, str, str] | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if "*" not in self._hosts and _name(host) not in self._hosts:
            hint = "Name the host when you start the server: rag serve --allow-host NAME"
            return HTTPStatus.MISDIRECTED_REQUEST, f"This server does not answer for the host {host!r}.", hint
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            hint = "Send requests from a program, or from a page of this server."
            return HTTPStatus.FORBIDDEN, f"Pages of {origin!r} may not send requests here.", hint
        if "transfer-encoding" in headers:
            hint = "Send a body with its Content-Length."
            return HTTPStatus.LENGTH_REQUIRED, "The request does not say how long it is.", hint
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > MOST_BYTES:
            hint = f"Send at most {MAX_UPLOAD_MB} MB at a time."
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request has {int(length):,} bytes.", hint
        return None


def _guarded(path: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in GUARDED)


def _name(host: str) -> str:
    """The host without its port."""
    name, _, port = host.rpartition(":")
    return (name if port.isdigit() and name else host).lower()
