"""A question taken apart: its parts, the question in a long text, names, quotation marks and what to leave out."""

from __future__ import annotations

import pytest

from rag.answering.query.analysis import LONGEST, analyse, asks_several, asks_yes_no, core, names, parts


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("When did she arrive and whom did she meet?", ("When did she arrive?", "whom did she meet?")),
        ("Who built it; when was it lit?", ("Who built it?", "when was it lit?")),
        ("Who won? And how many votes were there?", ("Who won?", "how many votes were there?")),
        ("What is it, where is it, and who owns it?", ("What is it?", "where is it?", "who owns it?")),
        ("What did bread and butter cost?", ("What did bread and butter cost?",)),
        ("What did the US and Canada say?", ("What did the US and Canada say?",)),
        ("Which treaty, signed in 1990, protects the lake?", ("Which treaty, signed in 1990, protects the lake?",)),
        ("When and where was it signed?", ("When and where was it signed?",)),
        ("Say when it was lit and who lit it", ("Say when it was lit and who lit it",)),
        ("why?", ("why?",)),
    ],
)
def test_questions_inside_a_question_are_taken_apart(question: str, found: tuple[str, ...]) -> None:
    assert parts(question) == found
    assert asks_several(question) is (len(found) > 1)


def test_a_question_of_very_many_parts_is_left_whole() -> None:
    question = "Who came, who sang, who danced, who ate, and who paid?"
    assert parts(question) == (question,)


def test_the_question_in_a_long_text_is_the_last_sentence_that_asks() -> None:
    told = "We walked along the shore. Is that so? " * 40
    assert core(told + "When did the mill open? Thank you.") == "When did the mill open?"


def test_a_long_text_without_a_question_is_read_from_its_beginning_and_a_short_one_whole() -> None:
    assert core("x" * 10_000) == "x" * LONGEST
    assert core("Tell me. When did it open? Thanks.") == "Tell me. When did it open? Thanks."
    assert len(core("y" * 5_000 + "?")) <= LONGEST


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("When did Mira Castell visit Norrvik?", ("Mira", "Castell", "Norrvik")),
        ("what did the UN say?", ("UN",)),
        ("What are Brask's plans for Saint-Malo?", ("Brask", "Saint-Malo")),
        ("Mira Castell left when?", ("Mira", "Castell")),
        ("Volcanoes erupt when?", ()),
        ("Who left? Volcanoes did.", ()),
        ("Was it in May, on a Monday?", ()),
        ("WHO BUILT THE MILL OF NORRVIK?", ()),
        ("Who Built The Tide Mill Of Norrvik?", ()),
        ("who built the mill of norrvik?", ()),
        ("How did Norrvik win in Norrvik?", ("Norrvik",)),
        ("Who Painted the Great Tide Mill of Norrvik?", ()),
        ("What did Mira Castell say about Norrvik?", ("Mira", "Castell", "Norrvik")),
        ("Why Norrvik?", ("Norrvik",)),
        ("", ()),
    ],
)
def test_names_are_the_words_with_a_capital_where_capitals_tell_something(
    question: str, found: tuple[str, ...]
) -> None:
    assert names(question) == found


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ("Who said “a draft at best”?", ("a draft at best",)),
        ('Who said "a draft\n at best" and «rien du tout»?', ("a draft at best", "rien du tout")),
        ("Who said „alles gut“?", ("alles gut",)),
        ("What is the reader's 'first' word?", ()),
    ],
)
def test_phrases_in_quotation_marks_are_kept_word_for_word(question: str, phrases: tuple[str, ...]) -> None:
    assert analyse(question).phrases == phrases


@pytest.mark.parametrize(
    ("question", "left_out", "searched"),
    [
        ("lake treaty -Canada", ("Canada",), "lake treaty"),
        ("What did ministers, not Renard, say?", ("Renard",), "What did ministers say?"),
        ("Who won in Paris (but not Holm)?", ("Holm",), "Who won in Paris ?"),
        ("What is COVID-19?", (), "What is COVID-19?"),
        ("Why is it not safe?", (), "Why is it not safe?"),
        ("Was it 5 - 3?", (), "Was it 5 - 3?"),
    ],
)
def test_words_to_leave_out_are_not_searched_for(question: str, left_out: tuple[str, ...], searched: str) -> None:
    asked = analyse(question)
    assert asked.left_out == left_out
    assert asked.searched.replace(" ,", "").replace(" ?", "?") == searched.replace(" ?", "?")
    assert not set(left_out) & set(asked.names)


def test_a_question_that_only_leaves_out_is_searched_as_it_is() -> None:
    assert analyse("-Canada").searched == "-Canada"


@pytest.mark.parametrize(
    ("question", "can"),
    [
        ("Did the mill burn?", True),
        ("and was it safe?", True),
        ("Is it open or closed?", False),
        ("When did it burn?", False),
        ("The mill burned?", False),
    ],
)
def test_whether_yes_or_no_could_answer(question: str, can: bool) -> None:
    assert asks_yes_no(question) is can
