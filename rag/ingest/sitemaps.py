"""Site maps to the pages that they list, newest first.

In: the address of a site map or of an index of site maps. Out: entries without text; their pages have it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

from rag.errors import SourceError
from rag.ingest.feeds import Entry
from rag.ingest.frontmatter import web_address
from rag.ingest.markup import local_name, parse_xml
from rag.ingest.web import Fetched, Fetcher
from rag.schema import Article
from rag.text.dates import parse_date

KINDS = "application/xml,text/xml;q=0.9,application/gzip;q=0.9,text/plain;q=0.8,*/*;q=0.5"
MOST_MAPS = 50  # site maps of one index that are read, newest first: 50 of 50,000 pages are more than anyone adds
LARGEST_MAP = 50_000_000  # bytes, unpacked, as sitemaps.org bounds them


def pages_of(fetcher: Fetcher, url: str, *, enough: int) -> list[Entry]:
    """The pages of the site map at `url` and of those that it lists, newest first.

    Only pages of the site map's own host count, as sitemaps.org wants. Reading ends once `enough` pages are known.
    """
    host = urlsplit(url).hostname
    waiting = [url]
    read: set[str] = set()
    pages: dict[str, Entry] = {}
    while waiting and len(read) < MOST_MAPS and len(pages) < enough:
        address = waiting.pop(0)
        if address in read:
            continue
        read.add(address)
        maps, found = parse_sitemap(fetcher.fetch(address, headers={"Accept": KINDS}))
        waiting.extend(target for target, _ in _newest(maps) if urlsplit(target).hostname == host)
        for target, changed in found:
            if urlsplit(target).hostname == host:
                pages.setdefault(
                    target, Entry(target, changed, target, Article(title="", text="", url=target, source=target))
                )
    return sorted(pages.values(), key=lambda page: _day(page.mark), reverse=True)


def parse_sitemap(page: Fetched) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Addresses with their dates of change: of further site maps, and of pages."""
    data = _unpacked(page.body)
    if page.kind == "text/plain" and not data.lstrip().startswith(b"<"):
        lines = data.decode("utf-8", errors="replace").splitlines()
        return [], [(address, "") for line in lines if (address := web_address(line.strip()))]
    root = parse_xml(data)
    kind = local_name(root)
    if kind not in ("urlset", "sitemapindex"):
        raise SourceError("This is no site map.", "Give the address of one, such as https://example.org/sitemap.xml.")
    listed = list(_listed(root))
    return (listed, []) if kind == "sitemapindex" else ([], listed)


def _listed(root: object) -> Iterator[tuple[str, str]]:
    for element in root:  # type: ignore[attr-defined]  # lxml has no types
        values = {local_name(part): (part.text or "").strip() for part in element}
        if address := web_address(values.get("loc", "")):
            yield address, values.get("lastmod", "")


def _newest(listed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(listed, key=lambda pair: _day(pair[1]), reverse=True)


def _day(written: str) -> date:
    return parse_date(written) or date.min


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(data, LARGEST_MAP + 1)
    except zlib.error as error:
        raise SourceError("The site map came damaged.", "Try again later.") from error
    if len(unpacked) > LARGEST_MAP:
        raise SourceError(
            f"The site map has more than {LARGEST_MAP / 1e6:.0f} MB.", "Give the address of a part of it."
        )
    return unpacked
