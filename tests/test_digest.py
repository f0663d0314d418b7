"""The best sentences read side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from readings import PLAIN, ranked, reading, window

from rag.answering.query.analysis import analyse
from rag.answering.query.rewrite import Rewritten
from rag.answering.reading.looking import Look, both
from rag.answering.reading.ranking import compared
from rag.answering.reading.readers import Choice
from rag.answering.reading.windows import LONGEST_DIGEST, digest
from rag.models.calibration import Calibration, SentenceWeights, TogetherWeights
from rag.schema import Candidate, Reading, SentenceReading, WindowReading
from rag.text.sentences import split_sentences

TEXT = "The mill of Port Ellery opened in 1890. It ground rye for the valley. Tickets for the mill cost four euros."
BESIDE = replace(PLAIN, together=TogetherWeights(score=0.5, evidence=1.0))


def test_a_digest_holds_sentences_in_the_order_of_their_article() -> None:
    own = window(TEXT)
    best = ranked((own, reading(own, [1.0, -1.0, 3.0])))
    made = digest(best)
    assert made is not None
    assert made.text == TEXT
    assert [made.text[slice(*span)] for span in made.spans] == [own.text[slice(*span)] for span in own.spans]
    assert made.keys == tuple(sorted(one.key for one in best))


def test_a_digest_holds_the_best_sentences_when_not_all_fit() -> None:
    own = window(TEXT)
    best = ranked((own, reading(own, [1.0, -1.0, 3.0])))
    made = digest(best, most=1)
    assert made is not None
    assert made.text == "Tickets for the mill cost four euros."


def test_a_digest_stays_within_one_input_of_the_reader() -> None:
    long = [window(f"Road {n} is {'long ' * 60}and has no end.", f"article {n}") for n in range(12)]
    made = digest(ranked(*((one, reading(one, [1.0])) for one in long)))
    assert made is not None
    assert 1 < len(made.spans) < len(long)
    assert len(made.text) <= LONGEST_DIGEST


def test_nothing_found_makes_no_digest() -> None:
    assert digest(()) is None


def test_what_the_digest_says_reorders_the_best_sentences() -> None:
    own = window(TEXT)
    best = ranked((own, reading(own, [1.0, -1.0, 3.0])))
    made = digest(best)
    assert made is not None
    said = [SentenceReading(*span, evidence=value) for span, value in zip(made.spans, (4.0, -2.0, -2.0), strict=True)]
    again = compared(best, made, WindowReading(1.0, tuple(said)), BESIDE)
    assert [one.position for one in again] == [0, 2, 1]
    assert again[0].score == pytest.approx(0.5 * best[1].score + 4.0)


class Reads:
    """A reader that counts what it is given; every sentence is as good as the next."""

    name = "counting"

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.questions: list[str] = []

    def read(self, question: str, passages: list[str], *, titles: object = None) -> list[Reading]:
        self.texts += passages
        self.questions.append(question)
        return [Reading(0.5, sentences=tuple((*span, 0.5) for span in split_sentences(one))) for one in passages]


@pytest.mark.parametrize(("calibration", "more"), [(Calibration(), 0), (BESIDE, 1)])
def test_a_digest_is_read_only_where_it_has_a_weight(calibration: Calibration, more: int) -> None:
    own: Candidate = window(TEXT).candidate
    reader = Reads()
    question = analyse("When did the mill open?")
    seen = Look(question, Choice(reader, calibration), date(2026, 5, 1), lambda _: TEXT, 1).at([own])
    assert len(reader.texts) == len(seen.windows) + more
    assert (seen.whole is not None) == bool(more)


@pytest.mark.parametrize(
    ("quote", "gains"), [(TEXT[: TEXT.index(".") + 1], 2.0), ("Nothing of the kind stands in any article.", 0.0)]
)
def test_sentences_of_an_article_that_was_quoted_before_gain_what_the_calibration_says(
    quote: str, gains: float
) -> None:
    own, question = window(TEXT).candidate, analyse("When did the mill open?")
    choice = Choice(Reads(), Calibration(sentence=SentenceWeights(told=2.0)))
    plain, followed = (
        Look(question, choice, date(2026, 5, 1), lambda _: TEXT, 4, Rewritten(question.text, quoted=quoted)).at([own])
        for quoted in ((), (quote,))
    )
    assert followed.ranked[0].score - plain.ranked[0].score == pytest.approx(gains)


def test_a_follow_up_is_read_with_its_terms_and_as_it_was_typed() -> None:
    own, asked = window(TEXT).candidate, Rewritten("When did it open? (mill, pier)", terms=("mill", "pier"))
    reader = Reads()
    question = analyse(asked.question)
    Look(question, Choice(reader, Calibration()), date(2026, 5, 1), lambda _: TEXT, 1, asked).at([own])
    assert reader.questions == ["When did it open? (mill, pier)", "When did it open?"]


def test_read_both_ways_a_sentence_has_the_mean_and_its_window_the_surer_word() -> None:
    def read(answers: float, evidence: float) -> WindowReading:
        return WindowReading(answers, (SentenceReading(0, 9, evidence),))

    assert both(read(1.0, 2.0), read(-3.0, 1.0)) == read(1.0, 1.5)
    assert both(read(-1.0, 0.0), read(3.0, 1.0)) == read(3.0, 0.5)
