"""Who asks, and what he or she may do: known from the request's head on, by everything that the request does."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.schema import Rights
from rag.store.access import PREFIX

if TYPE_CHECKING:
    from rag.server.service import Service

EVERYTHING = Rights()
NOTHING = Rights(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who uses the server."""

    name: str = ""
    token: str = ""  # what he or she signed in with, as the record names it; empty where there is no sign-in
    rights: Rights = EVERYTHING

    @property
    def may_write(self) -> bool:
        """Whether there is anything that he or she may change."""
        return self.rights.may_write


ANYBODY = Caller()  # on one's own machine, without sign-in
STRANGER = Caller(rights=NOTHING)
caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


def known_caller(service: Service, authorization: str) -> Caller:
    """The caller with the bearer token of an Authorization header; STRANGER without a token that is good."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return STRANGER
    return _by_token(service, secret.strip()) or _by_issuer(service, secret.strip()) or STRANGER


def _by_token(service: Service, secret: str) -> Caller | None:
    """The holder of a personal token."""
    library = service.whole()
    token = library.tokens.holder(secret)
    if token is None:
        return None
    rights = library.grants.rights(token.name, token.groups)
    return Caller(token.name, token.id, rights if token.may_write else rights.reading_only())


def _by_issuer(service: Service, secret: str) -> Caller | None:
    """Whom an access token of the issuer is for."""
    if service.issuer is None or secret.startswith(PREFIX):
        return None
    found = service.issuer.identity(secret)
    if found is None:
        return None
    return Caller(found.name, f"oauth:{found.name}", service.whole().grants.rights(found.name, found.groups))


def note(service: Service, act: str, detail: str) -> None:
    """Keep what the caller does; without sign-in nothing is kept. A failure to keep it fails the request."""
    who = service.caller()
    if who.token:
        service.whole().deeds.note(who.name, who.token, act, detail)
