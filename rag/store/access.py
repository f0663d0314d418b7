"""Personal tokens of a served library, and the record of who asked and added what.

A token is shown once, when it is made; the library keeps its hash. With 256 random bits there is nothing to guess, so
one round of SHA-256 is enough, and a token is found by its hash.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from rag.errors import QuestionError
from rag.store.database import Database
from rag.store.retries import retried
from rag.store.rows import moment_of, stored
from rag.store.tables import deeds, token_groups, tokens

PREFIX = "rag_"  # by which secret scanners and people know a token
MAX_NAME = 80
MAX_DETAIL = 2_000  # characters of a question or a source that are kept
NOTED_EVERY = timedelta(hours=1)  # the last use is kept to the hour: no write at each request


@dataclass(frozen=True, slots=True)
class Token:
    """A personal token, without its secret."""

    id: str
    name: str  # of the person or program that it was made for
    may_write: bool
    made: datetime  # UTC
    used: datetime | None = None  # to the hour; None: never
    revoked: datetime | None = None
    groups: tuple[str, ...] = ()  # that its holder belongs to


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did."""

    moment: datetime  # UTC
    name: str
    token: str
    act: str  # ask, check, search, fetch, add or remove
    detail: str  # the question, or what was added or removed


class TokenTable:
    """The tokens of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def make(self, name: str, *, may_write: bool = False, groups: Iterable[str] = ()) -> tuple[Token, str]:
        """A new token, and its secret, which nobody can see again; a QuestionError when the name is taken.

        What it opens is what its name and its groups are granted; without `may_write` only to read.
        """
        kept = " ".join(name.split())
        if not kept or len(kept) > MAX_NAME or not kept.isprintable():
            raise QuestionError(f"{name!r} is no name for a token.", f"Give a name of up to {MAX_NAME} characters.")
        if any(one.name == kept and not one.revoked for one in self.all()):
            raise QuestionError(f"There is a token named {kept!r}.", "Choose another name, or revoke that one.")
        secret = PREFIX + secrets.token_urlsafe(32)
        row = {"id": secrets.token_hex(4), "name": kept, "may_write": int(may_write), "made": stored(None)}
        with self._database.write() as connection:
            connection.execute(insert(tokens).values(**row, digest=_digest(secret)))
            if several := sorted(set(groups)):
                connection.execute(insert(token_groups), [{"token": row["id"], "name": group} for group in several])
            (made,) = _tokens(connection, select(tokens).where(tokens.c.id == row["id"]))
        return made, secret

    def all(self) -> list[Token]:
        """All tokens, the oldest first; revoked ones stay for the record."""
        with self._database.read() as connection:
            return _tokens(connection, select(tokens).order_by(tokens.c.made, tokens.c.id))

    @retried
    def revoke(self, token_id: str) -> bool:
        """Let a token open nothing from the next request on; whether there was such a one."""
        one = (tokens.c.id == token_id) & tokens.c.revoked.is_(None)
        with self._database.write() as connection:
            return connection.execute(update(tokens).where(one).values(revoked=stored(None))).rowcount > 0

    @retried
    def holder(self, secret: str) -> Token | None:
        """The token with this secret; None when there is none, or it was revoked."""
        with self._database.read() as connection:
            found = _tokens(connection, select(tokens).where(tokens.c.digest == _digest(secret)))
        if not found or found[0].revoked is not None:
            return None
        (token,), now = found, stored(None)
        if token.used is None or now - stored(token.used) > NOTED_EVERY:
            with self._database.write() as connection:
                connection.execute(update(tokens).where(tokens.c.id == token.id).values(used=now))
        return token


class DeedTable:
    """What was asked, added and removed by those who signed in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def note(self, name: str, token: str, act: str, detail: str) -> None:
        """Keep it; of a long detail the beginning."""
        row = {"moment": stored(None), "name": name, "token": token, "act": act, "detail": detail[:MAX_DETAIL]}
        with self._database.write() as connection:
            connection.execute(insert(deeds).values(**row))

    def latest(self, limit: int = 100) -> list[Deed]:
        """The latest first."""
        rows = select(deeds).order_by(deeds.c.number.desc()).limit(limit)
        with self._database.read() as connection:
            return [
                Deed(moment_of(row.moment), row.name, row.token, row.act, row.detail)
                for row in connection.execute(rows)
            ]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _tokens(connection: Connection, wanted: Select[Any]) -> list[Token]:
    """The tokens that a query selects, with their groups."""
    groups: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(token_groups).order_by(token_groups.c.name)):
        groups[row.token].append(row.name)
    return [_token(row, tuple(groups[row.id])) for row in connection.execute(wanted)]


def _token(row: Row[Any], groups: tuple[str, ...]) -> Token:
    used, revoked = (moment_of(one) if one else None for one in (row.used, row.revoked))
    return Token(row.id, row.name, bool(row.may_write), moment_of(row.made), used, revoked, groups)
