"""JSON, JSON Lines and CSV files to articles, one a row; the last two may be gzipped.

In: the bytes of a file, and which column holds which field where the names do not tell. Out: an Article or a Failure
for each row. Every value is text and data.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rag.errors import SourceError
from rag.ingest.frontmatter import language_code, web_address
from rag.ingest.markup import html_text, looks_like_html
from rag.schema import Article, Failure
from rag.text.dates import parse_date
from rag.text.encoding import decode

MOST_ROWS = 200_000
MOST_FAILURES = 20  # named one by one; a wrong file would name thousands
LARGEST_VALUE = 5_000_000  # characters of one CSV value: csv's own limit of 131,072 is shorter than some articles
FIELDS = ("title", "text", "url", "publisher", "author", "published", "language", "id")
# Names of columns, without case and marks, likeliest first: those of common exports (feeds, CMS, news data sets).
_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "headline", "heading", "subject", "name"),
    "text": ("text", "body", "content", "articlebody", "maintext", "fulltext", "contenttext", "article", "contenthtml",
             "bodytext", "story", "description", "summary"),
    "url": ("url", "link", "href", "permalink", "weburl", "canonicalurl", "sourceurl"),
    "publisher": ("publisher", "outlet", "sitename", "source", "site", "publication", "newspaper", "domain"),
    "author": ("author", "authors", "byline", "creator", "writer"),
    "published": ("published", "datepublished", "publisheddate", "publishedat", "publishdate", "publicationdate",
                  "pubdate", "date", "timestamp", "created", "createdat"),
    "language": ("language", "lang"),
    "id": ("id", "guid", "uuid"),
}  # fmt: skip
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Bad:
    """A row that cannot be one, and why."""

    reason: str


def read_table(source: str, data: bytes, fields: Mapping[str, str], *, largest: int) -> Iterator[Article | Failure]:
    """The articles in a table called `source`, each with its row as source; `fields` maps a field to its column."""
    name = source.lower()
    if name.endswith(".gz"):
        name, data = name[:-3], _unpacked(data, largest)
    if not data.strip():
        raise SourceError("The file is empty.")
    rows = _csv_rows(data) if name.endswith((".csv", ".tsv")) else _json_rows(decode(data), lines=name.endswith("l"))
    return _articles(source, rows, fields)


def _articles(source: str, rows: Iterable[Row | _Bad], fields: Mapping[str, str]) -> Iterator[Article | Failure]:
    failed = 0
    number = 0
    for number, row in enumerate(rows, start=1):
        place = f"{source}, row {number}"
        if number > MOST_ROWS:
            yield Failure(place, f"Rows after {MOST_ROWS:,} were left out. Split the file.")
            break
        try:
            if isinstance(row, _Bad):
                raise SourceError(row.reason)
            yield _article(row, fields, source, place)
        except SourceError as error:
            failed += 1
            if failed <= MOST_FAILURES:
                yield Failure(place, str(error))
    if failed > MOST_FAILURES:
        yield Failure(source, f"{failed - MOST_FAILURES:,} more rows could not be added.")
    if not number:
        raise SourceError("The file holds no rows.")


def _article(row: Row, fields: Mapping[str, str], source: str, place: str) -> Article:
    values = {field: _value(row, field, fields) for field in FIELDS}
    text = values["text"]
    if not text.strip():
        hint = f"Columns: {_columns(row)}. Name the one with the text: --map text=COLUMN"
        raise SourceError("The row has no text.", hint)
    url = web_address(values["url"])
    own = values["id"] if not url else ""
    return Article(
        id=hashlib.sha256(f"row:{source}:{own}".encode("utf-8", "surrogatepass")).hexdigest()[:16] if own else "",
        title=_one_line(_plain(values["title"])),
        text=_plain(text),
        url=url,
        publisher=_one_line(values["publisher"]) or None,
        author=_one_line(values["author"]) or None,
        published=_date(values["published"]),
        language=language_code(values["language"]),
        source=place,
    )


def _value(row: Row, field: str, fields: Mapping[str, str]) -> str:
    if field in fields:
        if fields[field] not in row:
            raise SourceError(f"There is no column '{fields[field]}'.", f"Columns: {_columns(row)}.")
        return _as_text(row[fields[field]])
    named = {re.sub(r"[^a-z]", "", key.lower()): key for key in reversed(list(row))}
    return next((text for name in _NAMES[field] if name in named and (text := _as_text(row[named[name]])).strip()), "")


def _columns(row: Row) -> str:
    """The names of the first columns, for a reason."""
    return ", ".join(key[:40] for key in list(row)[:12])


def _as_text(value: object) -> str:
    """The value as text: names of objects, lists joined; nothing for what is no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict):
        return next((part for key in ("name", "title", "href", "url") if isinstance(part := value.get(key), str)), "")
    if isinstance(value, list):
        texts = [part if isinstance(part, str) else _as_text(part) if isinstance(part, dict) else "" for part in value]
        return (", " if sum(map(len, texts)) < 300 else "\n\n").join(filter(None, texts))
    return ""


def _plain(text: str) -> str:
    return html_text(text) if looks_like_html(text) else text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _date(value: str) -> date | None:
    """A written date, or seconds or milliseconds since 1970."""
    stamp = re.fullmatch(r"(\d{9,10})(\d{3})?(?:\.\d+)?", value.strip())
    return datetime.fromtimestamp(int(stamp.group(1)), UTC).date() if stamp else parse_date(value)


def _csv_rows(data: bytes) -> Iterator[Row | _Bad]:
    text = decode(data)
    csv.field_size_limit(LARGEST_VALUE)
    head = text[:20_000].split("\n", 1)[0]
    delimiter = max(",;\t|", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = next(reader, [])
        for values in reader:
            if values:
                yield dict(zip(columns, values, strict=False))
    except csv.Error as error:
        yield _Bad(f"The table is damaged from here on: {error}.")


def _json_rows(text: str, *, lines: bool) -> Iterator[Row | _Bad]:
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
            yield _Bad("The line is not JSON.")
        else:
            yield row if isinstance(row, dict) else _Bad("The line is not a JSON object.")


def _rows_in(loaded: object) -> Iterator[Row | _Bad]:
    """Objects of a list, of the longest list in an object, or the object itself."""
    if isinstance(loaded, dict):
        lists = [part for part in loaded.values() if isinstance(part, list) and any(isinstance(o, dict) for o in part)]
        has_text = any(re.sub(r"[^a-z]", "", key.lower()) in _NAMES["text"][:6] for key in loaded)
        loaded = max(lists, key=len) if lists and not has_text else [loaded]
    if not isinstance(loaded, list):
        raise SourceError("The JSON holds no articles: a list of objects is expected.")
    for row in loaded:
        yield row if isinstance(row, dict) else _Bad("The entry is not a JSON object.")


def _unpacked(data: bytes, largest: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            unpacked = packed.read(largest + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError("The file is damaged or incomplete: it cannot be unpacked.", "Get it again.") from error
    if len(unpacked) > largest:
        raise SourceError(f"Unpacked, it has more than {largest / 1e6:.0f} MB.", "Split it.")
    return unpacked
