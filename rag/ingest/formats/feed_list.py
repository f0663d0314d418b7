"""Lists of feeds (OPML), as feed readers export them: the addresses in them, which are fetched only on demand."""

from __future__ import annotations

from collections.abc import Iterator

from rag.errors import SourceError
from rag.ingest.frontmatter import web_address
from rag.ingest.markup import parse_xml
from rag.schema import Article, Failure


def is_feed_list(data: bytes) -> bool:
    """Whether an XML file is a list of feeds."""
    return b"<opml" in data[:1000].lower()


def feeds_of(data: bytes) -> list[str]:
    """The addresses of the feeds in a list, each once, in their order; a SourceError when the file is damaged."""
    told = (one.get("xmlUrl") for one in parse_xml(data).iter("outline"))
    return list(dict.fromkeys(url for one in told if (url := web_address(one))))


def refuse_feed_list(data: bytes) -> Iterator[Article | Failure]:
    """A SourceError that calls the file what it is."""
    found = len(feeds_of(data))
    raise SourceError(f"This is a list of feeds ({found}), not of articles.", "Fetch them: rag add --feed FILE")
