"""The terms that a follow-up leaves out, put behind it."""

from __future__ import annotations

import pytest

from rag.answering.query.rewrite import LONGEST_PHRASE, MOST_TERMS, phrases, whole_names, with_terms, words


def chosen(turn: str, *wanted: str) -> list[tuple[int, int]]:
    """The spans of some words of a turn."""
    return [span for span in words(turn) if turn[slice(*span)] in wanted]


def found(turn: str, *wanted: str, question: str = "when?") -> tuple[str, ...]:
    return phrases([turn], [chosen(turn, *wanted)], question)


def test_terms_stand_in_brackets_behind_the_question() -> None:
    assert with_terms("When will it ship?", ("Brask", "headset")) == "When will it ship? (Brask, headset)"


@pytest.mark.parametrize("question", ["When will it ship?", "why", "何時?"])
def test_without_terms_nothing_changes(question: str) -> None:
    assert with_terms(question, ()) == question


def test_blanks_of_the_question_are_tidied() -> None:
    assert with_terms("  When\n will it  ship? ", ("Brask",)) == "When will it ship? (Brask)"


@pytest.mark.parametrize(
    ("turn", "wanted", "phrase"),
    [
        ("When did Mira Castell visit Peru?", ("Mira", "Castell"), ("Mira Castell",)),
        ("Who runs the Bank of the Valley?", ("Bank", "Valley"), ("Bank of the Valley",)),
        ("Did Holm & Lind pay?", ("Holm", "Lind"), ("Holm & Lind",)),
        ("Did Mira, Castell or Holm go?", ("Mira", "Holm"), ("Mira", "Holm")),
        ("Did Mira go to Peru?", ("Mira", "Peru"), ("Mira", "Peru")),
        ("What is Vogt-Lind's plan?", ("Vogt-Lind's",), ("Vogt-Lind's",)),
    ],
)
def test_neighbouring_words_are_one_phrase(turn: str, wanted: tuple[str, ...], phrase: tuple[str, ...]) -> None:
    assert found(turn, *wanted) == phrase


def test_a_phrase_is_word_for_word_from_its_turn_and_not_endless() -> None:
    turn = "alpha beta gamma delta epsilon zeta eta theta"
    made = phrases([turn], [words(turn)], "when?")
    assert [len(one.split()) for one in made] == [LONGEST_PHRASE, 2]
    assert " ".join(made) == turn


def test_the_latest_turn_comes_first_and_nothing_comes_twice() -> None:
    turns = ["Who runs Port Ellery?", "Ines Vogt runs Port Ellery."]
    spans = [chosen(turns[0], "Port", "Ellery"), chosen(turns[1], "Ines", "Vogt", "Port", "Ellery")]
    assert phrases(turns, spans, "since when?") == ("Ines Vogt", "Port Ellery")


def test_what_the_question_says_itself_is_not_added() -> None:
    assert found("Who builds bridges in Lund?", "bridges", "Lund", question="How old is the bridge?") == ("Lund",)


def test_words_without_content_are_no_terms() -> None:
    assert found("Who is it and where?", "it", "and") == ()


def test_there_are_not_more_terms_than_help() -> None:
    turns = [f"Did name{letter}{letter} win?" for letter in "abcdefghij"]
    spans = [chosen(turn, turn.split()[1]) for turn in turns]
    made = phrases(turns, spans, "when?")
    assert len(made) == MOST_TERMS
    assert made[0] == "namejj"


def test_no_conversation_gives_no_terms() -> None:
    assert phrases([], [], "when?") == ()


@pytest.mark.parametrize(
    ("text", "chosen", "whole"),
    [
        ("The envoy of the United States spoke.", "States", ["United", "States"]),
        ("Then Ada Holm left Lund.", "Holm", ["Ada", "Holm"]),
        ("States spoke first.", "States", ["States"]),
        ("Why The Mill Of Port Ellery Will Close", "Mill", ["Mill"]),
    ],
)
def test_a_part_of_a_name_brings_the_whole_name(text: str, chosen: str, whole: list[str]) -> None:
    start = text.index(chosen)
    found = whole_names(text, [(start, start + len(chosen))])
    assert [text[slice(*span)] for span in found] == whole
