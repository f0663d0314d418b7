"""Citations: exact, numbered in reading order, honest about changed articles."""

from __future__ import annotations

import pytest

from rag.answering.citations import cite, cited, holds, marked, number
from rag.schema import AnswerSentence, Candidate, Citation, Passage

TEXT = "The tide mill opened in 1890. It ground rye for the whole valley."
CANDIDATE = Candidate(
    passage=Passage("mill:0", "mill", 0, 0, len(TEXT), TEXT), title="The tide mill", publisher="Valley Post"
)
FIRST, SECOND = (0, 29), (30, len(TEXT))


def place(start: int, end: int) -> Citation:
    return cite(CANDIDATE, TEXT, start, end)


def sentence(*spans: tuple[int, int]) -> AnswerSentence:
    return AnswerSentence(TEXT[slice(*spans[0])], tuple(place(*span) for span in spans), 0.9, True)


def test_a_citation_quotes_exactly_its_place() -> None:
    citation = place(*FIRST)
    assert citation.quote == "The tide mill opened in 1890."
    assert (citation.title, citation.publisher, citation.article_id) == ("The tide mill", "Valley Post", "mill")


@pytest.mark.parametrize("span", [(5, 5), (-1, 4), (0, len(TEXT) + 1)])
def test_a_place_outside_the_article_cannot_be_cited(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no passage"):
        place(*span)


def test_a_citation_does_not_hold_when_the_article_changed_or_is_gone() -> None:
    citation = place(*SECOND)
    assert holds(citation, TEXT)
    assert not holds(citation, "Corrected. " + TEXT)
    assert not holds(citation, None)


def test_citations_are_numbered_in_reading_order_and_the_same_place_keeps_its_number() -> None:
    numbered = number([sentence(SECOND), sentence(FIRST, SECOND)])
    assert [[one.number for one in entry.citations] for entry in numbered] == [[1], [2, 1]]
    assert [one.number for one in cited(numbered)] == [1, 2]


def test_marks_follow_their_sentence() -> None:
    numbered = number([sentence(FIRST), sentence(SECOND, FIRST)])
    assert marked(numbered[0]) == "The tide mill opened in 1890. [1]"
    assert marked(numbered[1]) == "It ground rye for the whole valley. [2][1]"
