"""Who asks, and what he or she may do: known from the request's head on, by everything that the request does."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from rag.server.service import Service


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who uses the server."""

    name: str = ""
    token: str = ""  # its id; empty where there is no sign-in
    may_read: bool = True
    may_write: bool = True


ANYBODY = Caller()  # on one's own machine, without sign-in
STRANGER = Caller(may_read=False, may_write=False)
caller: ContextVar[Caller] = ContextVar("caller", default=ANYBODY)


def known_caller(service: Service, authorization: str) -> Caller:
    """The caller with the bearer token of an Authorization header; STRANGER without a token that is good."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return STRANGER
    token = service.library().tokens.holder(secret.strip())
    return Caller(token.name, token.id, may_write=token.may_write) if token else STRANGER


def note(service: Service, act: str, detail: str) -> None:
    """Keep what the caller does; without sign-in nothing is kept. A failure to keep it fails the request."""
    who = caller.get()
    if who.token:
        service.library().deeds.note(who.name, who.token, act, detail)
