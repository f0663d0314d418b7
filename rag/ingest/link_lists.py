"""The addresses in a file that the user wants fetched: bookmarks, a reading list, a table with a column of links."""

from __future__ import annotations

from pathlib import Path

from rag.errors import SourceError
from rag.ingest.archives import LARGEST_TABLE
from rag.ingest.files import is_table, read_bytes
from rag.ingest.formats.links import links_of
from rag.ingest.formats.tables.reader import table_rows, values_of_row
from rag.ingest.formats.tables.rows import BadRow
from rag.ingest.frontmatter import web_address


def links_in(path: Path) -> list[str]:
    """The web addresses in a file, each once, in their order; a SourceError when there are none."""
    data = read_bytes(path)
    found = _in_table(path, data) if is_table(path.name) else links_of(data)
    if not found:
        raise SourceError(
            f"{path} holds no links.", "Name a file of bookmarks, a table with addresses, or a list of them."
        )
    return found


def _in_table(path: Path, data: bytes) -> list[str]:
    rows = table_rows(path.name, data, largest=LARGEST_TABLE)
    values = (values_of_row(row, {}) for row in rows if not isinstance(row, BadRow))
    urls = (web_address(one["url"]) for one in values if isinstance(one, dict))
    return list(dict.fromkeys(url for url in urls if url))
