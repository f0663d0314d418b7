"""The address of a PostgreSQL database: what it must look like, and how it is shown without its password."""

from __future__ import annotations

from importlib.util import find_spec

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from rag.errors import ConfigError

_FORM = (
    "Write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE; in a password, % @ / : and # as %25 %40 %2F %3A %23."
)


def parse(address: str) -> URL:
    """The address for SQLAlchemy with psycopg; a ConfigError when it is none. The error never shows the address."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ConfigError("The setting 'database' (RAG_DATABASE) is no address of a database.", _FORM) from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ConfigError(f"A library cannot be kept in {url.get_backend_name()!r} (RAG_DATABASE).", _FORM)
    if "@" in (url.host or "") or not url.database:  # a password with a bare @ would be shown as a host
        raise ConfigError("The setting 'database' (RAG_DATABASE) is no whole address of a database.", _FORM)
    if find_spec("psycopg") is None:
        raise ConfigError(
            "RAG_DATABASE is set, but the driver of PostgreSQL is not installed.",
            'Install it: pip install -c constraints.txt -e ".[postgres]".',
        )
    return url.set(drivername="postgresql+psycopg")


def place(url: URL) -> str:
    """Where the database is, for messages: neither user nor password."""
    host = f"{url.host}:{url.port or 5432}" if url.host else "this machine"
    return f"{url.database} on {host}"
