"""Fusion: one ranking of two, with scores that mean something."""

from __future__ import annotations

import pytest

from rag.retrieval.fusion import LEXICAL_WEIGHT, Fused, fuse


def by_id(ranked: list[Fused]) -> dict[str, Fused]:
    return {one.id: one for one in ranked}


def test_a_passage_that_both_rankings_like_comes_first() -> None:
    ranked = fuse([("a", 9.0), ("b", 8.5), ("c", 2.0)], [("c", 0.7), ("b", 0.68), ("a", 0.2)], depth=3)
    assert ranked[0].id == "b"


def test_the_best_of_both_has_the_score_of_its_cosine() -> None:
    best = fuse([("a", 9.0), ("b", 3.0)], [("a", 0.6), ("b", 0.5)], depth=2)[0]
    assert best.id == "a"
    assert best.score == pytest.approx(0.6)


def test_scores_do_not_depend_on_the_scale_of_bm25() -> None:
    dense = [("a", 0.6), ("b", 0.5)]
    small = fuse([("b", 0.3), ("a", 0.1)], dense, depth=2)
    large = fuse([("b", 30.0), ("a", 10.0)], dense, depth=2)
    assert [one.id for one in small] == [one.id for one in large]
    assert [one.score for one in small] == pytest.approx([one.score for one in large])


def test_a_question_far_from_everything_scores_low_whatever_words_it_shares() -> None:
    far = fuse([("a", 25.0)], [("a", 0.1), ("b", 0.08)], depth=100)[0]
    near = fuse([("a", 5.0)], [("a", 0.7), ("b", 0.3)], depth=100)[0]
    assert far.score < 0.2 < near.score


def test_without_words_the_score_is_the_cosine() -> None:
    assert [(one.id, one.score) for one in fuse([], [("a", 0.4), ("b", 0.3)], depth=9)] == [("a", 0.4), ("b", 0.3)]


def test_without_a_dense_ranking_the_words_order_the_passages() -> None:
    ranked = fuse([("a", 4.0), ("b", 2.0)], [], depth=9)
    assert [one.id for one in ranked] == ["a", "b"]
    assert ranked[0].score > ranked[1].score > 0
    assert ranked[0].dense is None


def test_words_still_order_when_no_cosine_is_positive() -> None:
    ranked = fuse([("a", 4.0), ("b", 1.0)], [("b", -0.05), ("a", -0.05)], depth=9)
    assert [one.id for one in ranked] == ["a", "b"]
    assert all(0 <= one.score <= 1 for one in ranked)


def test_a_passage_that_only_its_words_found_counts_as_near_as_the_worst_of_the_dense_ranking() -> None:
    ranked = by_id(fuse([("a", 5.0), ("b", 5.0)], [("a", 0.6), ("c", 0.3)], depth=2))
    assert ranked["a"].score - ranked["b"].score == pytest.approx((1 - LEXICAL_WEIGHT) * (0.6 - 0.3))
    assert (ranked["b"].dense, ranked["b"].lexical) == (None, 5.0)


def test_an_unreturned_bm25_counts_less_than_the_worst_returned() -> None:
    full = by_id(fuse([("a", 9.0), ("b", 6.0)], [("c", 0.5), ("b", 0.5), ("a", 0.5)], depth=2))
    assert full["b"].score > full["c"].score
    assert full["c"].lexical is None


def test_a_short_lexical_list_means_that_the_others_hold_no_word() -> None:
    dense = [("c", 0.5), ("b", 0.5), ("a", 0.5)]
    full = by_id(fuse([("a", 9.0), ("b", 6.0)], dense, depth=2))
    short = by_id(fuse([("a", 9.0), ("b", 6.0)], dense, depth=3))
    assert short["c"].score < full["c"].score


def test_nothing_found_is_an_empty_ranking() -> None:
    assert fuse([], [], depth=10) == []
