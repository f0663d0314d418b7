"""Who somebody is: which sentences say it, and which short answers do not."""

from __future__ import annotations

from pathlib import Path

import pytest

import rag
from rag.answering.introductions import introduces, says_who, who_is
from rag.answering.selection import fits_kind


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who is Ada Holm?", "Ada Holm"),
        ("who was Holm", "Holm"),
        ("Who is the judge?", None),
        ("Who is Ada Holm married to?", None),
        ("Who trains Ada Holm?", None),
    ],
)
def test_whom_a_question_asks_about(question: str, name: str | None) -> None:
    assert who_is(question) == name


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("Ada Holm, a judge from Lyngdal, opened the bridge.", True),
        ("The prize goes to the judge Ada Holm.", True),
        ("Chief Justice Ada Holm spoke first.", True),
        ("Ada Holm of Norway won in Lyngdal.", True),
        ("Holm was the first woman on the court.", True),
        ("Ada Holm said that the bridge was safe.", False),
        ("They met with Ada Holm, and left.", False),
        ("The minister praised Ada Holm.", False),
        ("Jon Berg, a judge, was there.", False),
    ],
)
def test_a_sentence_says_who_somebody_is(sentence: str, says: bool) -> None:
    assert introduces("Ada Holm", sentence) is says
    assert fits_kind("Who is Ada Holm?", sentence) == float(says)


def test_another_person_or_a_lone_place_says_nothing_of_somebody() -> None:
    assert not says_who("compatriot Daniel Berg", "Ada Holm")
    assert not says_who("Norway", "Ada Holm")
    assert says_who("the judge Ada Holm", "Ada Holm")
    assert says_who("a judge of the Supreme Court", "Ada Holm")
    assert says_who("Chief Justice of Norway", "Ada Holm")


def test_who_somebody_is_comes_before_what_happened_beside_another_person(tmp_path: Path) -> None:
    text = (
        "The race was run in rain. Ada Holm of Lyngdal won it in two hours. Holm ran the first half beside her friend "
        "Daniel Berg. The streets were full."
    )
    with rag.Library.open(tmp_path) as library:
        library.add([rag.Article(title="The race of Lyngdal", text=text)])
        answer = rag.Assistant(library).ask("Who is Ada Holm?")
    assert "of Lyngdal" in answer.sentences[0].text
    assert answer.short is None or "Berg" not in answer.short
