"""Files that hold many articles: tables, exports and archives of pages, and ZIP archives of article files.

In: the path of such a file. Out: an Article or a Failure for each row, entry or member, as bounded reading gives them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from rag.errors import SourceError
from rag.ingest.files import ARCHIVE, is_article_name, is_table, largest_of, parse_file, read_bytes
from rag.ingest.formats.feed_file import is_feed
from rag.ingest.formats.several import SEVERAL, Read, may_hold_several, reader_of
from rag.ingest.formats.tables.reader import read_table
from rag.ingest.formats.zips import open_container
from rag.schema import Article, Failure
from rag.text.encoding import read_text

LARGEST_UNPACKED = 500_000_000  # bytes of all members of a ZIP; they are read one after the other
LARGEST_TABLE = 200_000_000  # bytes of an unpacked table: 40,000 news articles
_PLAIN = (".csv", ".tsv", ".json", ".jsonl", ".txt", ".text")  # kinds of many articles that are text
_HEAD = 65_536  # bytes that tell the encoding
MOST_FAILURES = 20  # of one file named one by one; an archive of a site has thousands of pages without an article


def holds_several(path: Path) -> bool:
    """Whether a file is one of many articles; the content is looked at where the ending does not tell."""
    name = path.name.lower()
    if is_table(name) or name.endswith((*ARCHIVE, *SEVERAL)):
        return True
    if not may_hold_several(name):
        return False
    try:
        return reader_of(name, read_bytes(path)) is not None
    except SourceError:
        return False  # what is wrong with it is said when it is read


def articles_in(path: Path, source: str, fields: Mapping[str, str]) -> Iterator[Article | Failure]:
    """What the file at `path`, called `source`, holds; a SourceError when nothing can be read at all."""
    data = read_bytes(path)
    if path.name.lower().endswith(ARCHIVE):
        yield from _members(source, data, fields)
    else:
        yield from _entries(source, data, fields)


def _entries(source: str, data: bytes, fields: Mapping[str, str]) -> Iterator[Article | Failure]:
    """The rows of a table, or the articles of an export; each is noted when the encoding of all was guessed."""
    remark = _remark(data) if source.lower().endswith(_PLAIN) else ""
    for entry in _read(source, data, fields):
        if remark and isinstance(entry, Article):
            entry = replace(entry, notes=(*entry.notes, remark))
        yield entry


def _remark(data: bytes) -> str:
    """What is to be said of the encoding of a file, by its beginning up to the end of a line."""
    head = data[:_HEAD]
    try:
        return read_text(head[: head.rfind(b"\n") + 1] if len(data) > _HEAD else head).remark
    except SourceError:
        return ""  # said when the file is read


def _read(source: str, data: bytes, fields: Mapping[str, str]) -> Iterator[Article | Failure]:
    if is_table(source):
        yield from read_table(source, data, fields, largest=LARGEST_TABLE)
        return
    if not data.strip():
        raise SourceError("The file is empty.")
    read = reader_of(source, data)
    if read is None:
        raise SourceError(
            "The file is of no kind that is read.", "Feeds (RSS, Atom) and WordPress exports are .xml files."
        )
    number = failed = 0
    for number, entry in enumerate(_named(read, source, data), start=1):
        place = f"{source}, article {number}"
        if isinstance(entry, Article):
            yield replace(entry, source=place)
            continue
        failed += 1
        if failed <= MOST_FAILURES:
            yield Failure(f"{place} ({entry.source})", entry.reason)
    if failed > MOST_FAILURES:
        yield Failure(source, f"{failed - MOST_FAILURES:,} more entries could not be added.")
    if not number:
        raise SourceError("The file holds no articles.")


def _named(read: Read, source: str, data: bytes) -> Iterator[Article | Failure]:
    """What a reader gives; its hints name the file."""
    try:
        yield from read(data)
    except SourceError as error:
        raise SourceError(error.message, error.hint.replace("FILE", source)) from error


def _members(source: str, data: bytes, fields: Mapping[str, str]) -> Iterator[Article | Failure]:
    if not data.startswith(b"PK"):
        raise SourceError("This is not a ZIP archive.", "Check the ending of the file, or get it again.")
    container = open_container(data, LARGEST_UNPACKED)
    names = [name for name in sorted(container.names) if _wanted(name)]
    if not names:
        raise SourceError("The archive holds no articles.")
    for name in names:
        place = f"{source}/{name}"
        try:
            if name.lower().endswith(ARCHIVE):
                raise SourceError("An archive inside an archive is not read.", "Unpack it first.")
            part = container.read(name, largest_of(name))
            if name.lower().endswith(".xml") and not is_feed(part):
                continue  # a part of something else
            if is_table(name) or name.lower().endswith(SEVERAL) or reader_of(name, part) is not None:
                yield from _entries(place, part, fields)
            else:
                identity = hashlib.sha256(f"file:{place}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
                article = parse_file(name, part)
                yield replace(article, source=place, id="" if article.url else identity)
        except SourceError as error:
            yield Failure(place, str(error))


def _wanted(name: str) -> bool:
    """Whether a member may hold articles: hidden ones and macOS's shadows do not."""
    parts = PurePosixPath(name).parts
    if any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts):
        return False
    lower = name.lower()
    return is_article_name(parts[-1]) or is_table(lower) or lower.endswith((*ARCHIVE, *SEVERAL))
