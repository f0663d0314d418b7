"""Exports: every sentence keeps its footnote, and nothing in an article becomes markup, a script or a link."""

from __future__ import annotations

import io
import re
from datetime import date
from html.parser import HTMLParser

import pytest
from docx import Document
from pypdf import PdfReader

from rag.export.docx import to_docx
from rag.export.forms import to_html, to_markdown, to_rich_text, to_text
from rag.export.pages import Exchange, page
from rag.export.pdf import to_pdf
from rag.schema import Answer, AnswerSentence, Citation

HOSTILE = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) ![y](http://e/z) **b** `c` $m$ # h \u202eevil\x1b[31m"


def cite(number: int, quote: str, *, article: str = "a", url: str | None = None, title: str = "A title") -> Citation:
    place = {"article_id": article, "start": number * 1000, "end": number * 1000 + len(quote)}
    return Citation(
        number=number, title=title, quote=quote, publisher="The Post", published=date(2022, 5, 24), url=url, **place
    )  # type: ignore[arg-type]


def answered(*said: tuple[str, Citation]) -> Answer:
    sentences = tuple(AnswerSentence(text, (one,), 1.0, True) for text, one in said)
    return Answer(question="q", text="t", answered=True, sentences=sentences, citations=tuple(c for _, c in said))


ADDRESS = "https://example.com/a%28b%29?c=%3Cd%3E"  # of https://example.com/a(b)?c=<d>
WORTH = "Uncertain, newest source of 24 May 2022.\n\nSearched for: q\n\n"  # how sure, how fresh, what was searched


@pytest.fixture
def exchanges() -> list[Exchange]:
    shared = cite(1, "Rain fell on Monday.", url="https://example.com/a(b)?c=<d>")
    return [
        Exchange("When did it rain?", answered(("It rained.", shared), ("It snowed.", cite(2, "Snow fell.")))),
        Exchange("And where?", answered(("It rained in Vellmar.", shared))),
        Exchange("Why?", Answer(question="Why?", text="The articles do not say.", answered=False)),
    ]


def test_markdown_has_a_footnote_for_each_passage_and_each_only_once(exchanges: list[Exchange]) -> None:
    text = to_markdown(page(exchanges, "Weather"))
    assert text.startswith("# Weather\n")
    assert "It rained.[^1] It snowed.[^2]" in text
    assert "It rained in Vellmar.[^1]" in text
    assert text.count("[^1]: ") == 1
    assert f"[^1]: “Rain fell on Monday.” (A title, The Post, 24 May 2022) <{ADDRESS}>" in text
    assert "The articles do not say." in text


def test_plain_text_numbers_its_sources(exchanges: list[Exchange]) -> None:
    text = to_text(page(exchanges[:1]))
    assert text.startswith(
        "When did it rain?\n\nIt rained. [1] It snowed. [2]\n\n" + WORTH + "[1] “Rain fell on Monday.”"
    )


class Seen(HTMLParser):
    """The tags and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_html_links_each_mark_to_its_note_and_loads_nothing(exchanges: list[Exchange]) -> None:
    seen = Seen()
    seen.feed(to_html(page(exchanges)))
    inside = [link for link in seen.links if link.startswith("#")]
    assert {link[1:] for link in inside} == set(seen.ids) == {"note-1", "note-2"}
    assert not seen.tags & {"script", "img", "iframe", "link"}


def test_html_names_each_source_as_a_quotation_of_a_news_article_at_its_place(exchanges: list[Exchange]) -> None:
    text = to_html(page(exchanges))
    assert text.count('itemscope itemtype="https://schema.org/Quotation"') == 2
    assert text.count('itemscope itemtype="https://schema.org/NewsArticle"') == 2
    for name, value in (
        ("text", ">Rain fell on Monday.<"),
        ("headline", ">A title<"),
        ("name", ">The Post<"),
        ("datePublished", ' datetime="2022-05-24"'),
        ("url", f' content="{ADDRESS}"'),
    ):
        assert f'itemprop="{name}"{value}' in text
    assert f'href="{ADDRESS}#:~:text=Rain%20fell%20on%20Monday."' in text


def test_a_note_leaves_out_the_quotation_that_its_sentence_repeats_word_for_word() -> None:
    verbatim = cite(1, "Rain fell on Monday.")
    made = page([Exchange("Did it rain?", answered(("Rain fell on Monday.", verbatim)))])
    assert "[1] A title, The Post, 24 May 2022." in to_text(made)
    assert "[^1]: A title, The Post, 24 May 2022" in to_markdown(made)
    assert to_html(made).count("Rain fell on Monday.") == 2
    told = page([Exchange("q", answered(("Rain fell on Monday.", verbatim), ("It rained.", verbatim)))])
    assert "[1] “Rain fell on Monday.” A title" in to_text(told)


def test_the_day_of_the_question_is_kept() -> None:
    made = page([Exchange("q", answered(("It rained.", cite(1, "Rain."))), date(2026, 3, 4))])
    assert "Uncertain, newest source of 24 May 2022, asked on 4 March 2026." in to_text(made)


def test_rich_text_leads_from_each_number_to_the_place_in_the_original(exchanges: list[Exchange]) -> None:
    seen = Seen()
    seen.feed(to_rich_text(page(exchanges[:1])))
    place = f"{ADDRESS}#:~:text=Rain%20fell%20on%20Monday."
    assert seen.links == [place, place]  # at the sentence and in the list; the second source has no address
    assert seen.tags <= {"h2", "p", "em", "sup", "a"}


def test_the_word_file_holds_headings_numbers_that_lead_to_the_sources_and_links(exchanges: list[Exchange]) -> None:
    made = Document(io.BytesIO(to_docx(page(exchanges, "Weather"))))
    heads = [one.text for one in made.paragraphs if str(one.style.name).startswith("Heading")]
    assert heads == ["Weather", "When did it rain?", "And where?", "Why?", "Sources"]
    text = "\n".join(one.text for one in made.paragraphs)
    assert "It rained.1 It snowed.2" in text
    assert "1  “Rain fell on Monday.” A title, The Post, 24 May 2022. " + ADDRESS in text
    xml = made.element.xml
    assert set(re.findall(r'w:anchor="(\w+)"', xml)) == set(re.findall(r'bookmarkStart[^>]* w:name="(\w+)"', xml))
    outside = [one.target_ref for one in made.part.rels.values() if one.is_external]
    assert outside == [f"{ADDRESS}#:~:text=Rain%20fell%20on%20Monday."]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//x", "http://[", ""]
)
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    made = page([Exchange("q", answered(("S.", cite(1, "Q.", url=url))))])
    assert made.footnotes[0].url == ""
    assert '<a href="#note-1"' in to_html(made)
    assert len(re.findall(r"<a ", to_html(made))) == 1


def test_hostile_text_is_text_in_every_form() -> None:
    made = page([Exchange(HOSTILE, answered((HOSTILE, cite(1, HOSTILE, title=HOSTILE))))])
    seen = Seen()
    seen.feed(to_html(made))
    assert not seen.tags & {"img", "script"}
    assert seen.links == ["#note-1"]
    markdown = to_markdown(made)
    assert not re.search(r"(?<!\\)[<`$*]|(?<!\\)\]\(", markdown.replace("<https", ""))
    rich = Seen()
    rich.feed(to_rich_text(made))
    assert rich.tags <= {"h2", "p", "em", "sup", "a"}
    word = Document(io.BytesIO(to_docx(made))).element.xml
    for form in (markdown, to_text(made), to_html(made), to_rich_text(made), word):
        assert "\u202e" not in form
        assert "\x1b" not in form


def test_lines_that_look_like_lists_or_headings_stay_lines() -> None:
    made = page([Exchange("1. June", answered(("- not a list", cite(1, "=== x"))))], "Title")
    text = to_markdown(made)
    assert "\\- not a list" in text
    assert r"## 1\. June" in text


def test_the_pdf_holds_questions_sentences_quotes_and_a_link(exchanges: list[Exchange]) -> None:
    reader = PdfReader(io.BytesIO(to_pdf(page(exchanges, "Weather in Łódź"))))
    text = "\n".join(one.extract_text() for one in reader.pages)
    for wanted in ("Weather in Łódź", "When did it rain?", "It snowed.", "“Rain fell on Monday.”", "24 May 2022"):
        assert wanted in text
    links = [note.get_object()["/A"]["/URI"] for one in reader.pages for note in one.get("/Annots", [])]
    assert set(links) == {f"{ADDRESS}#:~:text=Rain%20fell%20on%20Monday."}
    assert reader.metadata is not None
    assert reader.metadata.title == "Weather in Łódź"


def test_the_pdf_says_so_when_its_font_lacks_letters() -> None:
    made = page([Exchange("Что сказал 習近平?", answered(("Привет.", cite(1, "Привет."))))])
    text = PdfReader(io.BytesIO(to_pdf(made))).pages[0].extract_text()
    assert "Что сказал ■■■?" in text
    assert "are not in the font of this PDF" in text


def test_a_long_conversation_goes_over_many_pages() -> None:
    long = [Exchange(f"Question {n}?", answered((f"{'word ' * 200}end.", cite(n, "Q " * 100)))) for n in range(1, 21)]
    assert len(PdfReader(io.BytesIO(to_pdf(page(long)))).pages) > 5
