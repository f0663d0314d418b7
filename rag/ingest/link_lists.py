"""The addresses in a file that the user wants fetched: bookmarks, a reading list, a table of links, a list of feeds."""

from __future__ import annotations

from pathlib import Path

from rag.errors import SourceError
from rag.ingest.archives import LARGEST_TABLE
from rag.ingest.files import is_table, read_bytes
from rag.ingest.formats.feed_list import feeds_of, is_feed_list
from rag.ingest.formats.links import links_of
from rag.ingest.formats.tables.reader import table_rows, values_of_row
from rag.ingest.formats.tables.rows import BadRow
from rag.ingest.frontmatter import web_address


def links_in(path: Path) -> list[str]:
    """The web addresses in a file, each once, in their order; a SourceError when there are none."""
    if not path.is_file():
        raise SourceError(f"There is no file {path}.", "Check the path.")
    data = read_bytes(path)
    found = _in_table(path, data) if is_table(path.name) else links_of(data)
    if not found:
        raise SourceError(
            f"{path} holds no links.", "Name a file of bookmarks, a table with addresses, or a list of them."
        )
    return found


def feeds_in(name: str) -> list[str]:
    """The addresses in the list of feeds (OPML) that `name` is a file of; for an address that address alone.

    A SourceError for a file that holds none.
    """
    path = Path(name)
    if web_address(name) or not path.is_file():
        return [name]
    found = feeds_of(data) if is_feed_list(data := read_bytes(path)) else []
    if not found:
        raise SourceError(f"{path} is no list of feeds.", "Name the address of a feed, or an OPML file.")
    return found


def _in_table(path: Path, data: bytes) -> list[str]:
    rows = table_rows(path.name, data, largest=LARGEST_TABLE)
    values = (values_of_row(row, {}) for row in rows if not isinstance(row, BadRow))
    urls = (web_address(one["url"]) for one in values if isinstance(one, dict))
    return list(dict.fromkeys(url for url in urls if url))
