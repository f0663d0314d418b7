"""How fresh an article was on the day of the question, and what that changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import rag
from rag.answering.reading.ranking import as_on, fresh_first, freshness
from rag.schema import Candidate, Passage

DAY = date(2024, 6, 10)


def candidate(name: str, score: float, published: date | None) -> Candidate:
    return Candidate(passage=Passage(name, name, 0, 0, 10, "Ten words."), title=name, score=score, published=published)


def test_freshness_falls_with_age_and_is_nothing_for_undated_or_later_articles() -> None:
    assert freshness(DAY, DAY) == 1.0
    assert 1.0 > freshness(date(2024, 6, 3), DAY) > freshness(date(2024, 5, 1), DAY) > freshness(date(2022, 6, 3), DAY)
    assert freshness(date(2022, 6, 10), DAY) < 1e-9
    assert freshness(None, DAY) == freshness(DAY, None) == freshness(date(2024, 6, 11), DAY) == 0.0


def test_the_fresher_of_two_like_passages_is_read_first_and_a_much_better_one_before_both() -> None:
    old, new = candidate("old", 0.60, date(2020, 1, 1)), candidate("new", 0.58, date(2024, 6, 9))
    best = candidate("best", 0.75, date(2020, 1, 1))
    assert [one.title for one in fresh_first([old, new, best], DAY)] == ["best", "new", "old"]
    assert [one.title for one in fresh_first([old, new, best], None)] == ["best", "old", "new"]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Assistant]:
    library = rag.Library.open(tmp_path_factory.mktemp("fresh"))
    texts = {
        date(
            2021, 6, 8
        ): "Ada Lindqvist will lead the port. The Eastport harbour board chose Ada Lindqvist as its chair "
        "on Tuesday, by nine votes to four. She was a pilot for twenty years and wants a deeper channel.",
        date(2024, 6, 7): "Dredging had divided the members for months. On Friday the Eastport harbour board chose Tom "
        "Achterberg as its chair. He runs a tug company and promised lower fees for fishing boats.",
    }
    library.add(
        [
            rag.Article(title="Eastport harbour board", text=text, url=f"https://news.example/{day}", published=day)
            for day, text in texts.items()
        ]
    )
    yield rag.Assistant(library)
    library.close()


@pytest.mark.parametrize(
    ("today", "name"), [(date(2021, 6, 10), "Ada Lindqvist"), (date(2024, 6, 10), "Tom Achterberg")]
)
def test_a_question_is_answered_as_on_its_day(assistant: rag.Assistant, today: date, name: str) -> None:
    answer = assistant.ask("Whom did the Eastport harbour board choose as its chair?", today=today)
    assert name in answer.sentences[0].text


def test_what_was_published_after_the_day_of_the_question_is_no_answer(assistant: rag.Assistant) -> None:
    question = "Whom did the Eastport harbour board choose as its chair?"
    before = assistant.ask(question, today=date(2021, 6, 1))
    assert not before.answered
    assert not before.candidates
    assert any("1 June 2021" in note for note in before.notes)
    between = assistant.ask(question, today=date(2024, 6, 5))
    assert {one.published for one in between.citations} == {date(2021, 6, 8)}
    now = assistant.ask(question)
    assert not any("Asked as on" in note for note in now.notes)
    assert {one.published for one in now.candidates} == {date(2021, 6, 8), date(2024, 6, 7)}


def test_undated_articles_and_those_of_the_next_day_elsewhere_may_answer_on_any_day() -> None:
    asked_on = as_on(DAY, rag.Filters(publisher="Meridian Wire"))
    assert asked_on == rag.Filters(publisher="Meridian Wire", known_on=date(2024, 6, 11))
    assert as_on(None, rag.Filters()) == rag.Filters()


def test_a_library_asked_as_on_a_day_keeps_what_has_no_date(tmp_path: Path) -> None:
    with rag.Library.open(tmp_path) as library:
        texts = {
            "Elbe": (None, "After a long night the Elbe board chose a chair, by vote of all nine members."),
            "Lind": (date(2024, 6, 11), "A chair was chosen by the Lind board, which had been without one since May."),
            "Dahl": (date(2024, 6, 12), "The board of Dahl, a maker of pumps, chose its former chair once more."),
        }
        library.add([rag.Article(title=name, text=text, published=day) for name, (day, text) in texts.items()])
        answer = rag.Assistant(library).ask("Which board chose a chair?", today=DAY)
        assert {one.title for one in answer.candidates} == {"Elbe", "Lind"}


def test_last_week_counts_from_the_day_of_the_question(assistant: rag.Assistant) -> None:
    answer = assistant.ask("Whom did the Eastport harbour board elect as chair last week?", today=date(2021, 6, 15))
    assert answer.period is not None
    assert answer.period.since == date(2021, 6, 7)
    assert {one.published for one in answer.citations} == {date(2021, 6, 8)}
