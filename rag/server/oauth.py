"""REST and MCP as an OAuth resource server: who an access token (JWT) of the configured issuer is for.

The issuer's keys come from its JWKS, found by its metadata. Tokens must be signed by one of them, be in time, and name
the issuer and this server as audience. Where agents find the issuer, RFC 9728's metadata say.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

import httpx
import jwt
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from pydantic import AnyHttpUrl
from starlette.routing import Route

from rag.config import Settings
from rag.forks import RenewedLock
from rag.server.problems import Refused
from rag.ui.identity import Identity, identity_of
from rag.ui.openid import secure

RESOURCES = ("/mcp", "/api")
# Only keys that the issuer keeps to itself sign: with a shared one, its public key would be taken for the secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_S = 30  # by which clocks may differ
TIMEOUT_S = 5  # of a request to the issuer
METADATA = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
LONGEST = 16_000  # characters of a token

log = logging.getLogger("rag.server")


class Issuer:
    """The issuer of access tokens, with its keys: fetched at the first token, then when they are old or one is new."""

    def __init__(self, settings: Settings, address: str) -> None:
        """`address` is this server's, as its callers know it; a ConfigError when the issuer's cannot be trusted."""
        self.url = secure(settings.oauth_issuer, "RAG_OAUTH_ISSUER")
        self.address = address
        self._audience = [settings.oauth_audience] if settings.oauth_audience else _audiences(address)
        self._user, self._groups = settings.oauth_user_claim, settings.oauth_groups_claim
        self._jwks = secure(settings.oauth_jwks, "RAG_OAUTH_JWKS") if settings.oauth_jwks else ""
        self._keys: jwt.PyJWKClient | None = None
        self._lock = RenewedLock()

    def identity(self, token: str) -> Identity | None:
        """Whom the token is for; None when it is not good. Refused (503) when the issuer's keys cannot be had."""
        if len(token) > LONGEST:
            return None
        try:
            key = self._client().get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token, key, list(ALGORITHMS), audience=self._audience, issuer=self.url, leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", self._user]},
            )  # fmt: skip
        except jwt.PyJWKClientConnectionError as error:
            raise _unreachable(self.url, error) from error
        except jwt.PyJWTError as error:
            log.info("An access token was refused: %s", error)
            return None
        return identity_of(claims, self._user, self._groups)

    def metadata_url(self, path: str) -> str:
        """Where the metadata of the resource that the path belongs to are."""
        resource = next((one for one in RESOURCES if path.startswith(one)), RESOURCES[0])
        return str(build_resource_metadata_url(AnyHttpUrl(f"{self.address}{resource}")))

    def routes(self) -> list[Route]:
        """The metadata by which agents find the issuer (RFC 9728)."""
        return [
            route
            for resource in RESOURCES
            for route in create_protected_resource_routes(
                AnyHttpUrl(f"{self.address}{resource}"), [AnyHttpUrl(self.url)], resource_name="Article Chat"
            )
        ]

    def _client(self) -> jwt.PyJWKClient:
        with self._lock:
            if self._keys is None:
                self._keys = jwt.PyJWKClient(self._jwks or self._discovered(), timeout=TIMEOUT_S)
            return self._keys

    def _discovered(self) -> str:
        """Where the keys are, by the issuer's own metadata."""
        for path in METADATA:
            try:
                told = httpx.get(f"{self.url.rstrip('/')}{path}", timeout=TIMEOUT_S)
                found = told.json() if told.status_code == HTTPStatus.OK else {}
            except (httpx.HTTPError, ValueError) as error:
                raise _unreachable(self.url, error) from error
            if isinstance(found, dict) and found.get("issuer") == self.url and isinstance(found.get("jwks_uri"), str):
                return secure(found["jwks_uri"], "RAG_OAUTH_JWKS")
        raise _unreachable(self.url, LookupError("its metadata name no keys"))


def _audiences(address: str) -> list[str]:
    """What tokens for this server may name as their audience: it, or its REST or MCP."""
    return [address, f"{address}/", *(f"{address}{resource}" for resource in RESOURCES)]


def _unreachable(url: str, error: Exception) -> Refused:
    log.warning("The keys of %s cannot be had: %s", url, error)
    hint = "Try again in a moment, or use a personal token."
    return Refused("The issuer of access tokens cannot be asked for its keys.", hint, HTTPStatus.SERVICE_UNAVAILABLE)
