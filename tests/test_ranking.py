"""Which sentences answer: their order, which can stand in an answer, and how many are shown."""

from __future__ import annotations

from datetime import date

import pytest
from readings import PLAIN, SURE, UNSURE, ranked, reading, window

from rag.answering.reading.ranking import LEAST, MOST, ScoredSentence, can_stand, choose, in_reading_order, rank
from rag.answering.reading.windows import Window
from rag.models.calibration import Calibration, SentenceWeights

TEXT = (
    "The tide mill of Port Ellery opened in 1890. It ground rye for the valley. The wheel was replaced in 1931. "
    "Tickets cost four euros. The mill is closed on Mondays. A bus stops at the door. The tower has four floors. "
    "Swans live on the pond."
)
MILL = window(TEXT)


def scored(*evidence: float) -> list[ScoredSentence]:
    """The sentences of the text under these logits; those that are not named are surely none."""
    return ranked((MILL, reading(MILL, [*evidence, *[-9.0] * (8 - len(evidence))])))


def shown(*evidence: float) -> list[int]:
    return [one.position for one in choose(scored(*evidence))]


def test_the_surest_sentence_comes_first_and_is_a_span_of_its_article() -> None:
    best = scored(UNSURE, 0.0, SURE)[0]
    assert best.text == "The wheel was replaced in 1931." == TEXT[slice(*best.span)]
    assert best.chance > 0.9


def test_a_sentence_that_was_read_in_two_windows_has_the_mean_of_its_scores() -> None:
    again = Window(MILL.candidate, TEXT, MILL.sentences[1][0], 1, MILL.sentences[1:4])
    once = reading(MILL, [0.0, 1.0, *[UNSURE] * 6])
    found = {one.position: one.score for one in ranked((MILL, once), (again, reading(again, [3.0, UNSURE, 0.0])))}
    assert found == {0: 0.0, 1: 2.0, 2: UNSURE, 3: UNSURE / 2, 4: UNSURE, 5: UNSURE, 6: UNSURE, 7: UNSURE}


def test_one_sure_sentence_is_shown_alone() -> None:
    assert shown(UNSURE, SURE, UNSURE) == [1]


def test_several_sure_sentences_are_shown_together_up_to_a_limit() -> None:
    assert sorted(shown(SURE, SURE, SURE)) == [0, 1, 2]
    assert len(shown(*[SURE] * 8)) == MOST


def test_where_all_are_unsure_alike_the_set_is_the_one_with_the_best_expected_f1() -> None:
    # Two of one half each: one shown has 2 * .5 / (1 + 1) = .5, two have 2 * 1 / (2 + 1) = .67.
    assert shown(0.0, 0.0) == [0, 1]
    # One sure, one of a quarter: .91 alone, .81 with it.
    assert shown(SURE, -1.1) == [0]


def test_a_further_sentence_below_the_least_chance_is_never_shown() -> None:
    made = choose(scored(*[-3.0] * 8))
    assert len(made) == 1
    assert made[0].chance < LEAST


def test_nothing_ranked_is_nothing_shown() -> None:
    assert choose([]) == []


def test_the_best_sentence_comes_first_and_the_others_as_they_stand_in_their_articles() -> None:
    storm = window("A storm broke the wheel. It was mended. The storm came from the west.", "b")
    found = ranked((MILL, reading(MILL, [1.0, -9, 3.0, -9, -9, -9, -9, -9])), (storm, reading(storm, [2.0, -9.0, 2.5])))
    order = in_reading_order(choose(found))
    assert [one.key for one in order] == [("a", 2), ("a", 0), ("b", 0), ("b", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "The mill opened in 1890.",
        "“It must go,” she said.",
        "Who would have thought so!",
        "The plan, he said, was “a draft at best”",
        "- a ticket for the ferry",
        "3) rye bread and butter",
        "Bread 4.50 Butter 3.20",
        "Opening hours: 9 to 5",
        "水車は1890年に 開き ました。",
    ],
)
def test_finished_sentences_and_rows_of_lists_can_stand(line: str) -> None:
    assert can_stand(line)


@pytest.mark.parametrize(
    "line",
    [
        "How the mill was saved",  # a heading
        "Who pays for the mill?",
        "Read more: At least 107 sheep killed in the mill",
        "Interview with a miller on stamps Wednesday, October 9, 2013",
        "9 October 2013",
        "(735 KB, PDF)",
        "Stamps of the mills of 2014",
        "Also read these stories:",
        "Read more",
        "Ines Vogt",
        "MILL TO OPEN AGAIN NEXT YEAR",
        "1. Who pays for the mill?",
        "Yes.",
    ],
)
def test_headings_questions_and_labels_never_stand(line: str) -> None:
    assert not can_stand(line)


def test_a_heading_or_a_question_is_not_ranked_however_sure_the_reader_is() -> None:
    own = window("How the mill was saved\n\nWho paid for it?\n\nThe town paid for it in 1931.")
    made = ranked((own, reading(own, [SURE + 5, SURE + 5, UNSURE])))
    assert [one.text for one in made] == ["The town paid for it in 1931."]


def test_a_sentence_that_the_reader_did_not_see_is_not_ranked() -> None:
    partly = reading(MILL, [SURE] * 8)
    cut = type(partly)(partly.answers, partly.sentences[:3])
    assert [one.position for one in ranked((MILL, cut))] == [0, 1, 2]


def test_the_window_and_the_search_count_as_the_calibration_says() -> None:
    near, far = (
        window("The mill opened in 1890.", "near", score=0.9),
        window("The mill opened in 1891.", "far", score=0.1),
    )
    read = [(near, reading(near, [0.0], answers=-1.0)), (far, reading(far, [0.0], answers=1.0))]
    windows, readings = [one for one, _ in read], [one for _, one in read]
    by_window = Calibration(sentence=SentenceWeights(evidence=0.0, answers=1.0))
    by_search = Calibration(sentence=SentenceWeights(evidence=0.0, answers=0.0, fused=1.0))
    assert rank(windows, readings, by_window)[0].window is far
    assert rank(windows, readings, by_search)[0].window is near


def test_of_sentences_that_answer_alike_the_fresh_one_comes_first_and_is_no_surer() -> None:
    old = window("The board chose Ada Lind.", "old", published=date(2021, 6, 8))
    new = window("The board chose Tom Berg.", "new", published=date(2024, 6, 9))
    fresh = Calibration(sentence=SentenceWeights(answers=0.0, fresh=0.5))
    read = [(old, reading(old, [1.0])), (new, reading(new, [1.0]))]
    first, second = ranked(*read, calibration=fresh, today=date(2024, 6, 10))
    assert first.window is new
    assert first.chance == second.chance
    assert ranked(*read, calibration=fresh)[0].window.article_id == "new"  # alike: by the name of their place


def test_an_article_that_the_conversation_quoted_comes_before_another_that_answers_alike() -> None:
    met, fresh = window("The board chose Ada Lind.", "met"), window("The board chose Tom Berg.", "fresh")
    own = Calibration(sentence=SentenceWeights(answers=0.0, told=1.0))
    windows, readings = [met, fresh], [reading(met, [1.0]), reading(fresh, [1.5])]
    assert rank(windows, readings, own)[0].window is fresh
    first, second = rank(windows, readings, own, told={"met"})
    assert first.window is met
    assert first.score - second.score == pytest.approx(0.5)


def test_equal_sentences_have_a_fixed_order() -> None:
    flat = scored(*[1.0] * 8)
    assert [one.position for one in flat] == list(range(8))
    assert PLAIN.sentence.bias == 0.0


def test_neighbours_of_the_best_sentence_keep_their_order() -> None:
    found = ranked((MILL, reading(MILL, [-9, 2.0, 3.0, -9, -9, -9, 2.5, -9])))
    assert [one.position for one in in_reading_order(choose(found))] == [1, 2, 6]
