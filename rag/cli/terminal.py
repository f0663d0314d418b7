"""Safe printing: text of articles goes to a terminal without control characters, and is never read as markup."""

from __future__ import annotations

import json
import shutil
import sys
from itertools import groupby
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from rag.export.plain import to_json
from rag.text.showable import CONTROLS, DIRECTION_MARKS, REORDERING, SURROGATES

# Escape sequences begin with a control; a terminal takes a carriage return and marks of direction for orders as well.
_STEERING = (*CONTROLS, *DIRECTION_MARKS, *REORDERING, *SURROGATES)
_UNSAFE = dict.fromkeys(code for code in _STEERING if chr(code) not in "\t\n")
# The same characters, and the other ends of a line, as JSON may write them.
_JSON_UNSAFE = {code: f"\\u{code:04x}" for code in (*_STEERING, 0x2028, 0x2029) if code > 0x20}
PIPE_WIDTH = 160  # columns when stdout is no terminal: rich's 80 would break titles and ids in a pipe


def clean(text: str) -> str:
    """`text` without characters that can steer a terminal; line feeds and tabs stay."""
    return text.translate(_UNSAFE)


def one_line(text: str, limit: int | None = None) -> str:
    """`text` cleaned and on one line, cut at a word with an ellipsis when longer than `limit`."""
    line = " ".join(clean(text).split())
    if limit is None or len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0] + "…"


def plain(text: str | None, style: str = "") -> Text:
    """`text` as a one-line table cell that is never read as markup."""
    return Text(one_line(text or ""), style=style)


def stdout() -> Console:
    """A console on stdout that reads neither markup nor emoji codes in what it prints."""
    return _console(sys.stdout)


def stderr() -> Console:
    """The same on stderr: progress, notes and errors."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() else max(PIPE_WIDTH, shutil.get_terminal_size().columns)
    return Console(file=stream, markup=False, emoji=False, highlight=False, width=width)


def print_indented(text: str, style: str = "") -> None:
    """Print article text four columns in: wrapped on a terminal, one line in a pipe."""
    out = stdout()
    if out.is_terminal:
        out.print(Padding(plain(text, style), (0, 0, 0, 4), expand=False))
    else:
        out.print(f"    {one_line(text)}", soft_wrap=True)


def headed(*headings: str) -> Table:
    """An empty table without lines, with these columns."""
    return Table(*headings, box=None, pad_edge=False)


def print_json(value: object) -> None:
    """Write `value` (dataclasses, dates and collections of them) to stdout as JSON."""
    text = json.dumps(to_json(value), ensure_ascii=False, indent=2)
    sys.stdout.write(text.translate(_JSON_UNSAFE) + "\n")
    sys.stdout.flush()


class Wrapped:
    """Writes text as it comes, broken at words to the width of the terminal; unbroken when stdout is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = shutil.get_terminal_size().columns if stream.isatty() else None
        self._column = 0
        self.wrote = False

    def write(self, text: str) -> None:
        """Write the next piece; pieces may cut words anywhere (a word cut in two may break there)."""
        for _, letters in groupby(clean(text), key=str.isspace):
            self._put("".join(letters))
        self._stream.flush()

    def _put(self, part: str) -> None:
        if self._width and not part.isspace() and self._column > 0 and self._column + len(part) >= self._width:
            self._stream.write("\n")
            self._column = 0
        if part.isspace() and "\n" not in part and self._width and self._column == 0:
            return
        self._stream.write(part)
        self.wrote = True
        self._column = len(part) - part.rfind("\n") - 1 if "\n" in part else self._column + len(part)

    def end(self) -> None:
        """Finish the line."""
        if self._column:
            self._stream.write("\n")
            self._column = 0
        self._stream.flush()


def counting_bar(*more: ProgressColumn) -> Progress:
    """A bar on stderr with counts, the columns `more` and the time left; nothing when stderr is no terminal."""
    console = stderr()
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        *more,
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
