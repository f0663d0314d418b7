"""A store as somebody with rights by collection sees it: what he or she may not read is not there.

`restricted` gives one that reads, `contributing` one through which articles are added to a collection. Every search,
list and count goes through `_within`, which adds the rights to the filters; what is named by its id goes through
`_seen`; what is left is for those who look after the library, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, Self

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from rag.errors import AccessDenied
from rag.schema import Article, Candidate, Filters, Finding, Passage, Rights, Vectors
from rag.store import database, records, stories
from rag.store.backups import Backup
from rag.store.collections import CollectionTable
from rag.store.conversations import ConversationTable
from rag.store.dense_search import IndexState, Progress
from rag.store.feedback import FeedbackTable
from rag.store.filtering import among, conditions
from rag.store.records import Known, Line, Prepared, Snapshot
from rag.store.retries import retried
from rag.store.store import Store
from rag.store.stories import Copy
from rag.store.tables import articles, collected, copies, lines, owned

_ASK = "Ask whoever runs the server for the right."


def restricted(store: Store, rights: Rights, owner: str | None = None) -> RestrictedStore:
    """The store as somebody with these rights sees it; of conversations, those of `owner`."""
    return RestrictedStore.__new__(RestrictedStore)._over(store, rights, owner)


def contributing(store: Store, collection: str) -> ContributingStore:
    """The store through which articles are added to a collection; AccessDenied when it may not be written."""
    rights = store.rights if isinstance(store, RestrictedStore) else Rights()
    kept = CollectionTable(store._database, rights).add(collection, ())
    view = ContributingStore.__new__(ContributingStore)._over(store, rights, None)
    view.collection = kept
    return view


class RestrictedStore(Store):
    """A store that holds what somebody may read. Made by `restricted`."""

    rights: Rights
    owner: str | None

    def _over(self, store: Store, rights: Rights, owner: str | None) -> Self:
        vars(self).update(vars(store))
        self.rights, self.owner = rights, owner
        self.collections = CollectionTable(self._database, rights)
        self.conversations = ConversationTable(self._database, owner)
        self.feedback = FeedbackTable(self._database, owner)
        if not rights.whole:
            self.feeds = self.tokens = self.grants = self.deeds = _Closed()  # type: ignore[assignment]
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy has the same rights."""
        return _reopened, (super().__reduce__()[0], self.rights, self.owner)

    def close(self) -> None:
        """Nothing: the store that this is a view of stays open for others."""

    # --- what may be read

    def _within(self, filters: Filters) -> Filters:
        readable = self.rights.read
        return filters if readable is None else replace(filters, readable=tuple(sorted(readable)))

    def _seen(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids whose articles may be read; a copy is read like the article that stands for its story."""
        wanted = sorted(set(ids))
        if not self._readable():
            return set(wanted)
        with self._database.read() as connection:
            told = connection.execute(select(copies.c.id, copies.c.story).where(among(copies.c.id, wanted)))
            story_of = {str(one): str(story) for one, story in told}
            held = self._held(connection, [story_of.get(one, one) for one in wanted])
        return {one for one in wanted if story_of.get(one, one) in held}

    def _held(self, connection: Connection, ids: Iterable[str]) -> set[str]:
        wanted = select(articles.c.id).where(among(articles.c.id, sorted(set(ids))), *self._readable())
        return {str(one) for one in connection.execute(wanted).scalars()}

    def _readable(self) -> Sequence[ColumnElement[bool]]:
        """What an article must fulfil; nothing where all may be read."""
        return conditions(self._within(Filters()))

    def known(self, article_id: str) -> Known | None:
        """What the library knows of the article with this id."""
        return super().known(article_id) if self._seen([article_id]) else None

    def copies(self, article_ids: Sequence[str]) -> list[Copy]:
        """The syndicated copies of these articles, in the order in which they were added."""
        seen = self._seen(article_ids)
        return super().copies([one for one in article_ids if one in seen])

    def article(self, article_id: str) -> Article | None:
        """The article with this id."""
        return super().article(article_id) if self._seen([article_id]) else None

    def passage_counts(self, article_ids: Sequence[str]) -> dict[str, int]:
        """Passages of each of these articles; articles that are not in the library are left out."""
        return super().passage_counts(sorted(self._seen(article_ids)))

    def article_passages(self, article_id: str) -> list[Passage]:
        """The passages of an article, in order."""
        return super().article_passages(article_id) if self._seen([article_id]) else []

    def version(self, article_id: str, text_digest: str) -> str | None:
        """The cleaned text that an article had or has, by its digest."""
        return super().version(article_id, text_digest) if self._seen([article_id]) else None

    def candidates(self, ids: Sequence[str]) -> dict[str, Candidate]:
        """Passages by id with their articles' heads, without scores; ids that are not in the library are left out."""
        found = super().candidates(ids)
        seen = self._seen(one.passage.article_id for one in found.values())
        return {key: one for key, one in found.items() if one.passage.article_id in seen}

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Stored vectors by passage id; ids that are not in the library are left out."""
        return super().vectors(list(self.candidates(ids)))

    # --- what may be changed

    @retried
    def remove(self, article_id: str) -> bool:
        """Take an article out of the collections that may be written; delete it when one of these brought it in and
        no other holds it. With the right to write the whole library, delete it at once. Whether there was one."""
        if not self._seen([article_id]):
            return False
        if self.rights.write is None:
            return super().remove(article_id)
        with self.writing(), self._database.write() as connection:
            inside = collected.c.article_id == article_id
            mine = inside & among(collected.c.collection, sorted(self.rights.write))
            if not connection.execute(delete(collected).where(mine)).rowcount:
                raise AccessDenied("You may read this article, but not remove it.", _ASK)
            left = connection.execute(select(collected.c.collection).where(inside)).first()
            if left is None and self._own(connection, [article_id]):
                records.remove(connection, article_id)
            database.advance(connection)
        return True

    def put(
        self,
        batch: Sequence[Prepared],
        *,
        copies: Sequence[Copy] = (),
        removing: Sequence[str] = (),
        owner: str | None = None,
    ) -> None:
        """Store articles, with the right to write the whole library."""
        self._manage()
        super().put(batch, copies=copies, removing=removing, owner=owner)

    def snapshot(self, article_id: str) -> Snapshot | None:
        """All that the library holds of an article, with the right to write the whole library."""
        self._manage()
        return super().snapshot(article_id)

    def restore(self, snapshot: Snapshot) -> None:
        """Put an article back as it was, with the right to write the whole library."""
        self._manage()
        super().restore(snapshot)

    def _own(self, connection: Connection, ids: Iterable[str]) -> set[str]:
        """Those of the ids that were added by way of a collection that may be written."""
        owners = [_owner(name) for name in sorted(self.rights.write or ())]
        wanted = select(owned.c.article_id).where(among(owned.c.article_id, sorted(set(ids))))
        return {str(one) for one in connection.execute(wanted.where(among(owned.c.owner, owners))).scalars()}

    def _manage(self) -> None:
        if self.rights.write is not None:
            raise AccessDenied("This needs the right to write the whole library.", _ASK)

    # --- what is asked while articles are added or the library is looked after

    def known_text(self, text_digest: str) -> Known | None:
        """What the library knows of the first article with this cleaned text."""
        self._manage()
        return super().known_text(text_digest)

    def near(self, bands: Sequence[int]) -> list[tuple[str, str]]:
        """Ids and texts of articles that may be near-identical to the one with these bands, likeliest first."""
        self._manage()
        return super().near(bands)

    def line_counts(self, hashes: Sequence[Line]) -> dict[Line, int]:
        """In how many articles each line occurs; every hash that was asked for has an entry."""
        self._manage()
        return super().line_counts(hashes)

    def owned_by(self, owner: str) -> dict[str, str]:
        """The sources of the articles and copies that this owner has added, by their ids."""
        self._manage()
        return super().owned_by(owner)

    def index_state(self) -> IndexState:
        """How far the dense index is behind."""
        self._manage()
        return super().index_state()

    @contextmanager
    def following(self, tell: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
        """A function that brings the dense index up to date."""
        self._manage()
        with super().following(tell) as once:
            yield once

    def check(self, fix: bool = False) -> tuple[Finding, ...]:
        """What is sound and what is not."""
        self._manage()
        return super().check(fix)

    def unsound_articles(self) -> list[str]:
        """Ids of the articles whose passages or vectors are not what they should be."""
        self._manage()
        return super().unsound_articles()

    def back_up(self, file: Path) -> Backup:
        """Write all that the library holds to one file."""
        self._manage()
        return super().back_up(file)

    def rebuild_dense(self, progress: Progress | None = None) -> None:
        """Build the dense index anew."""
        self._manage()
        super().rebuild_dense(progress)


class ContributingStore(RestrictedStore):
    """A store through which articles are added to a collection. Made by `contributing`.

    Who may write only some collections sees here, and may replace, only what was added by way of these: neither the
    report nor what becomes of an article then tells of one that he or she may not change.
    """

    collection: str

    @property
    def space(self) -> str:
        """What the identities of articles begin with, so that they meet none of elsewhere; empty for the library's."""
        return "" if self.rights.write is None else f"{_owner(self.collection)}\x1f"

    def put(
        self,
        batch: Sequence[Prepared],
        *,
        copies: Sequence[Copy] = (),
        removing: Sequence[str] = (),
        owner: str | None = None,
    ) -> None:
        """Store articles in the collection: they are in it before they are there."""
        ids = [one.article.id for one in batch]
        with self.writing():
            if self.rights.write is not None:
                self._check_own(
                    [*ids, *(copy.article.id for copy in copies), *(copy.story for copy in copies), *removing]
                )
                owner = _owner(self.collection)
            self.collect(ids)
            Store.put(self, batch, copies=copies, removing=removing, owner=owner)

    @retried
    def collect(self, article_ids: Iterable[str]) -> None:
        """Put articles into the collection, also those that are about to be stored."""
        rows = [{"collection": self.collection, "article_id": one} for one in sorted(set(article_ids))]
        if not rows:
            return
        with self._database.write() as connection:
            here = among(collected.c.article_id, [row["article_id"] for row in rows])
            connection.execute(delete(collected).where(collected.c.collection == self.collection, here))
            connection.execute(insert(collected), rows)

    def _check_own(self, ids: Sequence[str]) -> None:
        with self._database.read() as connection:
            others = stories.existing(connection, ids) - self._own(connection, ids)
        if others:
            raise AccessDenied("An article of another collection cannot be replaced.", _ASK)

    def _readable(self) -> Sequence[ColumnElement[bool]]:
        """That an article was added by way of a collection that may be written."""
        if self.rights.write is None:
            return ()
        owners = [_owner(name) for name in sorted(self.rights.write)]
        return (articles.c.id.in_(select(owned.c.article_id).where(among(owned.c.owner, owners))),)

    def known_text(self, text_digest: str) -> Known | None:
        """What is known of the first article with this cleaned text."""
        with self._database.read() as connection:
            return records.known(connection, and_(articles.c.text_digest == text_digest, *self._readable()))

    def near(self, bands: Sequence[int]) -> list[tuple[str, str]]:
        """Ids and texts of articles that may be near-identical to the one with these bands, likeliest first."""
        with self._database.read() as connection:
            found = stories.near(connection, bands)
            held = self._held(connection, [article_id for article_id, _ in found])
        return [(article_id, text) for article_id, text in found if article_id in held]

    def line_counts(self, hashes: Sequence[Line]) -> dict[Line, int]:
        """In how many articles each line occurs; every hash that was asked for has an entry."""
        if self.rights.write is None:
            return Store.line_counts(self, hashes)
        counted = select(lines.c.hash, func.count()).join(articles, articles.c.number == lines.c.article)
        wanted = counted.where(among(lines.c.hash, [str(one) for one in hashes]), *self._readable())
        with self._database.read() as connection:
            counts = {str(line): int(count) for line, count in connection.execute(wanted.group_by(lines.c.hash))}
        return {one: counts.get(str(one), 0) for one in hashes}


class _Closed:
    """What only those who look after the library may use."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AccessDenied("This needs the right to read and write the whole library.", _ASK)


def _owner(collection: str) -> str:
    """The name under which what a collection brings in is noted; no folder has such a name."""
    return f"collection:{collection}"


def _reopened(reopen: Any, rights: Rights, owner: str | None) -> RestrictedStore:
    return restricted(reopen(), rights, owner)
