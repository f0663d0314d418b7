"""What replies need of a library."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from rag.retrieval.hybrid import SearchableStore
from rag.schema import Article, Embedder, Filters, OtherSource
from rag.store.store import Known, Mention, Order


class IntentStore(SearchableStore, Protocol):
    """Search, and what is known of articles and words."""

    def mentioning(self, phrases: Sequence[str], filters: Filters) -> list[Mention]:
        """The articles that hold each of the phrases."""
        ...

    def words_alike(self, start: str, least: int, most: int) -> list[tuple[str, int]]:
        """Stems of the library that begin so, with how many passages hold them."""
        ...

    def known(self, article_id: str) -> Known | None:
        """What is known of an article, in brief."""
        ...


class Collection(Protocol):
    """A library as its own questions see it."""

    @property
    def store(self) -> IntentStore:
        """The store."""
        ...

    @property
    def embedder(self) -> Embedder:
        """The model that made the vectors."""
        ...

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
        """Articles in this order."""
        ...

    def count_articles(
        self,
        query: str | None = None,
        publisher: str | None = None,
        since: date | None = None,
        until: date | None = None,
        *,
        article_ids: Sequence[str] | None = None,
    ) -> int:
        """How many there are."""
        ...

    def publishers(self) -> list[tuple[str, int]]:
        """Publishers with their number of articles, most first."""
        ...

    def article(self, article_id: str) -> Article | None:
        """An article with its whole text."""
        ...

    def sources(self, article_id: str) -> tuple[OtherSource, ...]:
        """Who else has published it."""
        ...
