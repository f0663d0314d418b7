"""Passages in the order of what was read in them."""

from __future__ import annotations

from collections.abc import Sequence

from readings import PLAIN, SURE, UNSURE, candidate, ranked, reading, window

from rag.answering.reading.looking import by_reading, reranked
from rag.answering.reading.readers import Choice
from rag.schema import Candidate, Reading
from rag.text.sentences import split_sentences

FIRST = "The mill opened in 1890. It ground rye."
SECOND = "The mill closed in 1931. Swans live there."


def found() -> list[Candidate]:
    return [candidate(FIRST, "first"), candidate(SECOND, "second"), candidate("Third is unread.", "third")]


def names(candidates: Sequence[Candidate]) -> list[str]:
    return [one.passage.article_id for one in candidates]


def test_the_passage_with_the_surest_sentence_comes_first() -> None:
    one, two = window(FIRST, "first"), window(SECOND, "second")
    order = by_reading(found(), ranked((one, reading(one, [UNSURE] * 2)), (two, reading(two, [UNSURE, SURE]))))
    assert names(order) == ["second", "first", "third"]


def test_a_sentence_lifts_only_the_passage_that_it_stands_in() -> None:
    whole = window(FIRST + " " + SECOND, "first")
    parts = [candidate(whole.article, "first", 0, len(FIRST)), candidate(whole.article, "first", len(FIRST) + 1)]
    order = by_reading(parts, ranked((whole, reading(whole, [UNSURE, UNSURE, SURE, UNSURE]))))
    assert [one.passage.text for one in order] == [SECOND, FIRST]


def test_what_was_not_read_keeps_the_order_of_the_search() -> None:
    assert by_reading(found(), []) == found()


def test_passages_are_reranked_with_any_reader() -> None:
    class Swans:
        name = "swans"

        def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
            return [
                Reading(
                    0.5, sentences=tuple((a, b, 0.9 if "Swans" in text[a:b] else 0.1) for a, b in split_sentences(text))
                )
                for text in passages
            ]

    texts = {"first": FIRST, "second": SECOND}
    assert names(reranked("What lives there?", found(), Choice(Swans(), PLAIN), texts.get, 10))[0] == "second"
