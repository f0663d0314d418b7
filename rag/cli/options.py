"""Options that several commands share, and the library they open.

The rest of the package is imported inside functions: `rag --help` takes 0.2 s so, and 0.6 s with numpy and pydantic.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.library import Library
    from rag.schema import Filters

_DAY = ["%Y-%m-%d"]

LibraryPath = Annotated[
    Path | None,
    typer.Option("--library", metavar="FOLDER", help="Folder of the library (default: RAG_LIBRARY, else ./library)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, for programs.")]
Publisher = Annotated[str | None, typer.Option("--publisher", metavar="NAME", help="Only articles of this publisher.")]
Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=_DAY, metavar="DATE", help="Published on DATE (YYYY-MM-DD) or later."),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=_DAY, metavar="DATE", help="Published on DATE (YYYY-MM-DD) or earlier."),
]

Today = Annotated[
    datetime | None,
    typer.Option(
        "--today",
        formats=_DAY,
        metavar="DATE",
        help="Answer as on DATE (YYYY-MM-DD): 'last week' counts from it, and what was published later is left out.",
    ),
]

# Of what listens on a port.
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Anybody = Annotated[bool, typer.Option("--open", help="Let anybody who reaches the port read and change the library.")]
HostNames = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="Host name that requests may use. May come again."),
]
Address = Annotated[
    str,
    typer.Option("--address", metavar="URL", help="Where others reach this server: for links, and back from sign-in."),
]


def settings_for(context: typer.Context, library: Path | None) -> Settings:
    """The settings in force: the command's own --library wins over the one given before the command."""
    from rag.config import load_settings

    folder = library or context.obj
    return load_settings() if folder is None else load_settings(library=folder)


def open_library(settings: Settings, *, one_shot: bool = False) -> Library:
    """The library of `settings`, made when missing; `one_shot` for commands that search once and end."""
    from rag.library import Library

    return Library.open(settings=settings, one_shot=one_shot)


def day(moment: datetime | None) -> date | None:
    """The date of an option that Typer parsed."""
    return moment.date() if moment else None


def filters_for(publisher: str | None, since: datetime | None, until: datetime | None) -> Filters:
    """The filters that the options ask for."""
    from rag.schema import Filters

    return Filters(publisher=publisher, since=day(since), until=day(until))
