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
        ("Summarise Norrvik", ("Norrvik",)),
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
        ("What did the ministers say? not Renard", ("Renard",), "What did the ministers say"),
        ("what did the ministers say, not renard?", ("renard",), "what did the ministers say"),
        ("Who but not the Greens opposed it, and not Holm?", ("Holm",), "Who but not the Greens opposed it?"),
        ("What is spoken there apart from English?", (), "What is spoken there apart from English?"),
        ("Why did Renard not resign?", (), "Why did Renard not resign?"),
        ("What happened, not yet?", (), "What happened, not yet?"),
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


@pytest.mark.parametrize(
    ("question", "values", "spelling"),
    [
        ("Who paid $44bn?", [44e9], "44 billion"),
        ("Which town counted 53537 votes?", [53537], "53,537"),
        ("Why did prices rise by 9,1 %?", [9.1], "9.1"),
        ("Who has a hundred million users?", [1e8], "100 million"),
        ("Which mill opened in 1890 after 72 days?", [], ""),  # a year, and a number that many things have
        ("What did the 16-year-old say on 12 May 2022?", [], ""),
        ("Were 5,000 people hurt?", [], ""),  # what answers may give another
        ("Who has more than 5,000 sheep?", [], ""),
    ],
)
def test_the_figures_that_say_what_is_meant_are_told_and_searched_in_other_spellings(
    question: str, values: list[float], spelling: str
) -> None:
    asked = analyse(question)
    assert [one.value for one in asked.figures] == values
    assert spelling in asked.searched


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (
            "I would be grateful if you could tell me, when you have a moment, who won the final, thank you so much",
            "who won the final",
        ),
        (
            "Hello there, I was just wondering if anybody knows why the library bought a robot?",
            "why the library bought a robot?",
        ),
        ("Could you please explain to me in simple words what the treaty does?", "what the treaty does?"),
        (
            "Did Holm ask Renard to explain why the trip of the delegation was so short?",
            "Did Holm ask Renard to explain why the trip of the delegation was so short?",
        ),
        ("Tell me who won", "Tell me who won"),
    ],
)
def test_a_long_polite_question_is_reduced_to_what_it_asks(typed: str, asked: str) -> None:
    assert core(typed) == asked


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
