"""What is remembered of feeds and site maps, so that the next visit adds only what is new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from rag.store.database import Database
from rag.store.filtering import among
from rag.store.retries import retried
from rag.store.rows import moment_of, stored
from rag.store.tables import feed_entries, feed_troubles, feeds

SITE_MAP = "Site map"  # what stands in place of a title for a site map, which has none
MOST_FAILURES = 3  # visits at which an entry may fail before it is left alone: a page behind a log-in stays there


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed or site map that was visited."""

    url: str
    title: str = ""
    etag: str = ""  # what the server said of the last version that was taken as a whole
    modified: str = ""
    checked: datetime | None = None  # UTC; None: never
    entries: int = 0  # entries that were taken

    @property
    def is_site_map(self) -> bool:
        """Whether it is a site map, not a feed."""
        return self.title == SITE_MAP


@dataclass(frozen=True, slots=True)
class Trouble:
    """That the last visits of a feed failed."""

    failures: int  # in a row
    tried: datetime  # UTC
    reason: str


_taken = (feed_entries.c.feed == feeds.c.url) & (feed_entries.c.failures == 0)


class FeedTable:
    """The feeds and site maps of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Feed]:
        """The feeds that were visited, by address."""
        counted = (
            select(feeds, func.count(feed_entries.c.key).label("entries"))
            .select_from(feeds.outerjoin(feed_entries, _taken))
            .group_by(feeds.c.url)
            .order_by(feeds.c.url)
        )
        with self._database.read() as connection:
            rows = connection.execute(counted).all()
        return [Feed(row.url, row.title, row.etag, row.modified, moment_of(row.checked), row.entries) for row in rows]

    def get(self, url: str) -> Feed:
        """What is known of the feed at the address; an empty Feed when it was never visited."""
        return next((feed for feed in self.all() if feed.url == url), Feed(url))

    def seen(self, url: str) -> dict[str, str]:
        """The mark of each entry that was taken, or given up, by its key."""
        done = (feed_entries.c.failures == 0) | (feed_entries.c.failures >= MOST_FAILURES)
        wanted = select(feed_entries.c.key, feed_entries.c.mark).where(feed_entries.c.feed == url, done)
        with self._database.read() as connection:
            return {str(key): str(mark) for key, mark in connection.execute(wanted)}

    @retried
    def take(self, url: str, entries: Iterable[tuple[str, str]], *, failed: bool = False) -> None:
        """Remember entries (key, mark) as taken, or as failed once more."""
        marks = dict(entries)
        if not marks:
            return
        same = (feed_entries.c.feed == url) & among(feed_entries.c.key, list(marks))
        tries = select(feed_entries.c.key, feed_entries.c.failures).where(same)
        with self._database.write() as connection:
            before = {str(key): int(count) for key, count in connection.execute(tries)}
            connection.execute(delete(feed_entries).where(same))
            rows = [
                {"feed": url, "key": key, "mark": mark, "failures": before.get(key, 0) + 1 if failed else 0}
                for key, mark in marks.items()
            ]
            connection.execute(insert(feed_entries), rows)

    @retried
    def visited(self, feed: Feed) -> None:
        """Remember a visit, with what the server said of the version that was read."""
        row = {"url": feed.url, "title": feed.title, "etag": feed.etag, "modified": feed.modified}
        with self._database.write() as connection:
            connection.execute(delete(feeds).where(feeds.c.url == feed.url))
            connection.execute(insert(feeds).values(**row, checked=stored(None)))

    def troubles(self) -> dict[str, Trouble]:
        """The feeds whose last visit failed, by address."""
        with self._database.read() as connection:
            rows = connection.execute(select(feed_troubles)).all()
        return {str(row.feed): Trouble(row.failures, moment_of(row.tried), row.reason) for row in rows}

    @retried
    def failed(self, url: str, reason: str) -> None:
        """Remember that a visit failed."""
        same = feed_troubles.c.feed == url
        with self._database.write() as connection:
            before = connection.execute(select(feed_troubles.c.failures).where(same)).scalar_one_or_none() or 0
            connection.execute(delete(feed_troubles).where(same))
            row = {"feed": url, "failures": before + 1, "tried": stored(None), "reason": reason}
            connection.execute(insert(feed_troubles).values(**row))

    @retried
    def recovered(self, url: str) -> None:
        """Remember no failure of the feed any more."""
        with self._database.write() as connection:
            connection.execute(delete(feed_troubles).where(feed_troubles.c.feed == url))

    @retried
    def forget(self, url: str) -> bool:
        """Forget a feed with its entries; whether it was known. Its articles stay."""
        self.recovered(url)
        with self._database.write() as connection:
            connection.execute(delete(feed_entries).where(feed_entries.c.feed == url))
            return connection.execute(delete(feeds).where(feeds.c.url == url)).rowcount > 0
