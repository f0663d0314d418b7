"""A real issuer of tokens on loopback: its metadata, its keys, and tokens signed with them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class LocalIssuer:
    """An issuer with one key named "first"; more can be published while it runs."""

    url: str
    keys: dict[str, RSAPrivateKey] = field(default_factory=lambda: {"first": new_key()})

    def told(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        if path == "/keys":
            return {"keys": [_published(name, key) for name, key in self.keys.items()]}
        return None

    def token(self, audience: Any, *, kid: str = "first", key: RSAPrivateKey | None = None, **other: Any) -> str:
        """A token that is good for ten minutes; a claim that is None is left out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": audience, "sub": "ann", "iat": now, "exp": now + 600} | other
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, self.keys[kid] if key is None else key, algorithm="RS256", headers={"kid": kid})


def _published(name: str, key: RSAPrivateKey) -> dict[str, Any]:
    return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name, "use": "sig", "alg": "RS256"}


@contextmanager
def issuing() -> Iterator[LocalIssuer]:
    """An issuer that answers until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = issuer.told(self.path)
            body = json.dumps(told).encode()
            self.send_response(404 if told is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = LocalIssuer(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield issuer
        finally:
            server.shutdown()
