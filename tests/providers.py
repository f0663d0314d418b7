"""A real OpenID provider on loopback: discovery, sign-in page, tokens for codes, keys, sign-out.

Whoever comes chooses who he or she is. `forge` makes other tokens than the right ones.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from issuers import LocalIssuer

from rag.schema import Article

CLIENT, SECRET = "article-chat", "the secret of the chat"
COOKIES = "0123456789abcdef0123456789abcdef"

# What is open to one of the people and not to the other.
TRAINS = Article(
    title="Night trains return to Norrland",
    publisher="Rail Courier",
    text="The railway of Norrland will run night trains again in June. Conductor Ottilie Krantz said she was glad.",
)
SWANS = Article(
    title="Swans at Zelthorpe",
    publisher="Marsh Gazette",
    text="Nineteen swans came to the canal of Zelthorpe this morning. Warden Piet Halloran fed the swans with barley.",
)


@dataclass
class LocalProvider(LocalIssuer):
    """A provider with one client, the chat, and some people: their claims by name."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    way_back: set[str] = field(default_factory=set)  # addresses to which the client may be sent
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    forge: Callable[[dict[str, Any]], str | None] | None = None  # an ID token for the right claims; None: none

    def settings(self) -> dict[str, str]:
        """The environment of a chat at which these people sign in."""
        return {
            "RAG_OIDC_ISSUER": self.url,
            "RAG_OIDC_CLIENT_ID": CLIENT,
            "RAG_OIDC_CLIENT_SECRET": SECRET,
            "RAG_OIDC_COOKIE_SECRET": COOKIES,
        }

    def told(self, path: str) -> Any:
        if path != "/.well-known/openid-configuration":
            return super().told(path)
        ends = {"authorization": "authorize", "token": "token", "end_session": "leave"}
        return super().told(path) | {f"{name}_endpoint": f"{self.url}/{end}" for name, end in ends.items()} | {
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }  # fmt: skip

    def authorized(self, query: Mapping[str, str]) -> str:
        """Where somebody is sent who has chosen who he or she is."""
        assert query["client_id"] == CLIENT
        assert query["redirect_uri"] in self.way_back
        assert query["response_type"] == "code"
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        if query["person"] == "nobody":
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        code = secrets.token_urlsafe()
        self.codes[code] = dict(query)
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def exchanged(self, form: Mapping[str, str], authorization: str) -> dict[str, Any]:
        """The tokens for a code, which is good once."""
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        assert (unquote(name), unquote(secret).replace("+", " ")) == (CLIENT, SECRET)
        asked = self.codes.pop(form["code"])
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        assert challenge.rstrip(b"=").decode() == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        right = {"sub": asked["person"], "nonce": asked["nonce"]} | self.people[asked["person"]]
        token = self.forge(right) if self.forge else self.token(CLIENT, **right)
        access = {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 600}
        return access | ({"id_token": token} if token else {})


@contextmanager
def providing(people: Mapping[str, dict[str, Any]]) -> Iterator[LocalProvider]:
    """A provider that answers until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            if parts.path == "/authorize" and "person" in query:
                self._send(302, b"", Location=provider.authorized(query))
            elif parts.path == "/authorize":
                names = [*provider.people, "nobody"]
                links = (f'<a href="/authorize?{html.escape(parts.query)}&person={quote(n)}">{n}</a>' for n in names)
                self._send(200, f"<title>Who are you?</title>{' '.join(links)}".encode())
            elif parts.path == "/leave":
                assert query["post_logout_redirect_uri"] in provider.way_back
                self._send(302, b"", Location=query["post_logout_redirect_uri"])
            else:
                told = provider.told(parts.path)
                self._send(404 if told is None else 200, json.dumps(told).encode(), "application/json")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            try:
                told, status = provider.exchanged(form, self.headers["Authorization"]), 200
            except (KeyError, AssertionError):
                told, status = {"error": "invalid_grant"}, 400
            self._send(status, json.dumps(told).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str = "text/html", **headers: str) -> None:
            self.send_response(status)
            for name, value in ({"Content-Type": kind, "Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = LocalProvider(f"http://127.0.0.1:{server.server_port}", people=dict(people))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield provider
        finally:
            server.shutdown()
