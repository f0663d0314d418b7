"""Who somebody is, by the claims of a token that an identity provider signed, and how long a sign-in holds."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rag.config import Settings
from rag.errors import SignInNeeded
from rag.text.showable import one_line

MAX_NAME = 200  # characters of a user's name, as in rights
MAX_SECONDS = 1e11  # since 1970: what stands for a time in the next three thousand years
LEEWAY = timedelta(minutes=2)  # by which clocks may differ
NOBODY = "Sign in to see the articles that are open to you."
UNKNOWN = "The identity provider does not say who you are in a way that this server can use."
ENDED = "Your sign-in has ended."
AGAIN = "Sign in again."


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a token is for."""

    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has signed in to the chat."""

    name: str  # by which rights are granted
    groups: tuple[str, ...]
    shown: str  # the name that he or she goes by
    sign_in: str  # tells this sign-in from others of the same person
    until: datetime


def identity_of(claims: Mapping[str, Any], user_claim: str, groups_claim: str) -> Identity | None:
    """The user and the groups that the claims name; None when they name no user that rights could be granted to."""
    name, groups = claims.get(user_claim), claims.get(groups_claim, ())
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        return None
    if user_claim == "email" and claims.get("email_verified") is not True:
        return None  # anybody can give any address
    several = [groups] if isinstance(groups, str) else groups if isinstance(groups, Sequence) else ()
    return Identity(name, tuple(one for one in several if isinstance(one, str)))


def person_of(claims: Mapping[str, Any], settings: Settings, now: datetime) -> Person:
    """Who has signed in, by the claims of the ID token in the page's signed cookie; a SignInNeeded says what is wrong.

    The token was checked when it came; the cookie may be older than the settings, so issuer and audience count again.
    """
    if claims.get("is_logged_in") is not True:
        raise SignInNeeded(NOBODY)
    if claims.get("iss") != settings.oidc_issuer or settings.oidc_client_id not in _several(claims.get("aud")):
        raise SignInNeeded(ENDED, AGAIN)
    made = claims.get("iat")
    if isinstance(made, bool) or not isinstance(made, int | float) or not abs(made) < MAX_SECONDS:
        raise SignInNeeded(UNKNOWN, AGAIN)
    since = datetime.fromtimestamp(made, UTC)
    until = since + timedelta(hours=settings.oidc_hours)
    if not since - LEEWAY <= now < until:
        raise SignInNeeded(ENDED, AGAIN)
    found = identity_of(claims, settings.oauth_user_claim, settings.oauth_groups_claim)
    if found is None:
        raise SignInNeeded(
            UNKNOWN, f"Whoever runs the server may choose another claim than {settings.oauth_user_claim}."
        )
    sign_in = f"{found.name}\x1f{made}\x1f{claims.get('nonce', '')}"
    return Person(found.name, found.groups, _shown(claims, found.name), sign_in, until)


class Ended:
    """The sign-ins that were ended here before their time: a copy of their cookie opens nothing any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}

    def add(self, person: Person, now: datetime) -> None:
        """End a sign-in, in all pages of this server."""
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            self._until[person.sign_in] = person.until

    def __contains__(self, person: Person) -> bool:
        with self._lock:
            return person.sign_in in self._until


ended = Ended()  # of this process


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _shown(claims: Mapping[str, Any], name: str) -> str:
    """The first of the usual names that there is."""
    for claim in ("name", "preferred_username", "email"):
        value = claims.get(claim)
        if isinstance(value, str) and value.strip():
            return one_line(value)[:MAX_NAME]
    return one_line(name)
