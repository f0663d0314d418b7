"""Who somebody is: which sentences say it, and which short answers do not."""

from __future__ import annotations

from pathlib import Path

import pytest

import rag
from rag.answering.introductions import Asked, asked_about, can_introduce, introduces
from rag.answering.selection import fits_kind

HOLM = Asked("Ada Holm", person=True)
BRIDGE = Asked("Morrow II", person=False)


@pytest.mark.parametrize(
    ("question", "who"),
    [
        ("Who is Ada Holm?", HOLM),
        ("who was Holm", Asked("Holm", person=True)),
        ("What is Morrow II?", BRIDGE),
        ("What is the Lyngdal Ring Road?", Asked("Lyngdal Ring Road", person=False)),
        ("what's RTS,S?", Asked("RTS,S", person=False)),
        ("Who is the judge?", None),
        ("What is inflation?", None),
        ("Who is Ada Holm married to?", None),
        ("What is Morrow II made of?", None),
        ("Who trains Ada Holm?", None),
    ],
)
def test_whom_or_what_a_question_asks_about(question: str, who: Asked | None) -> None:
    assert asked_about(question) == who


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
    assert introduces(HOLM, sentence) is says
    assert fits_kind("Who is Ada Holm?", sentence) == float(says)


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("Morrow II, a bridge of steel, opened in May.", True),
        ("Morrow II, built by Ada Holm, opened in May.", True),
        ("The bridge, Morrow II, opened in May.", True),
        ("They drove over the new bridge Morrow II.", True),
        ("The second bridge of Lyngdal, or Morrow II, opened in May.", True),
        ("Morrow II is one of three bridges.", True),
        ("Of Morrow II only two lanes are open.", False),
        ("Morrow II is longer and cost two million.", False),
        ("Morrow I is a bridge.", False),
    ],
)
def test_a_sentence_says_what_something_is(sentence: str, says: bool) -> None:
    assert introduces(BRIDGE, sentence) is says
    assert fits_kind("What is Morrow II?", sentence) == float(says)


def test_another_person_or_a_lone_place_says_nothing_of_somebody() -> None:
    assert not can_introduce(HOLM, "compatriot Daniel Berg", "")
    assert not can_introduce(HOLM, "Norway", "")
    assert can_introduce(HOLM, "the judge Ada Holm", "")
    assert can_introduce(HOLM, "a judge of the Supreme Court", "")
    assert can_introduce(HOLM, "Chief Justice of Norway", "")


@pytest.mark.parametrize(
    ("short", "before", "can"),
    [
        ("a bridge of steel", "Morrow II is ", True),
        ("bridge of steel", "Morrow II is a ", True),
        ("incredibly long", "Morrow II is ", False),
        ("two lanes", "Of Morrow II only ", False),
        ("Ada Holm", "Morrow II was built by the ", False),
    ],
)
def test_how_something_is_or_who_made_it_is_not_what_it_is(short: str, before: str, can: bool) -> None:
    assert can_introduce(BRIDGE, short, before) is can


def test_initials_are_introduced_by_the_name_in_full() -> None:
    assert can_introduce(Asked("DART", person=False), "Double Asteroid Redirection Test", "The ")
    assert not can_introduce(Asked("DART", person=False), "Dimorphos", "It hit ")


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
