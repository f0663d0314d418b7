"""Sign-in with OpenID Connect: what Streamlit is told of the provider, and what can be wrong with the settings.

Streamlit and Authlib go the way to the provider and back, check the ID token, and sign the cookie. Nothing of it is
loaded until `oidc_issuer` is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import httpx

from rag.config import Settings
from rag.errors import ConfigError
from rag.schema import Finding
from rag.text.hosts import is_loopback

CALLBACK = "/oauth2callback"  # where Streamlit takes people who come back from the provider
METADATA = "/.well-known/openid-configuration"
HERE = "http://127.0.0.1:{port}"  # Streamlit fills in the port
INSTALL = 'Install it with: .venv/bin/pip install -c constraints.txt -e ".[sign-in]"'
FAILED = "sign-in-failed"  # in the address, when the way back from the provider led to no sign-in
TIMEOUT_S = 5  # of a request to the provider


def secrets_for(settings: Settings, address: str = "") -> dict[str, Any] | None:
    """The secrets of `st.App` for sign-in, None without it; `address` is where people reach the chat.

    A ConfigError when nobody could sign in, or not safely.
    """
    if not settings.oidc_issuer:
        return None
    if find_spec("authlib") is None:
        raise ConfigError("Sign-in to the chat needs the package authlib, which is not installed.", INSTALL)
    way_back = secure(address.rstrip("/"), "--address") if address else HERE
    if urlsplit(way_back).path:
        raise ConfigError(f"The chat cannot be reached at {address!r}.", "Give --address as scheme and host only.")
    auth = {
        "redirect_uri": f"{way_back}{CALLBACK}",
        "cookie_secret": settings.oidc_cookie_secret.get_secret_value(),
        "client_id": settings.oidc_client_id,
        "client_secret": settings.oidc_client_secret.get_secret_value(),
        "server_metadata_url": f"{secure(settings.oidc_issuer, 'RAG_OIDC_ISSUER').rstrip('/')}{METADATA}",
        "client_kwargs": {"scope": settings.oidc_scope},
    }
    return {"auth": auth}


def secure(url: str, name: str) -> str:
    """The address; a ConfigError unless it is https, or on this machine: what comes over plain HTTP could be
    anybody's."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return url
    raise ConfigError(f"{url!r} is no address that can be trusted.", f"Set {name} to one with https.")


def findings(settings: Settings) -> tuple[Finding, ...]:
    """What `rag doctor` says of sign-in; asks the provider for its metadata. Nothing without sign-in."""
    if not settings.oidc_issuer:
        return ()
    try:
        secrets_for(settings)
    except ConfigError as error:
        return (Finding("error", error.message, error.hint),)
    wrong = tuple(faults(settings.oidc_issuer))
    return wrong or (Finding("ok", f"People sign in to the chat at {settings.oidc_issuer}."),)


def faults(issuer: str) -> Iterator[Finding]:
    """What is wrong with the provider's metadata."""
    address = f"{issuer.rstrip('/')}{METADATA}"
    try:
        told = httpx.get(address, timeout=TIMEOUT_S, follow_redirects=True)
        found = told.json() if told.status_code == HTTPStatus.OK else {}
    except (httpx.HTTPError, ValueError) as error:
        yield Finding("error", f"The OpenID provider does not answer at {address}: {error}.", "Check RAG_OIDC_ISSUER.")
        return
    if not isinstance(found, dict) or found.get("issuer") != issuer:
        said = found.get("issuer") if isinstance(found, dict) else None
        hint = f"Set RAG_OIDC_ISSUER to {said}" if said else "Check RAG_OIDC_ISSUER."
        yield Finding("error", f"The OpenID provider at {address} does not call itself {issuer!r}.", hint)
