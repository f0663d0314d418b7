"""The timeline: years as the tense allows, and only sentences on the subject of the question."""

from __future__ import annotations

from datetime import date

import pytest

from rag.answering.extractive.timeline import timeline
from rag.schema import Answer, Candidate, Citation, Passage
from rag.text.moments import day_named


@pytest.mark.parametrize(
    ("sentence", "published", "day"),
    [
        ("She will not stay when her term ends on 31 August.", date(2022, 5, 28), date(2022, 8, 31)),
        (
            "Whether it will be ready before the permit expires on 1 December is open.",
            date(2022, 5, 28),
            date(2022, 12, 1),
        ),
        ("The tunnel will open on 3 March.", date(2022, 6, 20), date(2023, 3, 3)),
        ("The mine was closed on 3 December.", date(2022, 5, 1), date(2021, 12, 3)),
        ("They met on 12 March.", date(2022, 5, 1), date(2022, 3, 12)),
        ("He died on 20 November.", date(2022, 1, 5), date(2021, 11, 20)),
        ("They meet on 4 January.", date(2022, 12, 20), date(2023, 1, 4)),
        ("A fire broke out on Sunday night.", date(2025, 3, 3), date(2025, 3, 2)),
        ("The board said on Friday that the line will open.", date(2025, 3, 14), date(2025, 3, 14)),
        ("The line will open on Monday.", date(2025, 3, 14), date(2025, 3, 17)),
        ("It will open on Friday.", date(2025, 3, 14), date(2025, 3, 21)),
    ],
)
def test_a_day_without_a_year_gets_the_one_that_the_tense_allows(sentence: str, published: date, day: date) -> None:
    assert day_named(sentence, published) == day


@pytest.mark.parametrize("sentence", ["The market opens on Sundays.", "It is shut on Monday and Tuesday.", "A Sunday."])
def test_a_weekday_that_is_no_single_day_names_none(sentence: str) -> None:
    assert day_named(sentence, date(2025, 3, 3)) is None


def candidate(article: str, text: str, title: str) -> Candidate:
    return Candidate(passage=Passage(f"{article}:0", article, 0, 0, len(text), text), title=title, score=0.5)


def test_sentences_on_something_else_are_left_out() -> None:
    quote = "Ilse Brandt opened the tidal barrier on 5 March 2024."
    cited = Citation(number=1, article_id="a", title="Barrier opened", start=0, end=len(quote), quote=quote)
    answer = Answer(
        question="When was the tidal barrier opened?",
        text=f"{quote} [1]",
        answered=True,
        citations=(cited,),
        candidates=(
            candidate(
                "a",
                f"{quote} Brandt was elected on 7 May 2019. A circus came to town on 8 March 2024.",
                "Barrier opened",
            ),
            candidate(
                "b",
                "The tidal barrier was approved on 6 June 2018. It rained on 7 June 2018.",
                "Tidal barrier approved",
            ),
            candidate("c", "The museum opened on 1 May 2020.", "Museum opened"),
        ),
    )
    assert [one.day for one in timeline(answer)] == [date(2018, 6, 6), date(2019, 5, 7), date(2024, 3, 5)]
