"""Where the words of a search stand in the articles of a list: a sentence of each, with its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rag.schema import Article, Passage
from rag.text.extracts import best_sentence
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
        sentence = None if passage.article_id in found else _found(passage, sought)
        if sentence:
            found[passage.article_id] = sentence
    return found


def _found(passage: Passage, sought: set[str]) -> Found | None:
    span = best_sentence(passage.text, split_sentences(passage.text), sought)
    return Found(passage.text[slice(*span)], passage.start + span[0], passage.start + span[1]) if span else None
