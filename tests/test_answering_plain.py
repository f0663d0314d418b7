"""The plain reader on the real embedding model: the sentence that answers comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

import rag.models.reader as reader_module
from rag.answering.readers import choose_reader
from rag.answering.selection import PlainReader, fits_kind
from rag.models.embedder import load_embedder

PASSAGE = (
    "The lighthouse of Cape Morrow stands on a rock of basalt. It was lit for the first time in 1874. "
    "Keepers lived there with their families for ninety years. Gulls nest on its gallery."
)
OTHER = "Bakers in the old town raised the price of bread. Flour had become dear after the poor harvest."


@pytest.fixture(scope="module")
def reader() -> PlainReader:
    return PlainReader(load_embedder())


def test_the_sentence_that_answers_has_the_best_score(reader: PlainReader) -> None:
    found, _ = reader.read("When was the lighthouse of Cape Morrow lit?", [PASSAGE, OTHER])
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


def test_the_kind_of_answer_is_looked_for() -> None:
    assert fits_kind("How many keepers were there?", "Three keepers lived there.") == 1
    assert fits_kind("When was it lit?", "It was lit at the Cape.") == 0
    assert fits_kind("Was it lit?", "It was lit.") == 0.5


def test_the_plain_reader_stands_in_for_weights_that_are_missing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "WEIGHTS", tmp_path)
    monkeypatch.setattr(reader_module.BuiltinReader, "_loaded", [])
    choice = choose_reader("builtin", None, load_embedder)()
    assert choice.reader.name == "plain"
    assert "plain selector" in choice.notes[0]


def test_asking_for_the_plain_reader_needs_no_note() -> None:
    choice = choose_reader("none", None, load_embedder)()
    assert (choice.reader.name, choice.notes) == ("plain", ())
