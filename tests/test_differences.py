"""Reports that differ: both figures are quoted, side by side, oldest first."""

from __future__ import annotations

from datetime import date

import pytest

import rag
from rag.schema import Answer


def ask(library: rag.Library, question: str) -> Answer:
    return rag.Assistant(library, settings=rag.Settings(reader_budget_ms=60_000)).ask(question)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> rag.Library:
    """A count that changed, and a length that two papers agree on."""
    library = rag.Library.open(tmp_path_factory.mktemp("library"))
    library.add(
        [
            rag.Article(
                title="Ferry sinks off Norrvik",
                text="A ferry has sunk off Norrvik in a storm. At least 14 people died, the coast guard said. "
                "The ferry was 92 metres long.",
                published=date(2021, 10, 3),
            ),
            rag.Article(
                title="Inquiry into the Norrvik ferry ends",
                text="The inquiry into the sinking of the Norrvik ferry has ended. In all, 37 people died in the storm "
                "off Norrvik. The ferry, 92 metres long, had left the port too late.",
                published=date(2022, 10, 3),
            ),
        ]
    )
    return library


def test_figures_that_differ_stand_side_by_side_oldest_first(library: rag.Library) -> None:
    answer = ask(library, "How many people died when the ferry sank off Norrvik?")
    (difference,) = answer.differences
    assert [value.split()[0] for value in difference.values] == ["14", "37"]
    assert [citation.published for citation in difference.citations] == [date(2021, 10, 3), date(2022, 10, 3)]


def test_each_value_stands_in_a_quote_of_the_answer(library: rag.Library) -> None:
    answer = ask(library, "How many people died when the ferry sank off Norrvik?")
    (difference,) = answer.differences
    for value, citation in zip(difference.values, difference.citations, strict=True):
        assert value in citation.quote
        assert citation in answer.citations


def test_reports_that_agree_are_no_difference(library: rag.Library) -> None:
    answer = ask(library, "How long was the ferry that sank off Norrvik?")
    assert answer.answered
    assert answer.differences == ()


def test_a_question_that_asks_for_no_figure_has_no_differences(library: rag.Library) -> None:
    assert ask(library, "Who counted the dead of the ferry off Norrvik?").differences == ()
