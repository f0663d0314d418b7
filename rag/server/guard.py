"""Who may come in to REST and MCP: Host, Origin and size of a request, sign-in by token, rights, and the rate.

A page of another site can send requests to this machine's loopback from the user's browser, also under a name of its
own that it lets point here (DNS rebinding). So a Host that is not ours is refused, and an Origin that is not ours too.
"""

from __future__ import annotations

import math
import time
from http import HTTPStatus
from urllib.parse import urlsplit

from anyio import to_thread
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.errors import RagError
from rag.server.caller import ANYBODY, STRANGER, Caller, caller, known_caller
from rag.server.problems import Refused, problem_of
from rag.server.service import Service
from rag.ui.hosts import HINT, Hosts
from rag.ui.theme import MAX_UPLOAD_MB

GUARDED = ("/api", "/mcp")
OPEN = "/api/health"  # asked by what watches the server, which has no token; it says no more than the state then
READING = ("GET", "HEAD", "OPTIONS")
MOST_BYTES = (MAX_UPLOAD_MB + 2) << 20  # of a request: the largest upload with what stands around it


class Rate:
    """So many requests a minute of each caller; 0 for any number."""

    def __init__(self, a_minute: int) -> None:
        self._allowed = RateLimitItemPerMinute(a_minute) if a_minute else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, key: str) -> None:
        """Count a request; Refused says when the next may come."""
        if self._allowed is None or self._limiter.hit(self._allowed, key):
            return
        wait = math.ceil(self._limiter.get_window_stats(self._allowed, key).reset_time - time.time())
        raise Refused(
            f"More than {self._allowed.amount} requests a minute.",
            f"Wait {max(1, wait)} s.",
            HTTPStatus.TOO_MANY_REQUESTS,
            {"Retry-After": str(max(1, wait))},
        )


class Guard:
    """ASGI middleware in front of REST and MCP; the chat has its own."""

    def __init__(
        self, app: ASGIApp, service: Service, *, hosts: Hosts, sign_in: bool = False, a_minute: int = 0
    ) -> None:
        self._app = app
        self._service = service
        self._hosts = hosts
        self._sign_in = sign_in
        self._rate = Rate(a_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its caller known, or refuse it."""
        if scope["type"] != "http" or not _guarded(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            who = await self._admitted(scope, Headers(scope=scope))
        except RagError as error:
            await problem_of(error)(scope, receive, send)
            return
        before = caller.set(who)
        try:
            await self._app(scope, receive, send)
        finally:
            caller.reset(before)

    async def _admitted(self, scope: Scope, headers: Headers) -> Caller:
        self._check_origin(headers)
        _check_size(headers)
        who = ANYBODY
        if self._sign_in:
            who = await to_thread.run_sync(known_caller, self._service, headers.get("authorization", ""))
        self._rate.check(who.token or (scope.get("client") or ("unknown",))[0])
        if scope["path"] != OPEN:
            self._check_rights(who, scope, headers)
        return who

    def _check_rights(self, who: Caller, scope: Scope, headers: Headers) -> None:
        if who == STRANGER:
            hint = "Send 'Authorization: Bearer TOKEN'; whoever runs the server makes one with: rag token new NAME"
            asking = {"WWW-Authenticate": self._challenge(scope["path"], "authorization" in headers)}
            raise Refused("There is no token, or none that is good.", hint, HTTPStatus.UNAUTHORIZED, asking)
        if not who.may_write and _writes(scope):
            hint = "It needs a token made with `rag token new NAME --write`, and a right: rag rights grant NAME --write"
            raise Refused(f"The token of {who.name!r} may only read.", hint, HTTPStatus.FORBIDDEN)

    def _challenge(self, path: str, given: bool) -> str:
        """How to sign in (RFC 6750): agents read where the issuer is."""
        issuer = self._service.issuer
        if issuer is None:
            return "Bearer"
        wrong = 'error="invalid_token", ' if given else ""
        return f'Bearer {wrong}resource_metadata="{issuer.metadata_url(path)}"'

    def _check_origin(self, headers: Headers) -> None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._hosts.know(host):
            raise Refused(f"This server does not answer for the host {host!r}.", HINT, HTTPStatus.MISDIRECTED_REQUEST)
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            hint = "Send requests from a program, or from a page of this server."
            raise Refused(f"Pages of {origin!r} may not send requests here.", hint, HTTPStatus.FORBIDDEN)


def _check_size(headers: Headers) -> None:
    if "transfer-encoding" in headers:
        hint = "Send a body with its Content-Length."
        raise Refused("The request does not say how long it is.", hint, HTTPStatus.LENGTH_REQUIRED)
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length) > MOST_BYTES:
        hint = f"Send at most {MAX_UPLOAD_MB} MB at a time."
        raise Refused(f"The request has {int(length):,} bytes.", hint, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _writes(scope: Scope) -> bool:
    """Whether a request changes the library: all of REST but reading and asking. The tools of MCP only read."""
    path, method = scope["path"].rstrip("/"), scope["method"]
    return method not in READING and path != "/mcp" and not (method == "POST" and path == "/api/ask")


def _guarded(path: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in GUARDED)
