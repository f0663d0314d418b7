"""JSON, JSON Lines and CSV files to articles, one a row; all of them may be gzipped.

In: the bytes of a file, and which column holds which field where the names do not tell. Out: an Article or a Failure
for each row.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from html import unescape

from rag.errors import SourceError
from rag.ingest.formats.links import LINKS_ONLY, links_hint
from rag.ingest.formats.tables.columns import (
    FIELDS,
    NAMES,
    Row,
    columns_of,
    holds_text,
    plain_name,
    unknown_columns,
    values_of,
)
from rag.ingest.formats.tables.days import day_reader
from rag.ingest.formats.tables.rows import BadRow, csv_rows, json_rows
from rag.ingest.frontmatter import language_code, web_address
from rag.ingest.markup import html_text, looks_like_html
from rag.schema import Article, Failure
from rag.text.dates import parse_date
from rag.text.encoding import decode

__all__ = ["FIELDS", "MOST_FAILURES", "MOST_ROWS", "read_table"]
MOST_ROWS = 200_000
LONGEST_NAME = 60  # characters of a column's name
MOST_FAILURES = 20  # named one by one; a wrong file would name thousands
# What news services put behind the beginning of an article: "... [+1234 chars]".
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,31}\d{0,2});")
_CUT_NOTE = ("The text breaks off: its service gave only the beginning.",)
_SUMMARY_NOTE = ("The text is only a summary: no column holds the whole article.",)
_NAME_COLUMNS = "Put a line with the columns' names above it, such as: title,published,text"
_CUT = re.compile(r"(?:…|\.\.\.)?\s*\[\+\d+ chars\]\s*\Z")


def read_table(source: str, data: bytes, fields: Mapping[str, str], *, largest: int) -> Iterator[Article | Failure]:
    """The articles in a table called `source`, each with its row as source; `fields` maps a field to its column."""
    rows = list(table_rows(source, data, largest=largest))
    if not rows:
        raise SourceError("The file holds no rows.")
    good = [row for row in rows if not isinstance(row, BadRow)]
    values = {number: values_of_row(row, fields) for number, row in enumerate(rows) if not isinstance(row, BadRow)}
    if good:
        _check_columns(source, good, list(values.values()), fields)
    return _articles(source, rows, values, _remark(good, fields), mapped="text" in fields)


def table_rows(source: str, data: bytes, *, largest: int) -> Iterator[Row | BadRow]:
    """The rows of a table as they stand, one more than are read at most."""
    name = source.lower()
    if name.endswith(".gz"):
        name, data = name[:-3], _unpacked(data, largest)
    if not data.strip():
        raise SourceError("The file is empty.")
    text = decode(data)
    is_csv = name.endswith((".csv", ".tsv"))
    rows = csv_rows(text, tabs=name.endswith(".tsv")) if is_csv else json_rows(text, lines=name.endswith("l"))
    for number, row in enumerate(rows):
        yield row
        if number >= MOST_ROWS:
            return


def values_of_row(row: Row, fields: Mapping[str, str]) -> dict[str, str] | SourceError:
    """The fields of a row, or what is wrong with it."""
    try:
        return values_of(row, fields)
    except SourceError as error:
        return error


_Values = dict[str, str] | SourceError


def _check_columns(source: str, rows: Sequence[Row], values: Sequence[_Values], fields: Mapping[str, str]) -> None:
    """A SourceError when no row can become an article for want of a column: said once, not for each row."""
    if all(isinstance(one, SourceError) for one in values):
        raise next(one for one in values if isinstance(one, SourceError))
    read = [one for one in values if isinstance(one, dict)]
    if any(one["text"].strip() for one in read):
        return
    links = [url for one in read if (url := web_address(one["url"]))]
    if links:
        raise SourceError(LINKS_ONLY.format(len(links)), links_hint(source))
    if source.lower().removesuffix(".gz").endswith((".csv", ".tsv")) and any(map(_is_value, rows[0])):
        raise SourceError("The first line names no columns: it holds an article.", _NAME_COLUMNS)
    raise SourceError(
        "No column holds the text.", f"Columns: {columns_of(rows[0])}. Name the one with the text: --map text=COLUMN"
    )


def _is_value(name: str) -> bool:
    """Whether what stands in the first line is no name of a column: a sentence, a date or an address."""
    return len(name) > LONGEST_NAME or parse_date(name) is not None or web_address(name) is not None


def _remark(rows: Sequence[Row], fields: Mapping[str, str]) -> str:
    """What to tell the user of columns that were not understood, when titles or dates may be among them."""
    if not rows or not (unknown := unknown_columns(rows[0])):
        return ""
    names = {plain_name(key) for key in rows[0]}
    missing = [field for field in ("title", "published") if field not in fields and names.isdisjoint(NAMES[field])]
    if not missing or any(isinstance(value, dict) for value in rows[0].values()):
        return ""
    shown = ", ".join(key[:40] for key in unknown[:12])
    return (
        f"No column is known as the {' or the '.join(missing)}. Not used: {shown}. Name it: --map {missing[0]}=COLUMN"
    )


def _articles(
    source: str, rows: Sequence[Row | BadRow], values: Mapping[int, _Values], remark: str, *, mapped: bool
) -> Iterator[Article | Failure]:
    read_day = day_reader(one["published"] for one in values.values() if isinstance(one, dict))
    failed = 0
    for number, row in enumerate(rows):
        place = f"{source}, row {number + 1}"
        if number >= MOST_ROWS:
            yield Failure(place, f"Rows after {MOST_ROWS:,} were left out. Split the file.")
            break
        try:
            article = _article(row, values.get(number), source, place, read_day, mapped=mapped)
        except SourceError as error:
            failed += 1
            if failed <= MOST_FAILURES:
                yield Failure(place, str(error))
            continue
        yield replace(article, notes=(*article.notes, remark)) if remark else article
        remark = ""
    if failed > MOST_FAILURES:
        yield Failure(source, f"{failed - MOST_FAILURES:,} more rows could not be added.")


def _article(
    row: Row | BadRow,
    values: _Values | None,
    source: str,
    place: str,
    read_day: Callable[[str], date | None],
    *,
    mapped: bool,
) -> Article:
    if isinstance(row, BadRow):
        raise SourceError(row.reason)
    if isinstance(values, SourceError):
        raise values
    assert values is not None
    if not values["text"].strip():
        hint = f"Columns: {columns_of(row)}. Name the one with the text: --map text=COLUMN"
        raise SourceError("The row has no text.", hint)
    url = web_address(values["url"])
    own = values["id"] if not url else ""
    text = _plain(values["text"])
    cut = _CUT.search(text)
    return Article(
        id=hashlib.sha256(f"row:{source}:{own}".encode("utf-8", "surrogatepass")).hexdigest()[:16] if own else "",
        title=_one_line(values["title"]),
        text=text[: cut.start()] if cut else text,
        url=url,
        publisher=_one_line(values["publisher"]) or None,
        author=_one_line(values["author"]) or None,
        published=read_day(values["published"]),
        language=language_code(values["language"]),
        source=place,
        notes=_CUT_NOTE if cut else () if mapped or holds_text(row) else _SUMMARY_NOTE,
    )


def _plain(text: str) -> str:
    """What a reader sees of a value: that of a program may be HTML, or plain words with its entities."""
    return html_text(text) if looks_like_html(text) else _ENTITY.sub(lambda found: unescape(found.group()), text)


def _one_line(text: str) -> str:
    return " ".join(_plain(text).split())


def _unpacked(data: bytes, largest: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            unpacked = packed.read(largest + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError("The file is damaged or incomplete: it cannot be unpacked.", "Get it again.") from error
    if len(unpacked) > largest:
        raise SourceError(f"Unpacked, it has more than {largest / 1e6:.0f} MB.", "Split it.")
    return unpacked
