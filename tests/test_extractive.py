"""The answer in the articles' own words: verbatim quotations with citations, speakers, short answer, verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from readings import PLAIN, SURE, UNSURE, candidate, place, ranked, reading, window

from rag.answering.extractive.answer import CLOSEST, MOST_COPIES, Draft, closest, corrections, draft
from rag.answering.reading.windows import Window
from rag.schema import WindowReading

TEXT = (
    "The tide mill of Port Ellery opened in 1890. It ground rye for the valley. The wheel was replaced in 1931. "
    "“Without it there would be no town,” said Ines Vogt. Tickets cost four euros."
)
MILL = window(TEXT)
OFF = [UNSURE] * 5


def evidence(*sure: int) -> list[float]:
    return [SURE if number in sure else UNSURE for number in range(5)]


def drafted(*read: tuple[Window, WindowReading], **changes: float) -> Draft:
    calibration = replace(PLAIN, **changes)
    return draft(ranked(*read, calibration=calibration), calibration)


def texts(made: Draft) -> list[str]:
    return [one.text for one in made.sentences]


def test_every_sentence_is_a_span_of_its_article_and_its_citation_says_where() -> None:
    made = drafted((MILL, reading(MILL, evidence(0, 2))))
    assert texts(made) == ["The tide mill of Port Ellery opened in 1890.", "The wheel was replaced in 1931."]
    for sentence in made.sentences:
        (cited,) = sentence.citations
        assert TEXT[cited.start : cited.end] == cited.quote == sentence.text
        assert sentence.verified


def test_the_surest_sentence_comes_before_those_that_are_no_neighbours_of_it() -> None:
    made = drafted((MILL, reading(MILL, [2.0, UNSURE, UNSURE, UNSURE, SURE])))
    assert texts(made) == ["Tickets cost four euros.", "The tide mill of Port Ellery opened in 1890."]
    assert made.sentences[0].support > made.sentences[1].support


def test_a_sentence_that_needs_another_is_quoted_with_it_as_one_run_under_one_citation() -> None:
    heads = {1: {"needs": 3.0}, 0: {"forerunner": 3.0}}
    made = drafted((MILL, reading(MILL, evidence(1), heads)))
    assert texts(made) == ["The tide mill of Port Ellery opened in 1890. It ground rye for the valley."]
    (cited,) = made.sentences[0].citations
    assert (cited.start, cited.quote) == (0, made.sentences[0].text)


def test_the_run_goes_back_to_the_forerunner_that_the_reader_names() -> None:
    near = {2: {"needs": 3.0}, 1: {"forerunner": 3.0}, 0: {"forerunner": -3.0}}
    far = {2: {"needs": 3.0}, 1: {"forerunner": -3.0}, 0: {"forerunner": 3.0}}
    assert texts(drafted((MILL, reading(MILL, evidence(2), near))))[0].startswith("It ground rye")
    assert texts(drafted((MILL, reading(MILL, evidence(2), far))))[0].startswith("The tide mill")


def test_a_forerunner_is_not_quoted_where_none_is_needed_or_it_is_shown_already() -> None:
    free = {1: {"needs": -3.0}, 0: {"forerunner": 3.0}}
    assert texts(drafted((MILL, reading(MILL, evidence(1), free)))) == ["It ground rye for the valley."]
    bound = {1: {"needs": 3.0}, 0: {"forerunner": 3.0}}
    assert texts(drafted((MILL, reading(MILL, evidence(0, 1), bound)))) == [
        "The tide mill of Port Ellery opened in 1890.", "It ground rye for the valley."
    ]  # fmt: skip


def test_the_first_sentence_of_a_window_needs_nothing_before_it() -> None:
    heads = {0: {"needs": 9.0}}
    assert texts(drafted((MILL, reading(MILL, evidence(0), heads)))) == [TEXT[: MILL.sentences[0][1]]]


def test_a_forerunner_too_far_back_is_not_quoted_for() -> None:
    heads = {4: {"needs": 3.0}, 0: {"forerunner": 9.0}, 3: {"forerunner": 1.0}}
    (text,) = texts(drafted((MILL, reading(MILL, evidence(4), heads))))
    assert text.startswith("“Without it")


COPIES = [
    window(f"Old news. The tide mill of Port Ellery opened in 1890{extra}.", name)
    for name, extra in (("b", ""), ("c", ", records show"), ("d", ""), ("e", ""))
]


def test_the_same_fact_in_other_articles_is_cited_beside_it_and_not_said_twice() -> None:
    made = drafted((MILL, reading(MILL, evidence(0))), *((one, reading(one, [UNSURE, SURE - 1])) for one in COPIES[:2]))
    assert texts(made) == ["The tide mill of Port Ellery opened in 1890."]
    assert [cited.article_id for cited in made.sentences[0].citations] == ["a", "b", "c"]
    assert made.sentences[0].citations[2].quote == "The tide mill of Port Ellery opened in 1890, records show."


def test_no_more_copies_are_cited_than_help() -> None:
    made = drafted((MILL, reading(MILL, evidence(0))), *((one, reading(one, [UNSURE, SURE - 1])) for one in COPIES))
    assert len(made.sentences[0].citations) == 1 + MOST_COPIES


def test_a_fact_said_twice_in_one_article_is_cited_once() -> None:
    own = window("The mill opened in 1890. Rain fell. The mill opened in 1890.")
    made = drafted((own, reading(own, [SURE, UNSURE, SURE])))
    assert texts(made) == ["The mill opened in 1890."]
    assert len(made.sentences[0].citations) == 1


def test_another_figure_is_not_the_same_fact() -> None:
    other = window("Nine people of Port Ellery died in the cold winter storm.", "b")
    one = window("Some forty people drowned off Norrvik when the ferry sank.", "a")
    made = drafted((one, reading(one, [SURE])), (other, reading(other, [SURE])))
    assert len(made.sentences) == 2


def test_the_short_answer_is_verbatim_in_a_shown_sentence() -> None:
    heads = {0: {"short": place(MILL, "1890", 4.0)}}
    made = drafted((MILL, reading(MILL, evidence(0), heads)))
    assert made.short == "1890"
    assert made.short in made.sentences[0].text


def test_a_short_answer_of_a_sentence_that_is_not_shown_is_not_given() -> None:
    heads = {2: {"short": place(MILL, "1931", 9.0)}}
    assert drafted((MILL, reading(MILL, evidence(0), heads))).short is None


def test_the_short_answer_is_the_best_sentences_and_none_below_the_threshold() -> None:
    heads = {0: {"short": place(MILL, "1890", 3.0)}, 2: {"short": place(MILL, "1931", 2.5)}}
    sure = [SURE - 0.5, UNSURE, SURE, *[UNSURE] * (len(MILL.sentences) - 3)]
    read = (MILL, reading(MILL, sure, heads))
    assert drafted(read, short_from=0.9).short == "1931"
    assert drafted(read, short_from=0.95).short is None


def test_the_speaker_is_named_where_the_name_stands_in_the_sentence_or_just_before() -> None:
    said = reading(MILL, evidence(3), speaker=place(MILL, "Ines Vogt", 2.0))
    assert drafted((MILL, said)).speakers == ("Ines Vogt",)
    after = reading(MILL, evidence(4), speaker=place(MILL, "Ines Vogt", 2.0))
    assert drafted((MILL, after)).speakers == ("Ines Vogt",)


@pytest.mark.parametrize(("number", "margin"), [(0, 2.0), (3, -2.0)])
def test_nobody_is_named_for_a_sentence_far_from_the_name_or_where_the_reader_is_unsure(
    number: int, margin: float
) -> None:
    read = reading(MILL, evidence(number), speaker=place(MILL, "Ines Vogt", margin))
    assert drafted((MILL, read)).speakers == (None,)


@pytest.mark.parametrize(
    ("logits", "verdict"),
    [
        ((2.0, 0.0, 0.0), "yes"),
        ((0.0, 2.0, 0.0), "no"),
        ((0.0, 0.0, 2.0), "unclear"),
        ((0.9, 0.0, 0.0), None),
        ((), None),
    ],
)
def test_the_verdict_is_that_of_the_best_sentence_where_the_reader_is_sure(
    logits: tuple[float, ...], verdict: str | None
) -> None:
    other = window("A storm broke the wheel of the mill.", "b")
    best = (MILL, reading(MILL, evidence(0), verdict=logits))
    second = (other, reading(other, [1.0], verdict=(9.0, 0.0, 0.0)))
    assert drafted(best, second, verdict_from=1.0).verdict == verdict


def test_nothing_ranked_is_an_empty_draft() -> None:
    assert draft([], PLAIN) == Draft()


def test_the_nearest_passages_are_numbered_and_those_that_changed_are_left_out() -> None:
    found = [candidate("One says this.", "a"), candidate("Two say that.", "b"), candidate("Three say more.", "c"),
             candidate("Four say nothing.", "d"), candidate("Five are gone.", "e")]  # fmt: skip
    held = {one.passage.article_id: one.passage.text for one in found} | {"a": "Now it says more.", "b": None}
    places = closest(found, held.get)
    assert [(one.number, one.article_id) for one in places] == [(1, "c"), (2, "d"), (3, "e")]
    assert len(closest(found, {one.passage.article_id: one.passage.text for one in found}.get)) == CLOSEST


def test_the_sentence_that_contradicts_the_premise_is_cited_where_the_reader_is_sure() -> None:
    heads = {2: {"corrects": 3.0}, 0: {"corrects": 1.0}}
    found = ranked((MILL, reading(MILL, OFF, heads)))
    (cited,) = corrections(found, replace(PLAIN, corrects_from=2.0))
    assert (cited.number, cited.quote) == (1, "The wheel was replaced in 1931.")
    assert corrections(found, replace(PLAIN, corrects_from=4.0)) == ()
    assert corrections([], PLAIN) == ()
