"""JSON, JSON Lines and CSV to rows. Every value is text and data.

In: text. Out: a row, or what is wrong with it, for each line or object.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

from rag.errors import SourceError
from rag.ingest.formats.json_feed import is_json_feed
from rag.ingest.formats.tables.columns import Row, holds_text, values_of

LARGEST_VALUE = 5_000_000  # characters of one CSV value: csv's own limit of 131,072 is shorter than some articles
_DELIMITERS = ",;\t|"
_SEP = "sep="  # Excel's own line for the delimiter
_DEEPEST = 6  # objects and lists in which rows may lie
_LOOKED_AT = 20  # rows of a list that are looked at to tell what it holds


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be one, and why."""

    reason: str


def csv_rows(text: str, *, tabs: bool = False) -> Iterator[Row | BadRow]:
    """The rows of a CSV text by the names in its first line; `tabs` for a file that says so by its ending."""
    csv.field_size_limit(LARGEST_VALUE)
    first, _, rest = text.partition("\n")
    stated = first.rstrip("\r")[len(_SEP) :] if first[: len(_SEP)].lower() == _SEP else ""
    if len(stated) == 1:
        text = rest
    head = "".join(text[:20_000].split("\n", 1)[0].split('"')[::2])  # what stands outside of quotes
    guess = max("\t,;|" if tabs else _DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=stated if len(stated) == 1 else guess)
    try:
        columns = [name.strip() for name in next(reader, [])]
        for values in reader:
            if values:
                yield dict(zip(columns, values, strict=False))
    except csv.Error as error:
        yield BadRow(f"The table is damaged from here on: {error}.")


def json_rows(text: str, *, lines: bool) -> Iterator[Row | BadRow]:
    """The objects of a JSON text, or one a line."""
    if not lines:
        try:
            yield from _rows_in(json.loads(text))
        except RecursionError as error:
            raise SourceError("The JSON is nested too deeply.") from error
        except ValueError as error:
            if "Extra data" not in str(error):
                raise SourceError(f"This is not JSON: {error}.", "Export it again.") from error
        else:
            return
    for line in io.StringIO(text):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield BadRow("The line is not JSON.")
        else:
            yield row if isinstance(row, dict) else BadRow("The line is not a JSON object.")


def _rows_in(loaded: object) -> Iterator[Row | BadRow]:
    """The objects of the list with the most text, wherever it lies; or the object itself."""
    if isinstance(loaded, dict) and is_json_feed(loaded):
        yield from _feed_items(loaded)
        return
    if isinstance(loaded, dict) and holds_text(loaded):
        rows: list[object] = [loaded]
    else:
        lists = list(_lists(loaded, 0))
        if not lists and not isinstance(loaded, dict):
            raise SourceError("The JSON holds no articles: a list of objects is expected.")
        rows = max(lists, key=_weight) if lists else [loaded]
    for row in rows:
        yield row if isinstance(row, dict) else BadRow("The entry is not a JSON object.")


def _lists(node: object, depth: int) -> Iterator[list[object]]:
    """The lists of objects under a node, outer ones first."""
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        if not node or any(isinstance(part, dict) for part in node) or depth == 0:
            yield node
        parts: list[object] = node[:3]
    else:
        parts = list(node.values()) if isinstance(node, dict) else []
    for part in parts:
        if isinstance(part, dict | list):
            yield from _lists(part, depth + 1)


def _weight(rows: list[object]) -> tuple[int, int]:
    """How much text the rows of a list hold, about; then how many they are."""
    looked_at = [row for row in rows[:_LOOKED_AT] if isinstance(row, dict)]
    text = sum(len(values_of(row, {})["text"]) for row in looked_at)
    return text * len(rows) // max(1, len(looked_at)), len(rows)


def _feed_items(feed: dict[str, object]) -> Iterator[Row | BadRow]:
    """The items of a JSON Feed, each with the feed's name, language and authors where it has none of its own."""
    items = feed.get("items")
    given = {"publisher": feed.get("title"), "language": feed.get("language"), "authors": feed.get("authors")}
    for item in items if isinstance(items, list) else []:
        yield given | item if isinstance(item, dict) else BadRow("The entry is not a JSON object.")
