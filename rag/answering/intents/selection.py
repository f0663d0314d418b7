"""Which articles a request is about: those that mention a topic, of an outlet, of a time. Counts are exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.intents.understanding import Wish
from rag.answering.query.time_filter import within
from rag.library import Library
from rag.schema import Article, Filters
from rag.text.dates import day_in_words
from rag.text.words import content_words

NEAR = 0.35  # cosine from which an article is called near to a topic that no article names
MOST_NEAR = 5
LOOKED_AT = 24  # passages


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles, best first, and what they have in common in words."""

    filters: Filters
    ids: tuple[str, ...] | None = None  # None: all that the filters let through
    mentions: str = ""  # the topic as it was searched
    in_title: int = 0
    near: bool = False  # no article mentions the topic: these are only near to it in meaning

    @property
    def about(self) -> str:
        """'from Northern Ledger, published since 1 May 2022', or ''."""
        parts = [f"from {self.filters.publisher}"] if self.filters.publisher else []
        since, until = day_in_words(self.filters.since), day_in_words(self.filters.until)
        if since and until:
            parts.append(f"published {since} to {until}" if since != until else f"published on {since}")
        elif since or until:
            parts.append(f"published since {since}" if since else f"published until {until}")
        return ", ".join(parts)

    def count(self, library: Library) -> int:
        """How many articles there are."""
        if self.ids is not None:
            return len(self.ids)
        wanted = self.filters
        return library.count_articles(
            None, wanted.publisher, wanted.since, wanted.until, article_ids=wanted.article_ids
        )

    def articles(self, library: Library, limit: int) -> list[Article]:
        """The first of them: the best, or the newest where no topic orders them."""
        wanted = self.filters
        if self.ids is None:
            dated = (wanted.since, wanted.until)
            return library.articles(None, wanted.publisher, *dated, limit=limit, article_ids=wanted.article_ids)
        return [found for one in self.ids[:limit] if (found := library.article(one))]


def select(wish: Wish, library: Library, filters: Filters) -> Selection:
    """The articles that a wish is about, inside the filters that are set already."""
    wanted = within(filters, wish.period) if wish.period else filters
    if wish.outlets and not filters.publisher:
        wanted = replace(wanted, publisher=wish.outlets[0])
    if not wish.topic:
        return Selection(wanted)
    for phrases in _readings(wish.topic):
        found = library.store.mentioning(phrases, wanted)
        if found:
            ids = tuple(one.article_id for one in found)
            words = " and ".join(f"“{phrase}”" for phrase in phrases)
            return Selection(wanted, ids, words, sum(one.in_title for one in found))
    return Selection(wanted, _near(wish.topic, library, wanted), f"“{wish.topic}”", near=True)


def _readings(topic: str) -> list[list[str]]:
    """How a topic may stand in articles: as it was typed, else all its words."""
    separate = list(dict.fromkeys(content_words(topic)))
    return [[topic], *([separate] if len(separate) > 1 else [])]


def _near(topic: str, library: Library, filters: Filters) -> tuple[str, ...]:
    """The articles nearest to the topic in meaning."""
    search = library.search(LOOKED_AT, filters)
    candidates = search.retrieve(topic).candidates
    ids: Sequence[str] = [one.passage.article_id for one in candidates if (one.dense or 0.0) >= NEAR]
    return tuple(dict.fromkeys(ids))[:MOST_NEAR]
