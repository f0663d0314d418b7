"""Who speaks in a sentence, by the name that a reader would give."""

from __future__ import annotations

import pytest

from rag.answering.speakers import grouped, speaker_of
from rag.schema import AnswerSentence
from rag.text.sentences import split_sentences

TEXT = (
    "Ada Holm, the mayor of Lund, called the plan a mistake. She said the bridge would cost too much. "
    "“Nobody asked us,” harbour spokesman Per Lind told reporters. The engineers, Lind said, had been heard too late. "
    "Officials in Oslo said that the plan stands. The bridge is 92 metres long."
)


@pytest.mark.parametrize(
    ("position", "name"),
    [
        (0, "Ada Holm"),  # the office stands between the name and the verb
        (1, "Ada Holm"),  # a pronoun
        (2, "Per Lind"),  # the office stands before the name
        (3, "Per Lind"),  # the surname alone
        (4, "Officials in Oslo"),
        (5, None),
    ],
)
def test_the_speaker_of_a_sentence_has_a_name(position: int, name: str | None) -> None:
    assert speaker_of(TEXT, split_sentences(TEXT), position) == name


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("The State Department called the visit a mistake.", "State Department"),
        ("President Ada Holm called the visit a mistake.", "Ada Holm"),
        ("US Secretary of State Tom Berg called the visit a mistake.", "Tom Berg"),
    ],
)
def test_titles_are_left_out_and_bodies_named_whole(sentence: str, name: str) -> None:
    assert speaker_of(sentence, split_sentences(sentence), 0) == name


def test_statements_of_one_speaker_stand_together_in_the_order_of_the_first() -> None:
    said = [AnswerSentence(text, (), 1.0, True) for text in ("One.", "Two.", "Three.", "Four.")]
    sentences, names = grouped(said, ("Ada Holm", "Per Lind", "Ada Holm", None))
    assert [one.text for one in sentences] == ["One.", "Three.", "Two.", "Four."]
    assert names == ("Ada Holm", "Ada Holm", "Per Lind", None)


def test_sentences_without_speakers_keep_their_order() -> None:
    said = [AnswerSentence(text, (), 1.0, True) for text in ("One.", "Two.")]
    assert grouped(said, ()) == (tuple(said), ())
