"""The names under which a server answers: a request for another name is refused.

A page of another site can let a name of its own point at this machine (DNS rebinding); to the browser, what answers
under that name is then the page's own, websockets too. So a Host that is not one of ours gets nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
ANY = ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)
HINT = "Name the host when you start the server: --allow-host NAME"


class Hosts:
    """The names of one server."""

    def __init__(self, host: str, named: Iterable[str] = ()) -> None:
        """Those of loopback, that of the address it listens on, and `named` ("*": any).

        Who listens on all addresses without naming any is asked by any name.
        """
        several = tuple(one.lower() for one in named)
        own = f"[{host}]" if ":" in host else host
        self._any = "*" in several or (host in ANY and not several)
        self._known = {*LOOPBACK, *several, own.lower()}

    def know(self, host: str) -> bool:
        """Whether a Host header, with its port or without, is one of the names."""
        name, _, port = host.rpartition(":")
        return self._any or (name if port.isdigit() and name else host).lower() in self._known


class KnownHosts:
    """ASGI middleware that refuses requests and websockets for other names with 421."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket") or self._hosts.know(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
            return
        said = f"This server does not answer for this host. {HINT}\n"
        await PlainTextResponse(said, HTTPStatus.MISDIRECTED_REQUEST)(scope, receive, send)
