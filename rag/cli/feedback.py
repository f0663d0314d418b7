"""`rag feedback`: what readers of the chat thought of its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.table import Table

from rag.cli.options import Json, LibraryPath, open_library, settings_for
from rag.cli.terminal import plain, print_json, stderr, stdout

if TYPE_CHECKING:
    from rag.store.kept import Feedback, WrongSource


def feedback(context: typer.Context, library: LibraryPath = None, json: Json = False) -> None:
    """List the thumbs and reasons that readers gave in the chat, and the sources they called wrong, oldest first."""
    with open_library(settings_for(context, library), one_shot=True) as opened:
        given, wrong = opened.feedback.all(), opened.feedback.wrong_sources()
    if json:
        print_json([*given, *wrong])
    elif given or wrong:
        _print(given, wrong)
    else:
        stderr().print("No feedback yet.")


def _print(given: list[Feedback], wrong: list[WrongSource]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("given", "", "question", "reason"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("given", ""))
    for one in given:
        when = one.given.date().isoformat() if one.given else ""
        table.add_row(plain(when), plain("good" if one.good else "bad"), plain(one.question), plain(one.reason))
    for source in wrong:
        when = source.given.date().isoformat() if source.given else ""
        table.add_row(plain(when), "wrong source", plain(source.question), plain(source.quote))
    stdout().print(table)
