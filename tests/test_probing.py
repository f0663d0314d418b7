"""Statements taken apart: the questions that their parts answer, and statements that are pasted together."""

from __future__ import annotations

import pytest

from rag.answering.verification.evidence import spliced
from rag.answering.verification.probing import MOST_BLANKS, probes
from rag.models.verifier import Verifier

TEXT = (
    "Per Lind was booked into the county jail of Norrvik on Thursday evening. Ada Holm died in the hospital of Lund "
    "after an argument with her mother about money."
)


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        (
            "Per Lind was booked into the county jail on Thursday.",
            (
                "who was booked into the county jail on Thursday?",
                "Per Lind was what into the county jail on Thursday?",
                "Per Lind was booked into what on Thursday?",
                "Per Lind was booked into the county jail on what?",
            ),
        ),
        ("The bridge is 92 metres long.", ("who is 92 metres long?", "The bridge is what?")),
        ("It rained.", ("It what?",)),
        ("It is.", ()),
        ("", ()),
    ],
)
def test_each_part_of_a_statement_is_asked_for(statement: str, asked: tuple[str, ...]) -> None:
    assert probes(statement) == asked


def test_a_long_statement_is_asked_a_bounded_number_of_questions() -> None:
    assert (
        len(probes("He went to Lund, to Norrvik, to Wexcombe, to Lindal, to Holm, to Lindrum and to Paris."))
        == MOST_BLANKS
    )


def test_a_passage_answers_the_parts_of_what_it_says_and_not_of_what_it_does_not_say() -> None:
    reader = Verifier.shared()
    said = reader.answerable(probes("Ada Holm died in the hospital of Lund."), TEXT)
    unsaid = reader.answerable(probes("The mayor opened the museum of Lund."), TEXT)
    assert min(said) > max(unsaid)


def test_answerable_agrees_with_reading_one_question_at_a_time() -> None:
    reader = Verifier.shared()
    questions = ["Who died in Lund?", "Where was Per Lind booked?"]
    alone = [reader.answerable([question], TEXT)[0] for question in questions]
    assert reader.answerable(questions, TEXT) == pytest.approx(alone, abs=0.05)
    assert reader.answerable([], TEXT) == []


@pytest.mark.parametrize(
    ("statement", "pasted"),
    [
        ("Per Lind was booked into the county jail after an argument with her mother about money.", True),
        ("Per Lind was booked into the county jail on Thursday evening.", False),  # from one sentence
        ("Lind spent the night in prison, and Holm lost her life.", False),  # worded anew
        ("", False),
    ],
)
def test_a_statement_of_pieces_of_two_sentences_is_pasted_together(statement: str, pasted: bool) -> None:
    assert bool(spliced(statement, TEXT)) is pasted


def test_pieces_are_looked_for_first_where_the_last_one_came_from() -> None:
    text = "The council of Lund met. The council of Lund met on Tuesday and closed the pier of Lund."
    assert spliced("The council of Lund met on Tuesday and closed the pier of Lund.", text) == 0.0
