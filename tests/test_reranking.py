"""The order of passages after reading."""

from __future__ import annotations

from rag.answering.reranking import passage_score, reranked
from rag.schema import Candidate, Passage, Reading


def candidate(name: str, score: float) -> Candidate:
    return Candidate(passage=Passage(name, name, 0, 0, 10, "Ten words."), title=name, score=score)


def reading(chance: float) -> Reading:
    return Reading(0.5, 0, 3, ((0, 10, 0.5),), ((0, 3, chance),))


def test_a_sure_short_answer_lifts_a_passage_over_one_that_was_found_as_well() -> None:
    found = [candidate("first", 0.5), candidate("second", 0.48)]
    order = reranked(found, {"first": reading(0.02), "second": reading(0.95)})
    assert [one.passage.id for one in order] == ["second", "first"]


def test_the_search_still_counts() -> None:
    found = [candidate("far", 0.1), candidate("near", 0.9)]
    order = reranked(found, {"far": reading(0.95), "near": reading(0.3)})
    assert [one.passage.id for one in order] == ["near", "far"]


def test_passages_left_unread_keep_the_order_of_the_search() -> None:
    found = [candidate("a", 0.5), candidate("b", 0.4), candidate("c", 0.3)]
    assert reranked(found, {}) == found


def test_a_reader_without_short_answers_counts_by_its_probability() -> None:
    sure, unsure = Reading(0.9), Reading(0.1)
    assert passage_score(candidate("one", 0.5), sure) > passage_score(candidate("one", 0.5), unsure)
