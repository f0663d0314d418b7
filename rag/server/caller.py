"""Who asks: known from the request's head on, by everything that the request does."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who uses the server, and what he or she may do."""

    name: str
    may_write: bool


ANYBODY = Caller("", may_write=True)  # on one's own machine, without sign-in
caller: ContextVar[Caller] = ContextVar("caller", default=ANYBODY)
