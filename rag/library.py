"""The library: articles that can be added, listed, searched and removed. The face of store, ingest and retrieval.

library = Library.open("path/to/library")
report = library.add(["corpus/"])
documents = library.retriever(k=8).invoke("what did the US say about the visit?")
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rag.config import Settings, load_settings
from rag.forks import RenewedLock
from rag.models.embedder import embedder_identity, load_embedder
from rag.schema import (
    AddReport,
    Article,
    Embedder,
    Filters,
    Finding,
    OtherSource,
    Passage,
    Progress,
    Rights,
    SyncReport,
)
from rag.store.backups import Backup
from rag.store.dense import BUILT_BY_SEARCH
from rag.store.dense_search import IndexState
from rag.store.feeds import Feed
from rag.store.grants import GrantTable
from rag.store.restricted import RestrictedStore, contributing, restricted
from rag.store.store import Order, Snapshot, Store
from rag.text.terms import terms

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from rag.ingest.subscriptions import Subscriber
    from rag.ingest.work import Worker
    from rag.retrieval.hybrid import HybridSearch
    from rag.retrieval.retriever import ArticleRetriever, Rerank
    from rag.store.access import DeedTable, TokenTable
    from rag.store.collections import CollectionTable
    from rag.store.conversations import ConversationTable
    from rag.store.feedback import FeedbackTable
    from rag.store.moves import MoveProgress

Source = str | Path | Article

# A program that asks once and ends searches libraries up to this size exactly: reading 20,000 vectors takes 60 ms,
# importing chromadb and opening the index 800.
ONE_SHOT_EXACT = 20_000


@dataclass(frozen=True, slots=True)
class Stats:
    """How much the library holds."""

    articles: int
    passages: int
    generation: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move has carried over."""

    articles: int
    passages: int
    conversations: int
    indexed: bool  # whether the index of meanings could be brought up to date


class Library:
    """One library on disk. Made by `Library.open`; safe to use from many threads."""

    def __init__(self, store: Store, settings: Settings, *, one_shot: bool = False) -> None:
        self.store = store
        self.settings = settings
        self._one_shot = one_shot
        self._base: Library | None = None  # of a restricted library: the one that it is a view of
        self._embedder: Embedder | None = None
        self._embedder_lock = RenewedLock()

    @classmethod
    def open(
        cls, path: str | Path | None = None, *, settings: Settings | None = None, one_shot: bool = False
    ) -> Library:
        """The library in the folder `path` (or the one of the settings), made when missing.

        `one_shot` suits a program that asks once and ends: a small library is then searched without starting Chroma.
        """
        settings = settings or load_settings()
        if path is not None:
            settings = settings.model_copy(update={"library": Path(path)})
        fingerprint, dimension = embedder_identity(settings.embedder)
        store = Store.open(
            settings.library,
            fingerprint=fingerprint,
            dimension=dimension,
            database=settings.database.get_secret_value(),
            lock_timeout=settings.lock_timeout_s,
            exact_limit=ONE_SHOT_EXACT if one_shot else 0,
            chroma=settings.chroma_servers,
            chroma_token=settings.chroma_token.get_secret_value(),
        )
        return cls(store, settings, one_shot=one_shot)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy (`deepcopy`, `pickle`, another process) is the same library opened again."""
        settings = self.settings.model_copy(update={"library": self.store.folder})
        reopen = partial(Library.open, settings=settings, one_shot=self._one_shot)
        if isinstance(self.store, RestrictedStore):
            return _reopened, (reopen, self.store.rights, self.store.owner)
        return reopen, ()

    def close(self) -> None:
        """Let go of the library's files."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- collect

    def add(
        self,
        sources: Source | Iterable[Source],
        *,
        progress: Callable[[Progress], None] | None = None,
        fields: Mapping[str, str] | None = None,
        collection: str | None = None,
    ) -> AddReport:
        """Add files, folders, addresses and articles; what became of each. A failure does not stop the others.

        `fields` names the columns of JSON and CSV files where their names do not tell: {"text": "story"}. What the
        sources hold is in `collection` then, also what was in the library already.
        """
        from rag.ingest.pipeline import add_sources

        several = [sources] if isinstance(sources, str | Path | Article) else list(sources)
        if collection is None:
            return add_sources(self.store, self._load_embedder, several, progress=progress, fields=fields)
        store = contributing(self.store, collection)
        report = add_sources(store, self._load_embedder, several, progress=progress, fields=fields, space=store.space)
        store.collect(str(one) for one in (*report.unchanged, *report.duplicates))
        return report

    @contextmanager
    def embedding_on(self, cluster: str) -> Iterator[None]:
        """What is added inside the block is embedded on a Ray cluster: "local" (all cores), or "ray://host:10001".

        The machines of the cluster need the same version of this package.
        """
        from rag.models.cluster import ClusterEmbedder, check_address

        check_address(cluster)
        near = self._load_embedder()
        self._embedder = away = ClusterEmbedder(self.settings.embedder, near, cluster)
        try:
            yield
        finally:
            self._embedder = near
            away.close()

    def restricted(self, rights: Rights, owner: str | None = None) -> Library:
        """The library as somebody with these rights sees it, over the same files and models: what he or she may not
        read is not there. Its conversations are those of `owner`."""
        view = Library.__new__(Library)
        vars(view).update(vars(self) | {"store": restricted(self.store, rights, owner), "_base": self})
        return view

    def add_feed(
        self, url: str, *, limit: int | None = None, progress: Callable[[Progress], None] | None = None
    ) -> AddReport:
        """Add the entries of an RSS, Atom or JSON feed that are new since the last visit; what became of each.

        An entry's own text is taken when it is the whole article, else its page. `limit` bounds how many are added now.
        """
        return self._subscriber(progress).add_feed(url, limit=limit)

    def add_sitemap(
        self, url: str, *, limit: int = 100, progress: Callable[[Progress], None] | None = None
    ) -> AddReport:
        """Add at most `limit` pages of a site map (or an index of them) that are new since the last visit, newest
        first."""
        return self._subscriber(progress).add_sitemap(url, limit=limit)

    def feeds(self) -> list[Feed]:
        """The feeds and site maps that were visited, with when and how many entries were taken."""
        return self.store.feeds.all()

    def forget_feed(self, url: str) -> bool:
        """Forget what was taken from a feed, so that a visit begins anew; its articles stay."""
        return self.store.feeds.forget(url)

    def sync(self, folder: str | Path, *, progress: Callable[[Progress], None] | None = None) -> SyncReport:
        """Add what is new or changed in a folder, and remove what an earlier sync of it added and is gone from it."""
        from rag.ingest.sync import sync_folder

        return sync_folder(self.store, self._load_embedder, folder, progress=progress)

    def watch(
        self, folder: str | Path, changed: Callable[[], object], stop: threading.Event, *, poll: bool = False
    ) -> None:
        """Call `changed` (such as `lambda: library.sync(folder)`) at once and after each change in the folder, until
        `stop` is set."""
        from rag.ingest.watch import watch_folder

        watch_folder(folder, changed, stop, poll=poll)

    @contextmanager
    def working(self, tell: Callable[[str], None], *, feeds_every: timedelta | None = None) -> Iterator[Worker]:
        """What `rag work` does: call `round()` of what this gives again and again.

        Each round brings the index up to date and fetches the feeds that were not visited for `feeds_every` (None: no
        feeds). `tell` gets lines of progress. Several processes may work on one library: nothing is done twice.
        """
        from rag.ingest.work import working

        with working(self.store, self._load_embedder, tell, every=feeds_every) as worker:
            yield worker

    def _subscriber(self, progress: Callable[[Progress], None] | None) -> Subscriber:
        from rag.ingest.subscriptions import Subscriber
        from rag.ingest.web import Fetcher

        return Subscriber(self.store, self._load_embedder, Fetcher(), progress)

    def remove(self, article_id: str) -> bool:
        """Remove an article with all that came from it; whether there was one."""
        return self.store.remove(str(article_id))

    def snapshot(self, article_id: str) -> Snapshot | None:
        """All that the library holds of an article, so that its removal can be undone; None when it holds none."""
        return self.store.snapshot(str(article_id))

    def restore(self, snapshot: Snapshot) -> None:
        """Put a removed article back as it was."""
        self.store.restore(snapshot)

    def edit(self, article_id: str, **changes: str | date | None) -> Article:
        """The article with another title, publisher, author, published or url; its text and citations stay."""
        from rag.ingest.editing import edit_article

        return edit_article(self.store, self._load_embedder, str(article_id), changes)

    # --- look

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
        """Articles, newest first unless ordered otherwise. Each word of `query` must stand in title, publisher or
        author."""
        return self.store.articles(query, publisher, since, until, limit, offset, order=order, article_ids=article_ids)

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
        return self.store.count_articles(query, publisher, since, until, article_ids=article_ids)

    def holding(self, query: str, filters: Filters | None = None) -> list[str]:
        """Ids of the articles that hold each word of the query, and each "phrase" in quotation marks, in title,
        publisher, author or text."""
        return self.store.holding(terms(query), filters or Filters())

    def passages_holding(self, query: str, article_ids: Sequence[str], k: int) -> list[Passage]:
        """The k passages of these articles that the words of the query fit best, best first."""
        filters = Filters(article_ids=tuple(article_ids))
        hits = self.store.search_lexical(terms(query), k, filters, title_weight=0.0)
        known = self.store.candidates([passage_id for passage_id, _ in hits])
        return [known[passage_id].passage for passage_id, _ in hits if passage_id in known]

    def passage_counts(self, article_ids: Sequence[str]) -> dict[str, int]:
        """Passages of each of these articles."""
        return self.store.passage_counts(article_ids)

    def passages(self, article_id: str) -> list[Passage]:
        """The passages of an article, in order."""
        return self.store.article_passages(str(article_id))

    def publishers(self) -> list[tuple[str, int]]:
        """Publishers with their number of articles, most articles first."""
        return self.store.publishers()

    def article(self, article_id: str, *, version: str | None = None) -> Article | None:
        """The article with this id, None when the library does not hold it.

        `version` (of a citation) opens the text that the article had then, None when it never had that one.
        """
        with self.store.reading():
            article = self.store.article(str(article_id))
            if article is None or not version:
                return article
            text = self.store.version(str(article_id), version)
        return None if text is None else replace(article, text=text)

    def sources(self, article_id: str) -> tuple[OtherSource, ...]:
        """Who else has published the article: its syndicated copies, which count as one story with it."""
        from rag.retrieval.sources import distinct

        article = self.store.article(str(article_id))
        return distinct(article.publisher, article.url, self.store.copies([article.id])) if article else ()

    def stats(self) -> Stats:
        """How much the library holds."""
        with self.store.reading():
            return Stats(self.store.count_articles(), self.store.count_passages(), self.store.generation())

    def index_state(self) -> IndexState:
        """How many passages the dense index lacks, and whether it answered when it was asked last; never waits."""
        return self.store.index_state()

    @property
    def generation(self) -> int:
        """A number that grows with each change of the library, by this or another process."""
        return self.store.generation()

    # --- kept beside the articles

    @property
    def conversations(self) -> ConversationTable:
        """Conversations with their answers."""
        return self.store.conversations

    @property
    def collections(self) -> CollectionTable:
        """Named collections of articles."""
        return self.store.collections

    @property
    def feedback(self) -> FeedbackTable:
        """What users said of answers."""
        return self.store.feedback

    @property
    def tokens(self) -> TokenTable:
        """Personal tokens of those who may ask and add through a server."""
        return self.store.tokens

    @property
    def grants(self) -> GrantTable:
        """Who may read and write which collections of a served library."""
        return self.store.grants

    @property
    def deeds(self) -> DeedTable:
        """What was done with tokens."""
        return self.store.deeds

    # --- find

    def search(self, k: int = 8, filters: Filters | None = None) -> HybridSearch:
        """The search by words and by meaning, without LangChain: `library.search(k=3).candidates(question)`."""
        from rag.retrieval.hybrid import HybridSearch

        return HybridSearch(self.store, self._load_embedder, k=k, filters=filters)

    def retriever(
        self,
        k: int = 8,
        *,
        publisher: str | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
        article_ids: Iterable[str] | None = None,
        rerank: bool = False,
    ) -> ArticleRetriever:
        """A LangChain retriever over the library, narrowed to publisher, days or articles.

        With `rerank`, the reader of the settings reads what the search found and puts it in order: better first
        passages, for the time of reading twelve windows, or `settings.reader_windows` where that is more. The reader is
        loaded at the first question.
        """
        from rag.retrieval.filters import make_filters
        from rag.retrieval.retriever import build_retriever

        filters = make_filters(publisher=publisher, since=since, until=until, article_ids=article_ids)
        return build_retriever(
            self.store, self._load_embedder, k=k, filters=filters, rerank=self._reranker() if rerank else None
        )

    def _reranker(self) -> Rerank:
        from rag.answering.reading.looking import Reranker

        return Reranker(self, self.settings)

    def tool(
        self,
        k: int = 8,
        *,
        publisher: str | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
        article_ids: Iterable[str] | None = None,
        name: str | None = None,
        description: str | None = None,
    ) -> BaseTool:
        """The library as a tool of a LangChain agent, narrowed like `retriever`.

        Its content is text for the model, passages with their numbers; its artifact is the same as `Citation`s.
        """
        from rag.retrieval.tool import DESCRIPTION, NAME, build_tool

        retriever = self.retriever(k, publisher=publisher, since=since, until=until, article_ids=article_ids)
        return build_tool(retriever.search, name=name or NAME, description=description or DESCRIPTION)

    @property
    def embedder(self) -> Embedder:
        """The embedding model, loaded at first use."""
        return self._load_embedder()

    def _load_embedder(self) -> Embedder:
        if self._base is not None:
            return self._base.embedder
        with self._embedder_lock:
            if self._embedder is None:
                self._embedder = load_embedder(self.settings.embedder)
            return self._embedder

    def warm(self) -> None:
        """Load now what the first question would load: embedding model and dense index."""
        self.embedder.embed_query("warm up")
        self.store.warm()

    # --- care

    def check(self, fix: bool = False) -> tuple[Finding, ...]:
        """What `rag doctor` prints: findings with severity, message and mend.

        `fix` rebuilds the indexes, and makes passages and vectors anew from the stored texts where they are lost.
        """
        mended: tuple[Finding, ...] = ()
        if fix and (unsound := self.store.unsound_articles()):
            from rag.ingest.mending import remake

            count = remake(self.store, self._load_embedder, unsound)
            mended = (Finding("warning", f"Passages and vectors of {count} articles were damaged; made anew."),)
        return mended + self.store.check(fix)

    def backup(self, file: str | Path) -> Backup:
        """Write all that the library holds to one file, as it is now; others may read and write meanwhile."""
        return self.store.back_up(Path(file))

    @staticmethod
    def restore_backup(
        file: str | Path, path: str | Path | None = None, *, settings: Settings | None = None
    ) -> Path | None:
        """Make the library in the folder `path` (or the one of the settings, file or PostgreSQL) what the backup holds.

        The backup is checked before it replaces anything. Returned: where the library that it replaces was kept.
        """
        from rag.store import backups

        settings = settings or load_settings()
        folder = settings.library if path is None else Path(path)
        fingerprint, dimension = embedder_identity(settings.embedder)
        kept = backups.restore(
            Path(file),
            folder,
            fingerprint=fingerprint,
            dimension=dimension,
            database=settings.database.get_secret_value(),
            lock_timeout=settings.lock_timeout_s,
        )
        with Library.open(folder, settings=settings) as library:
            if library.stats().passages > BUILT_BY_SEARCH:  # the first search builds the index of a smaller one
                library.store.rebuild_dense()
        return kept

    @staticmethod
    def move(
        source: Settings,
        target: Settings,
        *,
        progress: Callable[[MoveProgress], object] = lambda _far: None,
        tell: Callable[[str], None] = lambda _line: None,
    ) -> Moved:
        """Make the library of the `target` settings what that of the `source` settings holds, which stays as it is.

        The target holds nothing yet, or this move, which was interrupted: then it goes on where it stopped. All rows
        are compared before the target can be opened. What comes to the source meanwhile is not taken. `tell` gets lines
        about the index of meanings.
        """
        from rag.store import moves
        from rag.store.backends import backend_for

        folder = target.library.expanduser().absolute()
        here = backend_for(source.library.expanduser().absolute(), source.database.get_secret_value())
        there = backend_for(folder, target.database.get_secret_value())
        fingerprint, dimension = embedder_identity(source.embedder)
        wait = target.lock_timeout_s
        moves.carry(here, there, folder, fingerprint=fingerprint, dimension=dimension, lock_timeout=wait, tell=progress)
        progress(moves.MoveProgress("indexing the meanings"))
        with Library.open(settings=target) as library, library.store.following(tell) as once:
            indexed = once()
        return Moved(*moves.end(there, folder, lock_timeout=wait), indexed)


def _reopened(reopen: Callable[[], Library], rights: Rights, owner: str | None) -> Library:
    return reopen().restricted(rights, owner)
