"""What `rag work` does: keeps the dense index up to date with the library, and visits the feeds that are due.

Any number of processes may do so: each piece of work is claimed by one of them, with a lock that dies with it. What is
to do follows from the library, so a process that is killed leaves nothing behind but work for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rag.errors import LibraryError
from rag.ingest.due import Visit, visit_due
from rag.ingest.subscriptions import Subscriber
from rag.ingest.web import Fetcher
from rag.schema import Embedder
from rag.store.store import Store

Tell = Callable[[str], None]


class Worker:
    """Works on one library. Made by `working`."""

    def __init__(self, follow: Callable[[], bool], subscriber: Subscriber | None, every: timedelta, tell: Tell) -> None:
        self._follow = follow
        self._subscriber = subscriber
        self._every = every
        self._tell = tell
        self._said = ""

    def round(self) -> bool:
        """Do what is due; whether all of it could be done."""
        try:
            well = self._follow()
            if self._subscriber is not None:
                for visit in visit_due(self._subscriber, self._every, lambda url: self._tell(f"feed {url}: fetching")):
                    self._tell(f"feed {visit.url}: {_outcome(visit)}")
                    well = well and not visit.failure
        except LibraryError as error:  # a full disk, a database that is away: told once, and tried again
            if str(error) != self._said:
                self._tell(str(error))
            self._said = str(error)
            return False
        self._said = ""
        return well


@contextmanager
def working(
    store: Store,
    embedder_factory: Callable[[], Embedder],
    tell: Tell,
    *,
    every: timedelta | None,
    fetcher: Fetcher | None = None,
) -> Iterator[Worker]:
    """A worker on the store, with its claims until the block ends; feeds are visited `every` so often, None: never."""
    with store.following(tell) as follow:
        subscriber = Subscriber(store, embedder_factory, fetcher or Fetcher()) if every is not None else None
        yield Worker(follow, subscriber, every or timedelta(), tell)


def _outcome(visit: Visit) -> str:
    """In words: "3 added, 1 failed"."""
    if visit.failure:
        return f"could not be fetched: {visit.failure}"
    report = visit.report
    counts = {"added": report.added, "updated": report.updated, "known": report.duplicates, "failed": report.failed}
    told = [f"{len(ids)} {word}" for word, ids in counts.items() if ids]
    return ", ".join(told) or "nothing new"
