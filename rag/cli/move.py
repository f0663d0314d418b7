"""`rag move`: the library to another place, with all that it holds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.options import Json, LibraryPath, settings_for
from rag.cli.terminal import counting_bar, one_line, print_json, stderr, stdout

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.store.moves import MoveProgress

INSIDE = "inside"  # as the address of a Chroma server: none


def move(
    context: typer.Context,
    to: Annotated[
        str, typer.Option("--to", metavar="PLACE", help="An empty folder, or postgresql://USER:PASSWORD@HOST/DATABASE.")
    ],
    chroma: Annotated[
        str | None,
        typer.Option("--chroma", metavar="URL", help="Chroma server of its index, or 'inside' (default: RAG_CHROMA)."),
    ] = None,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Carry the library to another place. Interrupted, the same command goes on. The library itself stays as it is."""
    from rag.library import Library

    if not to.strip():
        raise typer.BadParameter("Give a folder or the address of a database.", param_hint="--to")
    source = settings_for(context, library)
    target = _target(source, to, chroma)
    with _shown() as progress:
        moved = Library.move(source, target, progress=progress, tell=_say)
    if json:
        print_json(moved)
        return
    out = stdout()
    counted = f"{moved.articles} articles, {moved.passages} passages, {moved.conversations} conversations"
    out.print(f"Moved, and every row compared: {counted}.", soft_wrap=True)
    if not moved.indexed:
        out.print("The index of meanings is not up to date: run `rag work` with the settings below.", soft_wrap=True)
    for line in _settings(target):
        out.print(one_line(line), soft_wrap=True)


def _target(source: Settings, to: str, chroma: str | None) -> Settings:
    """The settings of the moved library. One in a database has its index in the folder that this machine uses now."""
    from rag.config import load_settings

    folder, database = (source.library, to) if "://" in to else (Path(to), "")
    servers = source.chroma if chroma is None else "" if chroma == INSIDE else chroma
    changed = {"library": folder, "database": database, "chroma": servers}
    return load_settings(**(source.model_dump() | changed))


def _settings(target: Settings) -> Iterator[str]:
    """How to use the moved library; a password is not shown again."""
    if target.database.get_secret_value():
        yield "To use it: export RAG_DATABASE='...' (the address after --to)"
    else:
        yield f"To use it: export RAG_DATABASE= RAG_LIBRARY='{target.library}'"
    yield f"           export RAG_CHROMA='{target.chroma}'"


@contextmanager
def _shown() -> Iterator[Callable[[MoveProgress], None]]:
    """A bar on a terminal; one line a step on stderr elsewhere."""
    bar = counting_bar()
    with bar:
        task, last = bar.add_task("looking at both places", total=None), ""

        def show(far: MoveProgress) -> None:
            nonlocal task, last
            if far.step != last:
                bar.remove_task(task)  # a total once known cannot be forgotten
                task = bar.add_task(far.step, total=far.total or None)
                if not bar.console.is_terminal:
                    bar.console.print(far.step, soft_wrap=True)
            last = far.step
            bar.update(task, completed=far.done)

        yield show


def _say(line: str) -> None:
    stderr().print(one_line(line), soft_wrap=True)
    sys.stderr.flush()
