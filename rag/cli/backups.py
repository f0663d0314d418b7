"""`rag backup` and `rag restore`: the library as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.options import Json, LibraryPath, open_library, settings_for
from rag.cli.terminal import one_line, print_json, stdout

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


def backup(context: typer.Context, file: File, library: LibraryPath = None, json: Json = False) -> None:
    """Write the whole library to one file. Others may go on reading and writing meanwhile."""
    with open_library(settings_for(context, library)) as opened:
        made = opened.backup(file)
    if json:
        print_json({"file": str(made.file), "articles": made.articles, "passages": made.passages})
    else:
        place = one_line(str(made.file))
        stdout().print(f"{made.articles} articles, {made.passages} passages: {place}", soft_wrap=True)


def restore(context: typer.Context, file: File, library: LibraryPath = None, json: Json = False) -> None:
    """Make the library what the backup holds. It is checked before it replaces anything; what it replaces is kept."""
    from rag.library import Library

    settings = settings_for(context, library)
    kept = Library.restore_backup(file, settings=settings)
    with open_library(settings) as opened:
        held = opened.stats()
    if json:
        print_json({"articles": held.articles, "passages": held.passages, "before": str(kept) if kept else None})
        return
    stdout().print(f"Restored: {held.articles} articles, {held.passages} passages.")
    if kept:
        stdout().print(f"What was there before: {one_line(str(kept))}", soft_wrap=True)
