"""`rag feedback`: what readers of the chat thought of its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.table import Table

from rag.cli.options import Json, LibraryPath, open_library, settings_for
from rag.cli.terminal import plain, print_json, stderr, stdout

if TYPE_CHECKING:
    from rag.store.kept import Feedback


def feedback(context: typer.Context, library: LibraryPath = None, json: Json = False) -> None:
    """List the thumbs and reasons that readers gave in the chat, the oldest first."""
    with open_library(settings_for(context, library), one_shot=True) as opened:
        given = opened.feedback.all()
    if json:
        print_json(given)
    elif given:
        _print(given)
    else:
        stderr().print("No feedback yet.")


def _print(given: list[Feedback]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("given", "", "question", "reason"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("given", ""))
    for one in given:
        when = one.given.date().isoformat() if one.given else ""
        table.add_row(plain(when), plain("good" if one.good else "bad"), plain(one.question), plain(one.reason))
    stdout().print(table)
