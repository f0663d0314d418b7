"""Events in questions: "before the visit" is dated from the articles, and the answer keeps to that time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import rag
from rag.answering.query.event_dates import Occasion, dated, period_of, read_occasion
from rag.ingest.frontmatter import split_front_matter
from rag.schema import Candidate, Passage, Period

CORPUS = Path(__file__).parent.parent / "corpus"
TODAY = date(2024, 5, 15)


def found(*names: str) -> list[Candidate]:
    """Demo articles as a search finds them, each paragraph a passage."""
    passages = []
    for name in names:
        head, text = split_front_matter((CORPUS / f"{name}.md").read_text(encoding="utf-8"))
        for position, paragraph in enumerate(part for part in text.split("\n\n") if part.strip()):
            passage = Passage(f"{name}-{position}", name, position, 0, len(paragraph), paragraph)
            passages.append(Candidate(passage=passage, title=head.title or "", published=head.published))
    return passages


def asked(question: str) -> Occasion:
    occasion = read_occasion(question)
    assert occasion is not None
    return occasion


VISIT = ("china-visit-4-washington-mistake", "china-visit-1-closed-loop", "china-visit-5-end-of-trip")


@pytest.mark.parametrize(
    ("question", "way", "event"),
    [
        ("What did the US say before the visit?", "before", "the visit"),
        ("What changed since the trip to China?", "since", "the trip to China"),
        ("What was decided after Bachelet's visit?", "after", "Bachelet's visit"),
        ("Who met the press prior to the summit in Madrid?", "before", "the summit in Madrid"),
        ("Who had warned before the large explosion?", "before", "the large explosion"),
    ],
)
def test_an_event_that_a_question_asks_before_or_after_is_read(question: str, way: str, event: str) -> None:
    occasion = asked(question)
    assert (occasion.way, occasion.event) == (way, event)


@pytest.mark.parametrize(
    "question",
    [
        "What did the US say about the visit?",
        "What happened two days after the visit?",  # a day, not all the time since
        "Which probe took pictures right after the crash?",
        "Who received the documents before the newspapers did?",
        "What was said before the committee?",
    ],
)
def test_other_words_are_no_such_event(question: str) -> None:
    assert read_occasion(question) is None


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("What did the US say before the visit?", None, date(2022, 5, 22)),
        ("What did the US say after the visit?", date(2022, 5, 28), None),
        ("What has been said since the trip?", date(2022, 5, 23), None),
        ("What was known until the visit?", None, date(2022, 5, 23)),
    ],
)
def test_a_visit_is_dated_by_the_sentences_on_its_beginning_and_end(
    question: str, since: date | None, until: date | None
) -> None:
    occasion = asked(question)
    assert period_of(occasion, found(*VISIT), TODAY) == Period(occasion.words, since, until, occasion.event)


def test_where_only_the_beginning_is_told_the_length_gives_the_end() -> None:
    assert dated(asked("Who spoke after the trip?"), found("china-visit-1-closed-loop")) == (
        date(2022, 5, 23),
        date(2022, 5, 28),
    )


def test_of_two_such_events_the_one_is_meant_whose_articles_name_who_is_asked_about() -> None:
    passages = found("notre-dame-reopening", "beirut-explosion-day-after")
    assert dated(asked("Whom did Philippe Jost follow after the fire?"), passages) == (
        date(2019, 4, 15),
        date(2019, 4, 15),
    )


def written(text: str, day: date) -> Candidate:
    return Candidate(passage=Passage(text, text, 0, 0, len(text), text), title="River towns", published=day)


def test_events_that_cannot_be_told_apart_are_not_dated() -> None:
    first = written("The summit began on 3 May 2022 in Lund.", date(2022, 5, 4))
    second = written("The summit began on 9 June 2023 in Holm.", date(2023, 6, 9))
    occasion = asked("What was said after the summit?")
    assert dated(occasion, [first]) == (date(2022, 5, 3), date(2022, 5, 3))
    assert dated(occasion, [first, second]) is None


def test_without_a_day_in_the_text_articles_that_come_out_together_date_the_event() -> None:
    text = "The summit of the river towns has been watched closely. Its hosts want a treaty."
    days = [date(2023, 6, 5), date(2023, 6, 6), date(2023, 6, 8)]
    passages = [written(f"{text} {day.day}", day) for day in days]
    assert dated(asked("What was promised before the summit?"), passages) == (days[0], days[-1])
    assert dated(asked("What was promised before the summit?"), passages[:1]) is None


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> rag.Assistant:
    library = rag.Library.open(tmp_path_factory.mktemp("library"))
    names = (*VISIT, "china-visit-6-blinken-statement", "notre-dame-reopening")
    library.add([str(CORPUS / f"{name}.md") for name in names])
    return rag.Assistant(library)


def test_the_answer_keeps_to_the_time_after_the_event(assistant: rag.Assistant) -> None:
    answer = assistant.ask("What did Blinken say after the visit?")
    assert answer.period == Period("after the visit", date(2022, 5, 28), None, "the visit")
    assert answer.citations
    assert all(one.published and one.published >= date(2022, 5, 28) for one in answer.citations)
    assert "Blinken" in " ".join(citation.quote + citation.title for citation in answer.citations)


def test_an_event_that_the_articles_do_not_date_narrows_nothing_and_the_answer_says_so(
    assistant: rag.Assistant,
) -> None:
    answer = assistant.ask("What did the US say about the visit before the wedding?")
    assert answer.period is None
    assert "The articles do not tell when “the wedding” was; those of any time were searched." in answer.notes
