"""Where the words of a search stand in the articles of a list: a sentence of each, with its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rag.schema import Article, Passage
from rag.text.sentences import split_sentences
from rag.text.terms import terms
from rag.text.words import stems

if TYPE_CHECKING:
    from rag.library import Library

PASSAGES = 5  # looked at for each article


class Found(NamedTuple):
    """A sentence that holds words of the search, and its place in its article."""

    text: str
    start: int
    end: int


def found_sentences(library: Library, query: str, articles: Sequence[Article]) -> dict[str, Found]:
    """A sentence of each article, by its id; none where only title or names hold the words."""
    if not query or not articles:
        return {}
    sought = {stem for term in terms(query) for stem in stems(term)}
    ids = [one.id for one in articles]
    found: dict[str, Found] = {}
    for passage in library.passages_holding(query, ids, PASSAGES * len(ids)):
        sentence = None if passage.article_id in found else _best_sentence(passage, sought)
        if sentence:
            found[passage.article_id] = sentence
    return found


def _best_sentence(passage: Passage, sought: set[str]) -> Found | None:
    """The sentence with most of the words, the first of equals."""
    counted = [(len(sought.intersection(stems(passage.text[a:b]))), -a, b) for a, b in split_sentences(passage.text)]
    most, start, end = max(counted, default=(0, 0, 0))
    if not most:
        return None
    return Found(passage.text[-start:end], passage.start - start, passage.start + end)
