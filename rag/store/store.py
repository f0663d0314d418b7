"""The store: one library on disk. It knows no models; vectors come from outside.

    with Store.open(folder, fingerprint=..., dimension=384) as store:
        with store.writing():
            store.put([Prepared(...)])
        store.search_lexical(["visit"], 50, Filters())
        store.search_dense(vector, 50, Filters())

Every method may be called from any thread. Reads never wait for a writer; `with store.reading():` lets several reads of
one thread see the same state. The database is the truth; the lexical index changes with it, the dense index follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import func, select

from rag.errors import LibraryError, LibraryLocked
from rag.schema import Article, Candidate, Filters, Finding, Passage, Vectors
from rag.store import backups, checks, database, finding, lexical, mentions, pages, records, stories, tables
from rag.store.access import DeedTable, TokenTable
from rag.store.backends import backend_for, lexical_index
from rag.store.backups import Backup
from rag.store.collections import CollectionTable
from rag.store.conversations import ConversationTable
from rag.store.database import Database
from rag.store.dense import UNBUILT, DenseIndex
from rag.store.dense_search import DenseSearch, IndexState, Nearest, Progress
from rag.store.feedback import FeedbackTable
from rag.store.feeds import FeedTable
from rag.store.files import make_folder
from rag.store.grants import GrantTable
from rag.store.lock import WriterLock
from rag.store.mentions import Mention
from rag.store.pages import Page
from rag.store.records import Known, Line, Order, Prepared, Snapshot
from rag.store.retries import retried
from rag.store.served import ServedIndex
from rag.store.stories import Copy
from rag.store.vectors import Snapshots

__all__ = ["Copy", "Known", "Mention", "Order", "Prepared", "Snapshot", "Store"]


class Store:
    """One library on disk. Made by `Store.open`."""

    def __init__(
        self,
        folder: Path,
        dimension: int,
        database: Database,
        lock: WriterLock,
        *,
        exact_limit: int,
        chroma: Sequence[str] = (),
        chroma_token: str = "",
    ) -> None:
        self.folder = folder
        self.dimension = dimension
        self._opening: Mapping[str, Any] = {}
        self._lock = lock
        self._database = database
        backend = database.backend
        self._snapshots = Snapshots(folder / backend.index_name())
        self.claims = backend.claims()
        self._followed = False  # whether this process follows the library with its index
        self._dense: DenseSearch[Any] = (
            ServedIndex(self._database, self.claims, backend.identity, chroma, dimension, exact_limit, chroma_token)
            if chroma
            else DenseIndex(self._database, self._snapshots, self._lock, dimension, exact_limit)
        )
        self.conversations = ConversationTable(self._database)
        self.feedback = FeedbackTable(self._database)
        self.collections = CollectionTable(self._database)
        self.feeds = FeedTable(self._database)
        self.tokens = TokenTable(self._database)
        self.grants = GrantTable(self._database)
        self.deeds = DeedTable(self._database)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        fingerprint: str,
        dimension: int,
        database: str = "",
        lock_timeout: float = 30,
        exact_limit: int = 0,
        chroma: Sequence[str] = (),
        chroma_token: str = "",
    ) -> Store:
        """The library in `folder`, or in the PostgreSQL `database` at an address; made when missing.

        The folder holds what is derived, also of a library in PostgreSQL. EmbedderMismatch when another embedding model
        made it. Libraries of up to `exact_limit` passages are searched without Chroma: for a program that asks once and
        ends, importing and opening it costs more than it saves. `chroma` names the Chroma servers that hold the dense
        index; without any, Chroma runs inside the program.
        """
        folder = folder.expanduser().absolute()
        make_folder(folder)
        backend = backend_for(folder, database)
        opened, lock = Database(backend), WriterLock(backend.lock(), lock_timeout)
        try:
            if not opened.exists():
                with lock.held():
                    opened.create(fingerprint, dimension)
            opened.verify(fingerprint, dimension)
            if opened.outdated():
                with lock.held():
                    opened.upgrade()
            served: dict[str, Any] = {"chroma": tuple(chroma), "chroma_token": chroma_token}
            store = cls(folder, dimension, opened, lock, exact_limit=exact_limit, **served)
        except BaseException:
            opened.close()
            raise
        options = {"lock_timeout": lock_timeout, "exact_limit": exact_limit, **served}
        store._opening = {"fingerprint": fingerprint, "database": database, **options}
        return store

    def close(self) -> None:
        """Let go of files and of Chroma."""
        self._dense.close()
        self._database.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy of an open store, in this process or another, is the same library opened again."""
        return partial(Store.open, self.folder, dimension=self.dimension, **self._opening), ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- states

    def generation(self) -> int:
        """A number that grows with each change of the library."""
        with self._database.read() as connection:
            return database.generation(connection)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All reads of this thread inside the block see one state of the library."""
        with self._database.read():
            yield

    @contextmanager
    def writing(self, *, last: bool = True) -> Iterator[None]:
        """Hold the writer lock; when the outermost block ends, the dense index is brought up to date if it is due.

        With `last=False` that is left to `finish`: more blocks follow. LibraryLocked tells who writes when the lock
        cannot be had in time.
        """
        changed = False
        try:
            with self._lock.held() as outermost:
                before = self.generation() if outermost and last else 0
                try:
                    yield
                finally:
                    changed = outermost and last and self.generation() != before
                    if changed and not self._dense.beside_writing:
                        self._catch_up(done=True)
        finally:
            if changed and self._dense.beside_writing:
                self._catch_up(done=True)

    def finish(self) -> None:
        """Bring the dense index up to date after blocks of `writing(last=False)`, unless another writer will do so."""
        if self._dense.beside_writing:
            self._catch_up(done=True)
            return
        with suppress(LibraryLocked), self._lock.held(timeout=0):
            self._catch_up(done=True)

    @contextmanager
    def following(self, tell: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
        """A function that brings the dense index up to date, to be called again and again by a process that lives on.

        It returns whether the index is up to date; `tell` gets lines of progress. What is written inside the block is
        left to it.
        """
        self._followed = True
        try:
            with self._dense.following(tell) as once:
                yield once
        finally:
            self._followed = False

    def _catch_up(self, *, done: bool) -> None:
        if not self._followed:
            self._dense.catch_up(done=done)

    def _within(self, filters: Filters) -> Filters:
        """The filters as searches, lists and counts apply them: a store of somebody with rights adds these."""
        return filters

    # --- changing

    @retried
    def put(
        self,
        batch: Sequence[Prepared],
        *,
        copies: Sequence[Copy] = (),
        removing: Sequence[str] = (),
        owner: str | None = None,
    ) -> None:
        """Store articles and copies in one transaction: all of them or none, on disk when this returns.

        An article whose id exists is replaced; its old text is kept as a version. `removing` goes before, in the same
        transaction. `owner` is noted for what is new, see `owned_by`.
        """
        if not (batch or copies or removing):
            return
        for prepared in batch:
            _check(prepared, self.dimension)
        with self.writing():
            with self._database.write() as connection:
                ids = [prepared.article.id for prepared in batch] + [copy.article.id for copy in copies]
                known = stories.existing(connection, ids)
                for article_id in removing:
                    records.remove(connection, article_id)
                for prepared in batch:
                    records.replace(connection, prepared)
                stories.add(connection, copies)
                stories.own(connection, sorted(set(ids) - known), owner)
                database.advance(connection)
            self._catch_up(done=False)

    @retried
    def remove(self, article_id: str) -> bool:
        """Delete an article, copies and earlier versions included, or a copy; whether there was one."""
        with self.writing(), self._database.write() as connection:
            removed = records.remove(connection, article_id)
            if removed:
                database.advance(connection)
            return removed

    def snapshot(self, article_id: str) -> Snapshot | None:
        """All that the library holds of an article, for `restore`; None when it holds none."""
        with self._database.read() as connection:
            return records.snapshot(connection, article_id)

    @retried
    def restore(self, snapshot: Snapshot) -> None:
        """Put an article back as it was when the snapshot was taken."""
        _check(snapshot.prepared, self.dimension)
        with self.writing(), self._database.write() as connection:
            records.restore(connection, snapshot)
            database.advance(connection)

    # --- what is known

    def known(self, article_id: str) -> Known | None:
        """What the library knows of the article with this id."""
        with self._database.read() as connection:
            known = records.known(connection, tables.articles.c.id == article_id)
            return known or records.known_copy(connection, article_id)

    def known_text(self, text_digest: str) -> Known | None:
        """What the library knows of the first article with this cleaned text."""
        with self._database.read() as connection:
            return records.known(connection, tables.articles.c.text_digest == text_digest)

    def near(self, bands: Sequence[int]) -> list[tuple[str, str]]:
        """Ids and texts of articles that may be near-identical to the one with these bands, likeliest first."""
        with self._database.read() as connection:
            return stories.near(connection, bands)

    def copies(self, article_ids: Sequence[str]) -> list[Copy]:
        """The syndicated copies of these articles, in the order in which they were added."""
        with self._database.read() as connection:
            return stories.copies_of(connection, article_ids)

    def owned_by(self, owner: str) -> dict[str, str]:
        """The sources of the articles and copies that this owner has added, by their ids."""
        with self._database.read() as connection:
            return stories.owned_by(connection, owner)

    def line_counts(self, hashes: Sequence[Line]) -> dict[Line, int]:
        """In how many articles each line occurs; every hash that was asked for has an entry."""
        with self._database.read() as connection:
            return records.line_counts(connection, hashes)

    # --- articles

    def articles(
        self,
        query: str | None = None,
        publisher: str | None = None,
        since: date | None = None,
        until: date | None = None,
        limit: int = 50,
        offset: int = 0,
        *,
        order: Order = "newest",
        article_ids: Sequence[str] | None = None,
    ) -> list[Article]:
        """Articles in this order. Each word of `query` must stand in title, publisher or author."""
        wanted = records.listing(query, self._within(_filters(publisher, since, until, article_ids)))
        with self._database.read() as connection:
            return records.list_articles(connection, wanted, limit, offset, order)

    def page(
        self,
        limit: int,
        cursor: str = "",
        *,
        query: str | None = None,
        publisher: str | None = None,
        since: date | None = None,
        until: date | None = None,
        article_ids: Sequence[str] | None = None,
    ) -> Page:
        """At most `limit` of the articles that `articles` lists, newest first, after the cursor of the page before."""
        wanted = records.listing(query, self._within(_filters(publisher, since, until, article_ids)))
        with self._database.read() as connection:
            return pages.page(connection, wanted, limit, cursor)

    def count_articles(
        self,
        query: str | None = None,
        publisher: str | None = None,
        since: date | None = None,
        until: date | None = None,
        *,
        article_ids: Sequence[str] | None = None,
    ) -> int:
        """How many articles `articles` would list without a limit."""
        wanted = records.listing(query, self._within(_filters(publisher, since, until, article_ids)))
        with self._database.read() as connection:
            return int(
                connection.execute(select(func.count()).select_from(tables.articles).where(*wanted)).scalar_one()
            )

    def count_passages(self) -> int:
        """Passages in the library."""
        with self._database.read() as connection:
            return records.count_passages(connection, self._within(Filters()))

    def publishers(self) -> list[tuple[str, int]]:
        """Publishers with their number of articles, most articles first."""
        with self._database.read() as connection:
            return stories.publishers(connection, self._within(Filters()))

    def article(self, article_id: str) -> Article | None:
        """The article with this id."""
        with self._database.read() as connection:
            row = connection.execute(select(tables.articles).where(tables.articles.c.id == article_id)).one_or_none()
            if row is not None:
                return records.articles_of(connection, [row])[0]
            copy = stories.copy(connection, article_id)
            return copy.article if copy is not None else None

    def passage_counts(self, article_ids: Sequence[str]) -> dict[str, int]:
        """Passages of each of these articles; articles that are not in the library are left out."""
        with self._database.read() as connection:
            return records.passage_counts(connection, article_ids)

    def article_passages(self, article_id: str) -> list[Passage]:
        """The passages of an article, in order."""
        with self._database.read() as connection:
            return records.passages_of(connection, article_id)

    def version(self, article_id: str, text_digest: str) -> str | None:
        """The cleaned text that an article had or has, by its digest."""
        with self._database.read() as connection:
            return records.version(connection, article_id, text_digest)

    # --- searching

    def search_lexical(
        self,
        words: Sequence[str],
        k: int,
        filters: Filters,
        *,
        title_weight: float = lexical.TITLE_WEIGHT,
        text_weight: float = lexical.TEXT_WEIGHT,
    ) -> list[tuple[str, float]]:
        """Ids of the k passages that match any of the words best, with BM25 (higher is better)."""
        sought = lexical.distinct(words)
        if not sought or k < 1:
            return []
        with self._database.read() as connection:
            return lexical_index(connection).search(
                connection, sought, k, self._within(filters), (title_weight, text_weight)
            )

    def mentioning(self, phrases: Sequence[str], filters: Filters) -> list[Mention]:
        """The articles that hold each of the phrases, those with all of them in the title first."""
        with self._database.read() as connection:
            return mentions.mentioning(connection, phrases, self._within(filters))

    def holding(self, terms: Sequence[str], filters: Filters) -> list[str]:
        """Ids of the articles that hold each of the terms in title, publisher, author or text."""
        with self._database.read() as connection:
            return finding.holding(connection, terms, self._within(filters))

    def words_alike(self, start: str, least: int, most: int) -> list[tuple[str, int]]:
        """Stems of the library that begin so, of `least` to `most` letters, with how many passages hold them."""
        with self._database.read() as connection:
            return mentions.alike(connection, start, least, most, self._within(Filters()))

    def search_dense(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
        """Ids of the k passages nearest to the vector, with cosine similarity, best first."""
        return self._dense.search(vector, k, self._within(filters)).hits

    def search_nearest(self, vector: Vectors, k: int, filters: Filters) -> Nearest:
        """What `search_dense` finds, with a line for the user when a part of the vectors could not be searched."""
        return self._dense.search(vector, k, self._within(filters))

    def index_state(self) -> IndexState:
        """How far the dense index is behind, and whether it answered when it was asked last; never waits."""
        return self._dense.index_state()

    def warm(self) -> None:
        """Open now what the first dense search would open (Chroma: about a second)."""
        self._dense.warm()

    def candidates(self, ids: Sequence[str]) -> dict[str, Candidate]:
        """Passages by id with their articles' heads, without scores; ids that are not in the library are left out."""
        with self._database.read() as connection:
            return records.candidates(connection, ids)

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Stored vectors by passage id; ids that are not in the library are left out."""
        with self._database.read() as connection:
            return records.passage_vectors(connection, ids)

    # --- care

    def check(self, fix: bool = False) -> tuple[Finding, ...]:
        """What is sound and what is not; with `fix`, the derived indexes are rebuilt where they are not."""
        with self._lock.held():
            return checks.check(self._database, self._dense, self._snapshots, fix=fix)

    def unsound_articles(self) -> list[str]:
        """Ids of the articles whose passages or vectors are not what they should be; none when nothing can be read."""
        try:
            with self._database.read() as connection:
                return checks.unsound_articles(connection)
        except LibraryError:
            return []

    def back_up(self, file: Path) -> Backup:
        """Write all that the library holds to one file, as it is now; others may write meanwhile."""
        return backups.back_up(self._database, file)

    def rebuild_dense(self, progress: Progress | None = None) -> None:
        """Build the dense index anew from the stored vectors; no embedding model is needed."""
        with self._lock.held():
            if not self._dense.rebuild(progress):
                raise LibraryError("The dense index cannot be rebuilt.", UNBUILT)


def _filters(
    publisher: str | None, since: date | None, until: date | None, article_ids: Sequence[str] | None
) -> Filters:
    return Filters(
        publisher=publisher,
        since=since,
        until=until,
        article_ids=None if article_ids is None else tuple(article_ids),
    )


def _check(prepared: Prepared, dimension: int) -> None:
    """Raise when an article breaks what every reader relies on."""
    article = prepared.article
    if prepared.vectors.shape != (len(prepared.passages), dimension):
        raise ValueError(
            f"Article {article.id!r}: {len(prepared.passages)} passages, vectors {prepared.vectors.shape}."
        )
    for passage in prepared.passages:
        if passage.article_id != article.id or article.text[passage.start : passage.end] != passage.text:
            raise ValueError(f"Passage {passage.id!r} does not stand in article {article.id!r} where it says.")
