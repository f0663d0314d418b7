"""The plain reader on the real embedding model, and how readers without trained heads are used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from readings import window

import rag.models.reader as reader_module
import rag.models.session as session_module
from rag.answering.reading.readers import Choice, PlainReader, choose_reader
from rag.models.calibration import Calibration
from rag.models.embedder import load_embedder
from rag.schema import Reading
from rag.text.sentences import split_sentences

PASSAGE = (
    "The lighthouse of Cape Morrow stands on a rock of basalt. It was lit for the first time in 1874. "
    "Keepers lived there with their families for ninety years. Gulls nest on its gallery."
)
OTHER = "Bakers in the old town raised the price of bread. Flour had become dear after the poor harvest."


@pytest.fixture(scope="module")
def reader() -> PlainReader:
    return PlainReader(load_embedder())


def test_the_sentence_that_answers_has_the_best_score(reader: PlainReader) -> None:
    found, _ = reader.read("When was it lit for the first time?", [PASSAGE, OTHER])
    start, end, _score = max(found.sentences, key=lambda one: one[2])
    assert PASSAGE[start:end] == "It was lit for the first time in 1874."


def test_the_passage_that_answers_is_told_from_one_that_does_not(reader: PlainReader) -> None:
    right, wrong = reader.read(
        "When was the lighthouse of Cape Morrow lit?", [PASSAGE, OTHER], titles=["Lights", "Bread"]
    )
    assert right.answerable > 0.5 > wrong.answerable


def test_every_sentence_is_scored_in_order_and_an_empty_passage_has_none(reader: PlainReader) -> None:
    long, empty = reader.read("Who lived there?", ["\n".join([PASSAGE] * 20), ""])
    assert len(long.sentences) == 80
    assert list(long.sentences) == sorted(long.sentences)
    assert all(0 <= score <= 1 for _, _, score in long.sentences)
    assert (empty.sentences, empty.answerable) == ((), 0)


def test_the_plain_reader_stands_in_for_weights_that_are_missing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "WEIGHTS", tmp_path)
    monkeypatch.setattr(reader_module.BuiltinReader, "_loaded", [])
    choice = choose_reader("builtin", None, load_embedder)()
    assert choice.reader.name == "plain"
    assert "plain selector" in choice.notes[0]
    assert choice.verifier is None


def test_asking_for_the_plain_reader_is_no_failure_to_note() -> None:
    choice = choose_reader("none", None, load_embedder)()
    assert choice.reader.name == "plain"
    assert not any("could not be loaded" in note for note in choice.notes)


def test_plain_readings_become_window_readings_with_nothing_said_by_the_heads_it_lacks(reader: PlainReader) -> None:
    choice = Choice(reader, Calibration())
    own = window(PASSAGE)
    (read,) = choice.read("When was it lit for the first time?", [own])
    assert [(one.start, one.end) for one in read.sentences] == list(own.spans)
    best = max(read.sentences, key=lambda one: one.evidence)
    assert PASSAGE[best.start : best.end] == "It was lit for the first time in 1874."
    assert (read.verdict, read.speaker) == ((), None)
    assert all(one.needs < 0 and one.corrects < 0 and one.short is None for one in read.sentences)
    assert choice.read("When?", []) == []


def test_short_answers_of_a_reader_belong_to_the_sentences_they_stand_in() -> None:
    class Spans:
        name = "spans"

        def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
            at = PASSAGE.index("1874")
            sentences = tuple((start, end, 0.5) for start, end in split_sentences(PASSAGE))
            return [Reading(0.9, at, at + 4, sentences)]

    (read,) = Choice(Spans(), Calibration()).read("When?", [window(PASSAGE)])
    shorts = [PASSAGE[one.short[0] : one.short[1]] if one.short else None for one in read.sentences]
    assert shorts == [None, "1874", None, None]


def test_a_reader_that_is_handed_in_is_used_and_one_never_calibrated_is_noted() -> None:
    class Own:
        name = "own"

        def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
            return [Reading(0.5) for _ in passages]

    given = Own()
    choice = choose_reader("builtin", given, load_embedder)()
    assert choice.reader is given
    assert choice.calibration == Calibration()
    assert choice.notes == ("The reader “own” has no calibration: confidence is a rough guess.",)
