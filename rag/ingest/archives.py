"""Files that hold many articles: tables, and ZIP archives of article files.

In: the path of such a file. Out: an Article or a Failure for each row or member, as bounded reading gives them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from rag.errors import SourceError
from rag.ingest.files import ARCHIVE, TABLE, is_article_name, is_table, largest_of, parse_file, read_bytes
from rag.ingest.tables import read_table
from rag.ingest.zips import open_container
from rag.schema import Article, Failure

LARGEST_UNPACKED = 500_000_000  # bytes of all members of a ZIP; they are read one after the other
LARGEST_TABLE = 200_000_000  # bytes of an unpacked table: 40,000 news articles


def articles_in(path: Path, source: str, fields: Mapping[str, str]) -> Iterator[Article | Failure]:
    """What the table or archive at `path`, called `source`, holds; a SourceError when nothing can be read at all."""
    data = read_bytes(path)
    if is_table(path.name):
        yield from read_table(source, data, fields, largest=LARGEST_TABLE)
    else:
        yield from _members(source, data, fields)


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
            if is_table(name):
                yield from read_table(place, part, fields, largest=LARGEST_TABLE)
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
    return is_article_name(parts[-1]) or name.lower().endswith((*TABLE, *ARCHIVE))
