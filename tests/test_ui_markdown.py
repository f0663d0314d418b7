"""Text of articles and users is shown letter by letter; only our own links and one emphasis are Markdown."""

from __future__ import annotations

import re

import pytest

from rag.schema import AnswerSentence, Citation
from rag.text.showable import showable
from rag.ui.markdown import cite_link, escape, marks, sentences, shorten

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/a.png)",
    "![x][y]",
    "[y]: http://evil.example/a.png",
    "[click](javascript:alert(1))",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "$x^2$ and $$y$$",
    "`code` ```fence```",
    "**bold** _em_ ~~gone~~",
    ":red[text] :material/home: :smile:",
    "| a | b |",
    "[^1]: note",
    "&lt;b&gt; &#60;",
    "---",
    "https://evil.example and www.evil.example and a@evil.example",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
]


def citation(number: int = 1, *, article: str = "a1", title: str = "A title", quote: str = "A quote.") -> Citation:
    return Citation(number=number, article_id=article, title=title, start=0, end=len(quote), quote=quote)


def sentence(text: str, *cited: Citation) -> AnswerSentence:
    return AnswerSentence(text, cited, 1.0, True)


@pytest.mark.parametrize("text", HOSTILE)
def test_escape_leaves_no_punctuation_that_markdown_could_read(text: str) -> None:
    unescaped = re.sub(r"\\[!-/:-@\[-`{-~]", "", escape(text))
    assert not re.search(r"[!-/:-@\[-`{-~]", unescaped)


@pytest.mark.parametrize("text", HOSTILE)
def test_escape_shows_every_letter(text: str) -> None:
    shown = re.sub(r"\\(.)", r"\1", escape(text)).replace("\u2060", "")
    assert shown == text


def test_addresses_icons_and_arrows_are_split_so_that_the_page_leaves_them_alone() -> None:
    for text in ("https://evil.example", "www.evil.example", "a@evil.example", ":smile:", "->", "<-", ">=", "--"):
        assert "\u2060" in escape(text), text


def test_line_breaks_and_indents_become_single_spaces() -> None:
    assert escape("one\n\n    two\tthree") == "one two three"


def test_control_and_reordering_characters_are_not_shown() -> None:
    assert showable("a\x1b[31mb\u202egnp.exe\u2066c\u2069\x00") == "a[31mbgnp.exec"
    assert showable("שלום\u200f!") == "שלום\u200f!"


def test_a_sentence_carries_a_chip_for_each_citation() -> None:
    text = sentences([sentence("Rain fell.", citation(1), citation(2))], "m3")
    assert text.startswith(r"Rain fell\.")
    assert "[1](#cite-m3-1 " in text
    assert "[2](#cite-m3-2 " in text


def test_marks_that_stand_in_an_article_do_not_become_links() -> None:
    text = sentences([sentence("As shown in [2] and [x](#cite-m1-9).", citation(1))], "m1")
    assert re.findall(r"(?<!\\)\]\((#cite-[^ )]*)", text) == ["#cite-m1-1"]


def test_a_quote_mark_in_a_title_cannot_end_the_tip_of_a_link() -> None:
    link = cite_link("1", "m1-1", 'a" onclick="x) [y](z)')
    assert link.count('"') == 2
    assert link.endswith('")')


def test_the_short_answer_is_bold_once() -> None:
    text = sentences([sentence("It cost $412m in May.", citation()), sentence("It cost $412m.")], "m1", short="$412m")
    assert text.count("**") == 2
    assert r"**\$412m**" in text


def test_a_short_answer_inside_a_word_is_left_plain_when_markdown_could_not_show_it() -> None:
    assert "**" not in sentences([sentence("x(yes)y")], "m1", short="(yes)")


def test_sentences_of_another_article_begin_a_paragraph() -> None:
    one, two = citation(1, article="a1"), citation(2, article="a2")
    text = sentences([sentence("A.", one), sentence("B.", one), sentence("C.", two)], "m1")
    assert text.count("\n\n") == 1


def test_the_unfinished_sentence_hides_its_marks() -> None:
    assert sentences([], "m1", tail="The mayor said [1") == "The mayor said"
    assert sentences([], "m1", tail="Done. [1] More [12] text") == r"Done\. More text"


def test_tips_of_chips_hold_the_quote() -> None:
    assert "A quote" in marks([citation()], "m1")


def test_shorten_cuts_at_a_word() -> None:
    assert shorten("one two three four", 12) == "one two…"
    assert shorten("short", 12) == "short"
    assert len(shorten("x" * 500, 100)) == 100
