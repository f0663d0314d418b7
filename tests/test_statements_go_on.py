"""An answer in a speaker's words has the next sentence too when the speaker goes on in it."""

from __future__ import annotations

from rag.answering.extractive import draft
from rag.answering.questions import analyse
from rag.answering.ranking import rank
from rag.schema import Candidate, Passage, Reading
from rag.text.sentences import split_sentences

TEXT = (
    "Minister Ada Holm criticised the tunnel of Brennmark. She demanded an open inquiry by the autumn. "
    "The tunnel is nine kilometres long. Engineer Jon Berg said that nothing leaks."
)


def quoted(question: str) -> list[str]:
    spans = split_sentences(TEXT)
    read = Reading(
        0.9, sentences=tuple((*span, score) for span, score in zip(spans, (0.9, 0.1, 0.1, 0.1), strict=True))
    )
    candidate = Candidate(passage=Passage("t:0", "t", 0, 0, len(TEXT), TEXT), title="Tunnel", score=0.9)
    asked = analyse(question)
    picks = rank(asked, [candidate], [read], lambda article_id: TEXT)
    made = draft(asked, picks, lambda article_id: TEXT)
    return [sentence.text for sentence in made.sentences]


def test_the_speaker_is_quoted_on_and_nobody_else() -> None:
    assert quoted("What did Ada Holm say about the tunnel of Brennmark?") == [
        "Minister Ada Holm criticised the tunnel of Brennmark.",
        "She demanded an open inquiry by the autumn.",
    ]


def test_where_no_speaker_is_asked_for_the_best_sentence_is_enough() -> None:
    assert quoted("Who criticised the tunnel of Brennmark?")[1:] == []
