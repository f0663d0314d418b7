"""`rag sync` and `rag watch`: a folder and the library kept alike."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import exits
from rag.cli.articles import add_code, print_report, progress_bar
from rag.cli.options import Json, LibraryPath, open_library, settings_for
from rag.cli.terminal import one_line, print_json, stderr, stdout
from rag.errors import LibraryLocked
from rag.export.plain import report_json

if TYPE_CHECKING:
    from rag.schema import SyncReport

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="Folder with articles.")]


def sync(
    context: typer.Context,
    folder: Folder,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Add what is new or changed in a folder, and remove what an earlier sync of it added and is gone from it.

    Articles that came into the library in another way are never removed.
    """
    with open_library(settings_for(context, library)) as opened, progress_bar() as advance:
        report = opened.sync(folder, progress=advance)
    if json:
        print_json(_as_json(report))
    else:
        print_report(report, removed=report.removed)
    raise typer.Exit(add_code(report) if report.failed and not report.removed else exits.OK)


def watch(
    context: typer.Context,
    folder: Folder,
    poll: Annotated[
        bool, typer.Option("--poll", help="Look every two seconds: for network drives, which tell of no changes.")
    ] = False,
    library: LibraryPath = None,
) -> None:
    """Keep the library like a folder until Ctrl-C: each change is synced when it has settled for a second."""
    stop = threading.Event()

    def asked_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    with open_library(settings_for(context, library)) as opened:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, asked_to_stop)

        def changed() -> None:
            try:
                report = opened.sync(folder)
            except LibraryLocked as error:
                stderr().print(one_line(str(error)), style="yellow", soft_wrap=True)
                return
            if report.added or report.updated or report.removed or report.failed:
                print_report(report, removed=report.removed)

        stdout().print(f"Watching {one_line(folder)} (Ctrl-C stops it)", soft_wrap=True)
        opened.watch(folder, changed, stop, poll=poll)
    stdout().print("Stopped watching.")


def _as_json(report: SyncReport) -> dict[str, object]:
    removed = [{"id": item.id, "title": item.title, "source": item.source} for item in report.removed]
    return report_json(report) | {"removed": removed}
