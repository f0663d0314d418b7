"""When the articles do not say: what must stand in the evidence, and what a refusal may claim is missing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from readings import SURE, UNSURE, candidate, ranked, reading, window

from rag.answering.query.analysis import analyse
from rag.answering.reading.refusal import (
    REFUSAL,
    allowed,
    holds_figure,
    missing_terms,
    named_first,
    refusal_text,
    shut_out,
)
from rag.text.numbers import figures

TEXT = "The tide mill of Port Ellery opened in 1890. Understanding the hunt under way took years. Vogt’s son left."
MILL = window(TEXT, publisher="Valley Post")


def nowhere(words: Sequence[str]) -> bool:
    return False


def missing(question: str, text: str = TEXT, **head: str) -> tuple[str, ...]:
    return missing_terms(analyse(question), [candidate(text, **head)], nowhere)


def test_a_name_that_no_article_holds_is_missing() -> None:
    assert missing("When did Brask open the tide mill?") == ("Brask",)


@pytest.mark.parametrize(
    ("question", "lacks"),
    [
        ("What did the UN say about the mill?", ("UN",)),  # "under", "hunt"
        ("What did Lery say about the mill?", ("Lery",)),  # "Ellery"
        ("Did Vogt leave?", ()),  # "Vogt’s"
        ("did ellery burn?", ()),
        ("Did ELLERY burn?", ()),
    ],
)
def test_a_name_is_looked_for_as_a_whole_word_in_any_case(question: str, lacks: tuple[str, ...]) -> None:
    assert missing(question) == lacks


def test_the_publisher_and_the_title_hold_names_as_well() -> None:
    question = "What did the Valley Post write about Norrvik?"
    assert missing(question, publisher="Valley Post", title="The mill of Norrvik") == ()
    assert missing(question, publisher="Valley Post") == ("Norrvik",)


def test_a_name_that_another_article_of_the_collection_holds_is_not_missing() -> None:
    asked: list[str] = []

    def somewhere(words: Sequence[str]) -> bool:
        asked.extend(words)
        return True

    assert missing_terms(analyse("When did Brask open it?"), [candidate(TEXT)], somewhere) == ()
    assert asked == ["brask"]


@pytest.mark.parametrize(
    "question",
    [
        "Volcanoes erupt when?",  # its first word has a capital anyhow
        "Zebras: how many live in the mill?",
        "WHEN DID BRASK OPEN THE MILL?",
        "When Did Brask Open The Mill Of Gorm?",
        "when did brask open the mill?",
        "Did it open on a Tuesday in October?",
        "Did I miss it?",
    ],
)
def test_nothing_is_called_missing_where_capitals_do_not_tell_names(question: str) -> None:
    assert missing(question) == ()


def test_the_refusal_says_what_no_article_mentions() -> None:
    assert refusal_text(()) == REFUSAL == "The articles do not say."
    assert refusal_text(("Brask",)) == "The articles do not say. No article mentions “Brask”."
    assert refusal_text(("Quote Brask",), "Quote Brask on the mill").endswith("No article mentions “Brask”.")
    assert refusal_text(("Quote",), "Quote Mira Castell") == REFUSAL
    assert refusal_text(("Brask", "Gorm")).endswith("No article mentions “Brask” or “Gorm”.")


@pytest.mark.parametrize(
    ("question", "may"),
    [
        ("Who wrote “tide mill of Port Ellery”?", True),
        ('Who wrote "TIDE MILL of port ellery"?', True),
        ("Who wrote “vogt's son”?", True),
        ("Who wrote “tide mill of Norrvik”?", False),
        ("Who wrote “ide mill”?", False),
        ("Who wrote “tide mill” and “windmill”?", False),
        ("Who wrote of the windmill?", True),
    ],
)
def test_a_phrase_in_quotation_marks_must_stand_in_the_article(question: str, may: bool) -> None:
    assert allowed(MILL, analyse(question)) is may


def test_a_phrase_may_run_over_a_line_break() -> None:
    assert allowed(window("The tide\nmill opened in 1890."), analyse("When did the “tide mill” open?"))


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("mill -Ellery", ["Understanding the hunt under way took years.", "Vogt’s son left."]),
        ("Who left, not Vogt?", ["The tide mill of Port Ellery opened in 1890.",
                                "Understanding the hunt under way took years."]),
        ("mill -mil", ["The tide mill of Port Ellery opened in 1890.",
                       "Understanding the hunt under way took years.", "Vogt’s son left."]),
    ],
)  # fmt: skip
def test_a_sentence_with_a_word_that_is_to_be_left_out_is_shut_out(question: str, texts: list[str]) -> None:
    asked = analyse(question)
    found = [one.text for one in ranked((MILL, reading(MILL, [SURE] * 3))) if not shut_out(one, asked)]
    assert found == texts


def test_an_article_with_the_word_in_its_title_is_shut_out() -> None:
    titled = window("The mill burned down.", title="Vogt leaves the mill")
    assert shut_out(ranked((titled, reading(titled, [SURE])))[0], analyse("mill -Vogt"))


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What cost 44bn?", "It cost 44 billion crowns."),
        ("Who said “never again”?", "Brask said: “Never again.”"),
        ("What did it cost?", "The mill burned down."),
        ("Who said “no such words”?", "The mill burned down."),
    ],
)
def test_what_holds_the_figure_or_the_phrase_that_was_named_comes_first(question: str, first: str) -> None:
    mill = window("The mill burned down. It cost 44 billion crowns. Brask said: “Never again.”")
    found = named_first(ranked((mill, reading(mill, [SURE, UNSURE, UNSURE]))), analyse(question))
    assert found[0].text == first
    assert found[0].score == SURE
    assert len(found) == 3


def test_nothing_is_shown_for_a_figure_that_neither_a_sentence_nor_its_title_holds() -> None:
    told = ranked((MILL, reading(MILL, [SURE] * 3)))
    assert named_first(told, analyse("Who paid $45bn?")) == ()
    titled = window("The mill burned down.", title="A mill of 45 billion")
    assert len(named_first(ranked((titled, reading(titled, [SURE]))), analyse("Who paid $45bn?"))) == 1


def test_a_name_is_not_missing_where_another_name_of_the_same_stands() -> None:
    assert missing("What happened in Turkey?", "Two quakes struck Türkiye on Monday.") == ()


@pytest.mark.parametrize(
    ("asked", "text", "held"),
    [
        ("53537", "Spain counted 53.537 dead.", True),
        ("53.537", "Spain counted 53,537 dead.", True),
        ("53537", "Spain counted 53 537 dead.", True),
        ("1,234,567", "It cost 1.234.567.", True),
        ("53537", "Spain counted 537 dead and 53 missing.", False),
        ("0.125", "They were 125 people.", False),
        ("3,141", "The peak is 3.14 km high.", False),
    ],
)
def test_a_figure_is_known_however_thousands_are_marked(asked: str, text: str, held: bool) -> None:
    (figure,) = figures(asked)
    assert holds_figure(text, figure) is held
