"""Feeds and site maps to a library: only what is new since the last visit is fetched and added.

In: a store, an embedder, the address of a feed or site map. Out: an AddReport, as for any other source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from rag.errors import SourceError
from rag.ingest import feeds, sitemaps
from rag.ingest.feeds import Entry
from rag.ingest.intake import Address
from rag.ingest.pipeline import add_sources
from rag.ingest.web import Fetcher, check_address
from rag.schema import AddReport, Article, Embedder, Failure, Progress, joined
from rag.store.feeds import SITE_MAP, Feed
from rag.store.store import Store
from rag.text.words import weight

# Entries that are fetched, added and remembered together: at a second between requests to a host, half a minute's work.
STEP = 20
FEWEST_CHARACTERS = (
    50  # weighed, of an entry's own text that may stand for its page; below are headlines and "Comments"
)
LONG_EXCERPT = 400  # weighed characters of an own text that breaks off
Told = Callable[[Progress], None] | None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Adds feeds and site maps to a store."""

    store: Store
    embedder_factory: Callable[[], Embedder]
    fetcher: Fetcher
    progress: Told = None

    def add_feed(self, url: str, *, limit: int | None = None) -> AddReport:
        """The entries of the feed that were not added before: their own text, or the page that they lead to.

        `limit` bounds how many are added now; the next visit goes on with the others.
        """
        known = self.store.feeds.get(url)
        try:
            asked = {"Accept": feeds.KINDS, "If-None-Match": known.etag, "If-Modified-Since": known.modified}
            page = self.fetcher.fetch(url, headers={name: value for name, value in asked.items() if value})
            if not page.changed:
                self.store.feeds.visited(known)
                return AddReport()
            listing = feeds.parse_feed(page.body, page.url)
        except SourceError as error:
            return AddReport(failed=(Failure(url, str(error)),))
        new = self._new(url, listing.entries)
        report, taken = self._add(url, new[:limit])
        whole = taken and len(new[:limit]) == len(new)  # otherwise the next visit must see it again
        etag, modified = (page.etag, page.modified) if whole else ("", "")
        self.store.feeds.visited(Feed(url, listing.title, etag, modified))
        return report

    def add_sitemap(self, url: str, *, limit: int) -> AddReport:
        """At most `limit` pages of the site map that were not added before or have changed since, newest first."""
        seen = self.store.feeds.seen(url)
        try:
            address = check_address(url).geturl()
            pages = sitemaps.pages_of(self.fetcher, address, enough=limit + len(seen))
        except SourceError as error:
            return AddReport(failed=(Failure(url, str(error)),))
        report, _ = self._add(url, self._new(url, pages)[:limit])
        self.store.feeds.visited(Feed(url, SITE_MAP))
        return report

    def _new(self, url: str, entries: Iterable[Entry]) -> list[Entry]:
        seen = self.store.feeds.seen(url)
        return [entry for entry in entries if seen.get(entry.key) != entry.mark]

    def _add(self, url: str, entries: Sequence[Entry]) -> tuple[AddReport, bool]:
        """Add the entries in steps, each remembered when it is in the library.

        Also whether each was taken as it should be; a page that could not be had is asked for again.
        """
        without_page: set[str] = set()  # keys of entries that were added from the listing for want of their page
        whole = AddReport()
        done = passages = 0

        def told(step: Progress) -> None:
            if self.progress is not None:
                self.progress(Progress(done + step.done, len(entries), passages + step.passages, step.source))

        for first in range(0, len(entries), STEP):
            part = entries[first : first + STEP]
            sources = [self._source(entry, without_page) for entry in part]
            report = add_sources(self.store, self.embedder_factory, sources, progress=told)
            failed = {failure.source for failure in report.failed}
            for lost in (False, True):
                again = (one for one in part if (one.article.source in failed or one.key in without_page) == lost)
                marks = ((one.key, one.mark) for one in again)
                self.store.feeds.take(url, marks, failed=lost)
            whole = joined(whole, report)
            done += len(part)
        return whole, not (whole.failed or without_page)

    def _source(self, entry: Entry, without_page: set[str]) -> Article | Address:
        if entry.article.text or entry.url is None:
            return entry.article
        return Address(entry.url, lambda url: self._article(entry, url, without_page))

    def _article(self, entry: Entry, url: str, without_page: set[str]) -> Article:
        """The best text in hand: that of the page, or that of the listing where the page has less or cannot be had."""
        try:
            article = _with_listing(self.fetcher.article(url), entry.article)
        except SourceError as error:
            if not _tells(entry):
                raise
            without_page.add(entry.key)
            note = f"Its page could not be read, and this is the text of the feed. {error.message}"
            return replace(entry.article, text=entry.own, notes=(note,))
        if len(entry.own) <= len(article.text):
            return article
        notes = ("The text of the feed, which breaks off; its page shows less.",) if entry.breaks_off else ()
        return replace(article, text=entry.own, notes=notes)


def _tells(entry: Entry) -> bool:
    """Whether the listing's own text is worth keeping alone: it does not break off, or only after a good deal."""
    return weight(entry.own) >= (LONG_EXCERPT if entry.breaks_off else FEWEST_CHARACTERS)


def _with_listing(page: Article, listed: Article) -> Article:
    """The page's article, with what only the listing says; a host name stands for a publisher where none is named."""
    names = ("title", "publisher", "author", "published", "language")
    told = {name: getattr(page, name) or getattr(listed, name) for name in names}
    if listed.publisher and page.publisher and page.publisher in urlsplit(page.url or "").netloc:
        told["publisher"] = listed.publisher
    return replace(page, **told)
