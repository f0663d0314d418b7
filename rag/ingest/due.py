"""Which feeds and site maps are due for a visit, and their visits, each by one process at a time.

A feed is due some time after its last visit; one that failed, twice as long after each failure in a row, up to a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rag.ingest.subscriptions import Subscriber
from rag.schema import AddReport
from rag.store.feeds import Feed, Trouble

SITE_MAP_PAGES = 100  # of a site map at a visit
LONGEST_WAIT = timedelta(days=1)
MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Visit:
    """A feed or site map, and what became of its visit."""

    url: str
    report: AddReport
    failure: str = ""  # why it could not be visited


def due_at(feed: Feed, trouble: Trouble | None, every: timedelta) -> datetime:
    """When the feed is visited next (UTC)."""
    last = max((one for one in (feed.checked, trouble.tried if trouble else None) if one), default=None)
    if last is None:
        return datetime.min.replace(tzinfo=UTC)
    wait = every * 2 ** min(trouble.failures, MOST_DOUBLINGS) if trouble else every
    return last + min(wait, max(LONGEST_WAIT, every))


def visit_due(
    subscriber: Subscriber,
    every: timedelta,
    begin: Callable[[str], object],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Visit]:
    """Visit each feed that is due and that nobody else visits; `begin` is called with its address before."""
    store = subscriber.store
    for known in store.feeds.all():
        with store.claims.held(f"feed {known.url}") as ours:
            if not ours:
                continue
            feed, trouble = store.feeds.get(known.url), store.feeds.troubles().get(known.url)  # inside the claim
            if feed.checked is None or due_at(feed, trouble, every) > now():  # just visited by another, or forgotten
                continue
            begin(feed.url)
            yield _visit(subscriber, feed)


def _visit(subscriber: Subscriber, feed: Feed) -> Visit:
    if feed.is_site_map:
        report = subscriber.add_sitemap(feed.url, limit=SITE_MAP_PAGES)
    else:
        report = subscriber.add_feed(feed.url)
    failure = next((one.reason for one in report.failed if one.source == feed.url), "")
    if failure:
        subscriber.store.feeds.failed(feed.url, failure)
    else:
        subscriber.store.feeds.recovered(feed.url)
    return Visit(feed.url, report, failure)
