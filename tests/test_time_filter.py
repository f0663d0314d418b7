"""Times in questions: what they name, and how an answer keeps to them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import rag
from rag.answering.query.time_filter import read_period
from rag.schema import Period

TODAY = date(2024, 5, 15)  # a Wednesday


@pytest.mark.parametrize(
    ("question", "words", "since", "until"),
    [
        ("What did the US say last week?", "last week", date(2024, 5, 6), date(2024, 5, 12)),
        ("What happened since March?", "since March", date(2024, 3, 1), None),
        ("Who won before 3 June 2022?", "before 3 June 2022", None, date(2022, 6, 2)),
        ("What did Price say in May 2022?", "in May 2022", date(2022, 5, 1), date(2022, 6, 14)),
        ("What was said on 25 May 2022?", "on 25 May 2022", date(2022, 5, 25), date(2022, 6, 8)),
        ("Any from 2022-05-02 to 2022-07-09?", "from 2022-05-02 to 2022-07-09", date(2022, 5, 2), date(2022, 7, 9)),
        ("What was decided in the past two weeks?", "in the past two weeks", date(2024, 5, 1), TODAY),
        ("What changed this month?", "this month", date(2024, 5, 1), TODAY),
        ("What closed last year?", "last year", date(2023, 1, 1), date(2023, 12, 31)),
        ("Who left after June 3rd, 2022?", "after June 3rd, 2022", date(2022, 6, 3), None),
    ],
)  # fmt: skip
def test_a_time_in_a_question_is_a_period_of_publication(
    question: str, words: str, since: date | None, until: date | None
) -> None:
    assert read_period(question, TODAY) == Period(words, since, until)


@pytest.mark.parametrize(
    "question",
    [
        "What was inflation in 2022?",  # later articles tell of a year
        "What is planned by 2030?",
        "Who spoke before the visit?",
        "What was said about last week's storm?",
        "What will open in May 2031?",
        "May I ask who marched?",
    ],
)
def test_words_that_name_no_past_time_of_publication_are_left_alone(question: str) -> None:
    assert read_period(question, TODAY) is None


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> rag.Assistant:
    """Two reports of one bridge, a year apart."""
    library = rag.Library.open(tmp_path_factory.mktemp("library"))
    text = (
        "The Holm bridge carries {} vehicles a day, the city of Lund said. The bridge links the two banks of the river."
    )
    for year, count in ((2021, "4,100"), (2023, "6,300")):
        library.add(
            [rag.Article(title=f"Holm bridge counted in {year}", text=text.format(count), published=date(year, 3, 5))]
        )
    return rag.Assistant(library)


def test_only_articles_of_the_time_named_are_asked(assistant: rag.Assistant) -> None:
    answer = assistant.ask("How many vehicles a day does the Holm bridge carry, since 1 January 2022?")
    assert answer.period == Period("since 1 January 2022", date(2022, 1, 1))
    assert {citation.published for citation in answer.citations} == {date(2023, 3, 5)}


def test_when_that_time_does_not_answer_any_time_is_searched_and_the_answer_says_so(assistant: rag.Assistant) -> None:
    answer = assistant.ask("How many vehicles a day did the Holm bridge carry last week?")
    assert answer.period is None
    assert date(2021, 3, 5) in {candidate.published for candidate in answer.candidates}
    assert any("last week" in note for note in answer.notes)


def test_the_period_can_be_left_out(assistant: rag.Assistant) -> None:
    answer = assistant.ask("How many vehicles a day does the Holm bridge carry, since 1 January 2022?", periods=False)
    assert answer.period is None
    assert date(2021, 3, 5) in {candidate.published for candidate in answer.candidates}


def test_filters_of_the_user_stay_beside_the_period(assistant: rag.Assistant, tmp_path: Path) -> None:
    filters = rag.Filters(since=date(2020, 1, 1), until=date(2021, 12, 31))
    answer = assistant.ask("How many vehicles a day does the Holm bridge carry, since 5 March 2021?", filters=filters)
    assert {citation.published for citation in answer.citations} == {date(2021, 3, 5)}
