"""What of a text to show for some words: the sentence that holds most of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rag.text.sentences import Span
from rag.text.words import stems


def best_sentence(text: str, sentences: Sequence[Span], sought: Collection[str]) -> Span | None:
    """The sentence with most of the sought stems, the first of equals; None where none holds any."""
    wanted = frozenset(sought)
    counted = [(len(wanted.intersection(stems(text[start:end]))), -start, end) for start, end in sentences]
    most, start, end = max(counted, default=(0, 0, 0))
    return (-start, end) if most else None
