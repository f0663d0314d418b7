"""The part of sign-in that stands in front of Streamlit: the page's script asks who comes, but files go by other ways.

Uploads and downloads need the cookie of somebody who has signed in; a sign-in that failed is told to the page; and
where the chat is reached by TLS, no cookie travels without it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

# The reader of Streamlit's own socket: a cookie that it does not take must not open files either.
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from rag.config import Settings
from rag.errors import SignInNeeded
from rag.ui.identity import ended, person_of
from rag.ui.openid import CALLBACK, FAILED

FILES = ("/_stcore/upload_file", "/media/")


class SignInGuard:
    """ASGI middleware for a chat with sign-in; `tls`: whether people reach it by https."""

    def __init__(self, app: ASGIApp, settings: Settings, *, tls: bool) -> None:
        self._app = app
        self._settings = settings
        self._tls = tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        if any(one in asked.url.path for one in FILES) and not self._knows(asked):
            await PlainTextResponse("Sign in first.\n", HTTPStatus.UNAUTHORIZED)(scope, receive, send)
            return
        returned = asked.url.path.endswith(CALLBACK) and not {"state", "error"}.isdisjoint(asked.query_params)

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if returned and not _lets_in(headers):
                    headers["location"] = f"{headers.get('location', '/')}?{FAILED}=yes"
                if self._tls:
                    _close_cookies(message)
            await send(message)

        await self._app(scope, receive, send_on)

    def _knows(self, asked: HTTPConnection) -> bool:
        """Whether the request's cookie is of somebody who has signed in."""
        try:
            held = _get_signed_cookie_with_chunks(asked.cookies, USER_COOKIE_NAME)
            claims: dict[str, Any] = json.loads(held or b"{}")
            return person_of(claims, self._settings, datetime.now(UTC)) not in ended
        except (SignInNeeded, ValueError):
            return False


def _lets_in(headers: MutableHeaders) -> bool:
    """Whether a response sets the cookie of somebody who signed in; one that deletes it has an empty value."""
    begins = f"{USER_COOKIE_NAME}="
    return any(one.startswith(begins) and one[len(begins)] not in ';"' for one in headers.getlist("set-cookie"))


def _close_cookies(message: Message) -> None:
    """Let the browser send the response's cookies by https only."""
    message["headers"] = [
        (name, value + b"; Secure" if name.lower() == b"set-cookie" and b"secure" not in value.lower() else value)
        for name, value in message["headers"]
    ]
