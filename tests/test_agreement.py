"""An outlet counts as saying a sentence only where its own sentence says the same."""

from __future__ import annotations

import pytest

from rag.answering.extractive.conflicts import agrees, outlets_saying
from rag.schema import AnswerSentence, Citation, OtherSource

SAID = "The barrier will cost 412 million crowns, the board said on Tuesday."


def place(number: int, quote: str, publisher: str, *copies: str) -> Citation:
    also = tuple(OtherSource(name, "A title", None, f"copy-{name}") for name in copies)
    return Citation(
        number=number, article_id=f"a{number}", title="A title", start=0, end=len(quote), quote=quote,
        publisher=publisher, also=also,
    )  # fmt: skip


@pytest.mark.parametrize(
    "quote",
    [
        SAID,
        "The barrier will cost 412 million crowns, according to the board.",
        "On Tuesday the board said that the barrier would cost 412 million crowns.",
    ],
)
def test_the_same_thing_in_other_words_agrees(quote: str) -> None:
    assert agrees(SAID, quote)


@pytest.mark.parametrize(
    "quote",
    [
        "The barrier will cost 450 million crowns, the board said on Tuesday.",  # another figure
        "The board met on Tuesday to hear the fishing cooperatives about the eels.",  # another thing
        "Engineers need six years to build it.",
    ],
)
def test_another_figure_or_another_thing_does_not_agree(quote: str) -> None:
    assert not agrees(SAID, quote)


def test_outlets_that_are_cited_for_other_statements_are_not_counted() -> None:
    other = place(2, "Fishing cooperatives object that the gates would close the estuary.", "Coast Weekly")
    assert outlets_saying(AnswerSentence(SAID, (place(1, SAID, "Post"), other), 1.0, True)) == ("Post",)


def test_copies_of_the_story_count_as_saying_it() -> None:
    sentence = AnswerSentence(SAID, (place(1, SAID, "Post", "Coast Weekly", "post"),), 1.0, True)
    assert outlets_saying(sentence) == ("Post", "Coast Weekly")
