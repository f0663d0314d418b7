"""PDF files: columns, heads and feet, titles, broken words, encryption, and letters that are no text."""

from __future__ import annotations

import random
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from fpdf import FPDF

from rag.errors import SourceError
from rag.ingest.formats.pdf.article import article_of
from rag.ingest.formats.pdf.glyphs import Fragment, Page
from rag.ingest.formats.pdf.reader import parse_pdf
from rag.ingest.formats.pdf.worker import MOST_UNREAD

DATA = Path(__file__).parent / "data" / "cases" / "pdf"
HEADLINE = "Tarnwick orders two electric ferries for the crossing to Skell Island"
FERRIES = (
    "Each ferry carries 180 passengers and 24 cars, and a crossing takes nineteen minutes.",
    "Residents of Skell had collected 3,400 signatures for an earlier start of the timetable in the morning.",
    "According to a study by the University of Hexley, the electric boats will reduce emissions of carbon dioxide on "
    "the route by 2,150 tonnes a year.",
    "Mbeki announced that the old ferries would be sold to an operator in Greece.",
    "The name of the second has not been decided; schoolchildren may send in suggestions until the end of October.",
)


def sentences(count: int) -> list[str]:
    """Sentences of two to three lines of a column, each of its own."""
    return [
        f"Witness number {number} told the committee in room {100 + number} that the flood wall on the river Ashby had "
        f"been inspected {number + 3} times since 1998 and that {number + 1} of its defects had been repaired."
        for number in range(1, count + 1)
    ]


class Report(FPDF):
    """A report with a running head, a foot and a page number on each page."""

    def header(self) -> None:
        self.set_font("helvetica", size=8)
        self.cell(0, 8, "Ashby Flood Inquiry")
        self.set_x(150)
        self.cell(0, 8, "Confidential until May", align="R", new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("helvetica", size=8)
        self.cell(0, 8, f"Printed by the council - {self.page_no()}", align="C")


def report(columns: int, lines: list[str], title: str = "The wall that nobody mended") -> bytes:
    """The lines as one paragraph in columns, under a large title, on as many pages as they take."""
    pdf = Report()
    pdf.add_page()
    pdf.set_font("helvetica", style="B", size=20)
    pdf.multi_cell(0, 10, title, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("helvetica", size=10)
    with pdf.text_columns(" ".join(lines), ncols=columns, gutter=8, text_align="J"):
        pass
    return bytes(pdf.output())


@pytest.mark.parametrize("name", ["ferries-hyphens", "ferries-one-column-hyphens", "ferries-two-columns"])
def test_the_headline_is_the_title_and_sentences_of_columns_are_whole(name: str) -> None:
    article = parse_pdf((DATA / f"{name}.pdf").read_bytes())
    assert (article.title, article.author) == (HEADLINE, None)
    assert HEADLINE not in article.text
    assert all(sentence in article.text for sentence in FERRIES)
    assert len(article.text.split("\n\n")) == 4


def test_running_heads_and_feet_are_gone_and_a_head_is_the_title_where_no_other_is() -> None:
    article = parse_pdf((DATA / "report.pdf").read_bytes())
    assert article.title == "Ashby Flood Inquiry - Final Report"
    assert not any(words in article.text for words in ("CONFIDENTIAL", "Printed by", "Page 1", "Final Report"))
    assert all(paragraph.endswith(".") for paragraph in article.text.split("\n\n"))
    assert article.text.count("Section") == 24


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_every_sentence_is_whole_also_over_columns_and_pages(columns: int) -> None:
    told = sentences(70)
    article = parse_pdf(report(columns, told))
    assert article.title == "The wall that nobody mended"
    assert article.text == " ".join(told)


def test_lines_that_are_stretched_to_a_narrow_column_are_no_rows_of_a_table() -> None:
    words = (
        "the council of the town said that a counterproductive reorganisation of schools and of transport is".split()
    )
    chance = random.Random(1)
    told = [" ".join(["Nobody", *chance.choices(words, k=14)]) + "." for _ in range(150)]
    assert parse_pdf(report(3, told)).text.replace("\n\n", " ") == " ".join(told)


def test_what_spans_the_page_between_columns_stands_where_it_was() -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=10)
    for heading, lines in (
        ("First part of the story", sentences(12)[:6]),
        ("Second part of the story", sentences(12)[6:]),
    ):
        pdf.set_font(style="B")
        pdf.set_x(pdf.l_margin)
        pdf.cell(0, 12, f"{heading} {'and its long heading ' * 4}".strip(), new_x="LMARGIN", new_y="NEXT")
        pdf.set_font(style="")
        with pdf.text_columns(" ".join(lines), ncols=2, gutter=8, balance=True):
            pass
    text = parse_pdf(bytes(pdf.output())).text
    places = [text.index(part) for part in ("First part", *sentences(12)[:6], "Second part", *sentences(12)[6:])]
    assert places == sorted(places)


def test_rows_of_a_table_stay_rows() -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=10)
    with pdf.table() as table:
        for cells in (("Ward", "Winner", "Votes"), ("Castle", "Orla Mbeki", "1,877"), ("Quay", "Piet Ransome", "903")):
            table.row(cells)
    assert "Castle / Orla Mbeki / 1,877" in parse_pdf(bytes(pdf.output())).text.split("\n\n")


def test_a_footnote_does_not_part_the_sentence_that_goes_on_on_the_next_page() -> None:
    pdf = FPDF()
    pdf.set_auto_page_break(False)
    pdf.set_font("helvetica", size=10)
    pdf.add_page()
    for line in range(12):
        pdf.text(
            20, 30 + 5 * line, f"The council met again in week {line} and heard the same report about the same wall,"
        )
    pdf.set_font_size(7)
    pdf.text(20, 250, "1. The reports are kept in the town archive.")
    pdf.add_page()
    pdf.set_font_size(10)
    pdf.text(20, 30, "which had been built in 1911 and was never mended since then.")
    text = parse_pdf(bytes(pdf.output())).text
    assert "about the same wall, which had been built in 1911" in text
    assert "The reports are kept in the town archive." in text


@pytest.mark.parametrize("name", ["aes-128-no-password", "aes-256-no-password"])
def test_a_pdf_that_is_encrypted_without_a_password_opens(name: str) -> None:
    assert parse_pdf((DATA / f"{name}.pdf").read_bytes()).title == HEADLINE


def embedded(lines: list[str]) -> bytes:
    """Lines in a font of the file's own."""
    pdf = FPDF()
    pdf.set_compression(False)
    pdf.add_page()
    pdf.add_font("own", fname=str(files("font_source_sans_pro") / "files" / "SourceSansPro-Regular.ttf"))
    pdf.set_font("own", size=11)
    pdf.multi_cell(0, 6, " ".join(lines))
    return bytes(pdf.output())


def test_fonts_that_do_not_say_what_their_letters_are_are_refused() -> None:
    data = embedded(sentences(4))
    assert sentences(1)[0] in parse_pdf(data).text
    with pytest.raises(SourceError, match="do not say which letters"):
        parse_pdf(data.replace(b"/ToUnicode", b"/ToUnicodX"))


def test_signs_in_place_of_letters_are_refused() -> None:
    pictures = str.maketrans("abcdefghijklmnopqrstuvwxyz", "".join(chr(0x2761 + number) for number in range(26)))
    lines = [
        Fragment(line.translate(pictures), 50, 500, 700 - 12 * row, 10.0, unmapped=60)
        for row, line in enumerate(sentences(9))
    ]
    assert article_of([Page(595, 842, tuple(lines))]).unread > MOST_UNREAD
    assert article_of([Page(595, 842, tuple(replace(line, unmapped=0) for line in lines))]).unread == 0


def test_letters_that_make_no_words_of_any_language_are_refused() -> None:
    shifted = [
        "".join(chr(ord(letter) - 29) if ord(letter) > 64 else letter for letter in line) for line in sentences(4)
    ]
    with pytest.raises(SourceError, match="do not say which letters"):
        parse_pdf(embedded(shifted))
