"""The lexical index as the store sees it. Each database has its own, which changes with the passages it describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from sqlalchemy import Connection

from rag.schema import Filters

# Weight of a word in the title against one in the passage; the retriever may pass others.
TITLE_WEIGHT = 2.0
TEXT_WEIGHT = 1.0
MAX_WORDS = 64  # distinct words of one query: a pasted page instead of a question stays quick

Field = Literal["title", "text"]
Weights = tuple[float, float]  # of a word in the title, of one in the text


class LexicalIndex(Protocol):
    """Which passages hold which words. Words match in all their forms, whatever their case and accents.

    Everything happens inside the given transaction.
    """

    def create(self, connection: Connection, /) -> None:
        """Make the empty index."""
        ...

    def add(self, connection: Connection, article: int, /) -> None:
        """Index the passages of an article that has just been inserted."""
        ...

    def remove(self, connection: Connection, article: int, /) -> None:
        """Take the passages of an article out, before its rows are deleted or changed."""
        ...

    def search(
        self, connection: Connection, words: Sequence[str], k: int, filters: Filters, weights: Weights, /
    ) -> list[tuple[str, float]]:
        """Ids of the k passages that match any of the words best, with BM25 (higher is better)."""
        ...

    def holding(self, connection: Connection, phrase: str, field: Field, filters: Filters, /) -> dict[str, int]:
        """How many passages of each article hold the phrase in this field, by article id."""
        ...

    def alike(
        self, connection: Connection, start: str, least: int, most: int, limit: int, filters: Filters, /
    ) -> list[tuple[str, int]]:
        """Stems that begin so and have that many letters, those of most passages first, with how many hold them."""
        ...

    def agrees(self, connection: Connection, /) -> bool:
        """Whether the index says what the passages say."""
        ...

    def rebuild(self, connection: Connection, seen: Callable[[int], object] | None = None, /) -> None:
        """Make the index anew from the passages; `seen` is told how many are done, where that takes long."""
        ...


def distinct(words: Sequence[str]) -> list[str]:
    """The words that can be sought, each once and not too many."""
    plain = dict.fromkeys(word.replace("\0", " ") for word in words)
    return [word for word in list(plain)[:MAX_WORDS] if any(c.isalnum() for c in word)]


def rarest(counts: Mapping[str, int], k: int, most: int) -> tuple[list[str], list[str]]:
    """The rarest words, which occur 2 k times at least and `most` times if that is enough, and the others, rare first.

    `counts` tells in how many passages each word stands.
    """
    held = sorted((count, place, word) for place, (word, count) in enumerate(counts.items()) if count)
    rare: list[str] = []
    occurrences = 0
    for count, _, word in held:
        if occurrences >= 2 * k and occurrences + count > most:
            break
        occurrences += count
        rare.append(word)
    return rare, [word for _, _, word in held[len(rare) :]]
