"""`rag work`: the index kept up to date and feeds fetched, by a process that lives on."""

from __future__ import annotations

import signal
import sys
import time
from datetime import datetime, timedelta
from types import FrameType
from typing import Annotated

import typer

from rag.cli import exits
from rag.cli.options import LibraryPath, open_library, settings_for
from rag.cli.terminal import one_line, stdout

PAUSE_S = 1.0  # between two looks at what is due: one small query each


def work(
    context: typer.Context,
    every: Annotated[
        int, typer.Option("--feeds-every", metavar="MINUTES", min=0, help="Fetch each feed so often (0: never).")
    ] = 60,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and leave.")] = False,
    library: LibraryPath = None,
) -> None:
    """Keep the index up to date with the library and fetch the feeds that are due, until Ctrl-C or SIGTERM.

    Several may run over one library: no piece of work is done twice. Killing it costs nothing.
    """
    settings = settings_for(context, library)
    well = True
    with open_library(settings) as opened:
        _say(f"Working on {settings.library.resolve()}" + ("" if once else " (Ctrl-C stops it)"))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        try:
            with opened.working(_say, feeds_every=timedelta(minutes=every) if every else None) as worker:
                well = worker.round()
                while not once:
                    time.sleep(PAUSE_S)
                    worker.round()
        except KeyboardInterrupt:
            _say("Stopped.")
    raise typer.Exit(exits.OK if well or not once else exits.ERROR)


def _stop(number: int, _frame: FrameType | None) -> None:
    """End what is under way, wherever it is: what is half done is undone. A second signal ends the process as it is."""
    signal.signal(number, signal.SIG_DFL)
    raise KeyboardInterrupt


def _say(line: str) -> None:
    stdout().print(f"{datetime.now():%H:%M:%S} {one_line(line)}", soft_wrap=True, highlight=False, markup=False)
    sys.stdout.flush()
