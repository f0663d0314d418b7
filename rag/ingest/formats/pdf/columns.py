"""Columns and reading order: a page to regions of lines that are read one after the other.

In: the fragments of a page. Out: its regions in reading order: what spans the page, and the columns between.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rag.ingest.formats.pdf.glyphs import Fragment
from rag.ingest.formats.pdf.running import rows_of

_DEEPEST = 4  # columns within columns
_FEWEST_ROWS = 3  # of a column, on either side of a gutter
_FEWEST_WORDS = 3  # of the usual line of a column: less is a table
_NARROWEST = 0.45  # of the column's width that its usual line fills: less is a table as well
_PROSE = 0.4  # of the lines of a column without wide gaps: what is stretched among them is a line as well
_SLACK = 1.5  # points that letters may reach over the edge of their column
# Dots to the page number in a list of contents.
_LEADERS = re.compile(r"(?:[ /]*\.){5,}+[ /]*(?=[\divxl])")
_CELL_GAP = 1.5  # of the letter size between the cells of a row


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a column."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    cells: int = 1  # parts with wide gaps between them
    last_cell: float = 0.0  # where the last of them begins


@dataclass(frozen=True, slots=True)
class Region:
    """Lines that stand below each other, from the top."""

    lines: tuple[Line, ...]

    @property
    def left(self) -> float:
        """Where most lines begin, or more to the left."""
        return min(line.left for line in self.lines)

    @property
    def right(self) -> float:
        """Where the longest line ends."""
        return max(line.right for line in self.lines)


def regions_of(fragments: Sequence[Fragment]) -> list[Region]:
    """The regions of a page in reading order."""
    return [Region(lines) for part in _split(list(fragments), 0) if (lines := _lines(rows_of(part)))]


def _split(fragments: list[Fragment], depth: int) -> list[list[Fragment]]:
    """The fragments of each region, in reading order."""
    gutter = _best_gutter(fragments) if depth < _DEEPEST else None
    if gutter is None:
        return [fragments]
    parts: list[list[Fragment]] = []
    spanning: list[Fragment] = []
    for is_column, left, right in _bands(fragments, gutter):
        if not is_column:
            spanning += left
            continue
        if spanning:
            parts += _split(spanning, depth + 1)
            spanning = []
        parts += _split(left, depth + 1) + _split(right, depth + 1)
    return parts + (_split(spanning, depth + 1) if spanning else [])


_Band = tuple[bool, list[Fragment], list[Fragment]]


def _best_gutter(fragments: list[Fragment]) -> float | None:
    """The left edge of a column that parts the most lines from those on its left; None without columns."""
    best, most = None, 0
    for edge in _edges(fragments):
        bands = [band for band in _bands(fragments, edge) if band[0]]
        parted = sum(len(one.text) for _, left, right in bands for one in (*left, *right))
        if parted > most:
            best, most = edge, parted
    return best


def _edges(fragments: list[Fragment]) -> list[float]:
    """Where several fragments begin below each other."""
    lefts = sorted(one.left for one in fragments)
    edges: list[float] = []
    start = 0
    for number in range(1, len(lefts) + 1):
        if number == len(lefts) or lefts[number] - lefts[number - 1] > _SLACK:
            if number - start >= _FEWEST_ROWS and start:
                edges.append(lefts[start])
            start = number
    return edges


def _bands(fragments: list[Fragment], edge: float) -> list[_Band]:
    """The page cut where something spans the gutter left of `edge`: (are these columns, left or all, right)."""
    rows = rows_of(one for one in fragments if one.left < edge - _SLACK and one.right > edge + _SLACK)
    heights = [-row[0].baseline for row in rows]
    bands: list[tuple[list[Fragment], list[Fragment]]] = [([], []) for _ in range(len(rows) + 1)]
    spanning = [list(row) for row in rows]
    for one in fragments:
        if one.left < edge - _SLACK and one.right > edge + _SLACK:
            continue
        place = bisect.bisect_left(heights, -one.baseline - 0.4 * one.size)
        if place < len(rows) and abs(heights[place] + one.baseline) <= 0.4 * one.size:
            spanning[place].append(one)
        else:
            bands[place][one.left >= edge - _SLACK].append(one)
    found: list[_Band] = []
    for number, (left, right) in enumerate(bands):
        columns = _is_column(left) and _is_column(right) and _side_by_side(left, right)
        found.append((True, left, right) if columns else (False, left + right, []))
        if number < len(rows):
            found.append((False, spanning[number], []))
    return [band for band in found if band[1]]


def _is_column(fragments: list[Fragment]) -> bool:
    """Whether the fragments read as lines of text, not as cells of a table."""
    rows = rows_of(fragments)
    if len(rows) < _FEWEST_ROWS:
        return False
    width = max(one.right for one in fragments) - min(one.left for one in fragments)
    words = median(sum(len(one.text.split()) for one in row) for row in rows)
    filled = median(row[-1].right - row[0].left for row in rows)
    return words >= _FEWEST_WORDS and filled >= _NARROWEST * width


def _side_by_side(left: list[Fragment], right: list[Fragment]) -> bool:
    top = min(max(one.baseline for one in part) for part in (left, right))
    foot = max(min(one.baseline for one in part) for part in (left, right))
    return top > foot


_Gap = tuple[float, float]


def _lines(rows: list[list[Fragment]]) -> tuple[Line, ...]:
    """Rows as lines; what stands wide apart is a row of cells, unless it was stretched to the width of its column."""
    if not rows:
        return ()
    left, right = min(row[0].left for row in rows), max(row[-1].right for row in rows)
    gaps = [list(_gaps(row)) for row in rows]
    prose = sum(not one for one in gaps) > _PROSE * len(rows)
    lines: list[Line] = []
    for number, row in enumerate(rows):
        beside = [gaps[near] for near in (number - 1, number + 1) if 0 <= near < len(rows)]
        stretched = row[0].left - left < row[0].size and right - row[-1].right < row[0].size and len(rows) > 1
        aligned = not prose and any(_aligned(gaps[number], others, row[0].size) for others in beside)
        lines.append(_line(row, cells=bool(gaps[number]) and (aligned or not stretched)))
    return tuple(lines)


def _aligned(gaps: list[_Gap], others: list[_Gap], size: float) -> bool:
    """Whether two rows have the same gaps: they are rows of one table."""
    return len(gaps) == len(others) and all(
        min(a[1], b[1]) - max(a[0], b[0]) > 0.5 * size for a, b in zip(gaps, others, strict=True)
    )


def _gaps(row: list[Fragment]) -> Iterator[_Gap]:
    """The wide gaps of a row."""
    for before, one in pairwise(row):
        if one.left - before.right > _CELL_GAP * max(one.size, before.size):
            yield before.right, one.left


def _line(row: list[Fragment], *, cells: bool) -> Line:
    """A row as a line; its cells, if it has some, are kept apart by " / "."""
    text, last = row[0].text, row[0].left
    count = 1
    for before, one in pairwise(row):
        apart = cells and one.left - before.right > _CELL_GAP * max(one.size, before.size)
        if apart:
            count, last = count + 1, one.left
        text += f" / {one.text}" if apart else f" {one.text}"
    text, leaders = _LEADERS.subn(" / ", text)
    largest = max(row, key=lambda one: len(one.text))
    bold = all(one.bold for one in row)
    right = max(one.right for one in row)
    return Line(text, row[0].left, right, largest.baseline, largest.size, bold, count + bool(leaders), last)
