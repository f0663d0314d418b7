"""What PostgreSQL and its driver say, as errors with what to do."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from rag.errors import LibraryError, LibraryLocked
from rag.store.retries import Conflict

_AGAIN = "Try again; the connection comes back by itself."
# Beginnings of SQLSTATE -> what happened, what to do; the longest wins.
_STATES = {
    "08": ("The connection to the database broke.", _AGAIN),
    "25006": ("The database may only be read.", "Write to the primary server, or end its read-only mode."),
    "28": ("The database does not let this user in.", "Check user and password in RAG_DATABASE."),
    "3D000": ("There is no database of this name.", "Make it with `createdb`, or mend RAG_DATABASE."),
    "40": ("Others changed the same at the same moment; nothing of this step was written.", "Try again."),
    "42501": (
        "The database user lacks a right.",
        "Let the user own the database or its schema.",
    ),
    "42P07": ("The database holds other tables of these names.", "Give Article Chat a database of its own."),
    "53100": ("The disk of the database is full; nothing of this step was written.", "Free some and try again."),
    "53300": ("The database takes no more connections.", "Wait, or raise max_connections of the server."),
    "55P03": ("The library's database is busy.", "Wait for the other program to finish and try again."),
    "57": ("The database ended the connection.", _AGAIN),
    "57P03": ("The database is starting or stopping.", "Wait a moment and try again."),
}
# What is said while connecting carries no SQLSTATE. The words are those of a server that speaks English.
_SAID = {
    "too many": "53300",
    "remaining connection slots": "53300",
    "password authentication failed": "28",
    "no password supplied": "28",
    "no pg_hba.conf entry": "28",
    'role "': "28",
    'database "': "3D000",
    "starting up": "57P03",
    "shutting down": "57P03",
}
_UNREACHABLE = ("The database cannot be reached.", "Check that the server runs, and host and port in RAG_DATABASE.")


def explain(error: Exception, place: str) -> LibraryError:
    """One error with what to do; it shows no address and no password."""
    if isinstance(error, NoneFree):
        return LibraryError(f"All connections to the database are in use ({place}).", "Try again in a moment.")
    said = " ".join(str(getattr(error, "orig", error)).split())
    state = _state(error, said)
    message, hint = _UNREACHABLE if state is None else _meaning(state)
    return _kind(state or "")(f"{message} ({place}: {said})", hint)


def unreachable(error: Exception) -> bool:
    """Whether nobody answered when a connection was tried."""
    return _state(error, " ".join(str(error).split())) is None


def _state(error: Exception, said: str) -> str | None:
    """The SQLSTATE, or the one that the words stand for; None when nobody answered."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if state:
        return str(state)
    known = next((state for sign, state in _SAID.items() if sign in said), None)
    if known is None and isinstance(error, DBAPIError) and error.connection_invalidated:
        return "08"
    return known if known or "connection" in said or "resolve" in said or "timeout" in said else "XX000"


def _kind(state: str) -> type[LibraryError]:
    return LibraryLocked if state == "55P03" else Conflict if state.startswith("40") else LibraryError


def _meaning(state: str) -> tuple[str, str]:
    matching = [begin for begin in _STATES if state.startswith(begin)]
    return _STATES[max(matching, key=len)] if matching else ("The library's database failed.", "Run `rag doctor`.")
