"""Word, OpenDocument and rich text: each text once and in its final version, rows as rows, notes at their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.ingest.files import parse_file
from tests.formats import zipped

CASES = Path(__file__).parent / "data" / "cases" / "docx"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def paragraph(text: str, inner: str = "", style: str = "") -> str:
    shown = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{shown}<w:r><w:t>{text}</w:t></w:r>{inner}</w:p>"


def word(body: str, **parts: str) -> list[str]:
    """The paragraphs that a Word document with this body and these parts gives."""
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>"
    return parse_file("a.docx", zipped({"word/document.xml": document, **parts})).text.split("\n\n")


def odt(body: str, automatic: str = "") -> list[str]:
    """Title, and the paragraphs that an OpenDocument text with this body gives."""
    names = 'xmlns:o="urn:o" xmlns:text="urn:t" xmlns:table="urn:ta" xmlns:draw="urn:d" xmlns:style="urn:s"'
    content = (
        f"<o:document {names}><o:automatic-styles>{automatic}</o:automatic-styles>"
        f"<o:body><o:text>{body}</o:text></o:body></o:document>"
    )
    article = parse_file("a.odt", zipped({"content.xml": content}))
    return [article.title, *article.text.split("\n\n")]


def test_rows_of_a_table_stay_rows_and_the_title_is_the_one_that_is_styled_so() -> None:
    article = parse_file("a.docx", (CASES / "election-table.docx").read_bytes())
    assert article.title == "Tarnwick council election: who won which ward"
    assert article.text.split("\n\n") == [
        "Voters in Tarnwick elected a new council on Thursday. Turnout was 61.4 per cent, the town clerk said.",
        "Ward / Winner / Votes", "Harbour / Piet Ransome / 2,104", "Castle / Orla Mbeki / 1,877",
        "Mill Lane / Sven Adeyemi / 1,312", "Skell Island / Lena Fairweather / 498",
        "Recounts were held in two wards.",
    ]  # fmt: skip


def test_notes_follow_the_paragraph_that_names_them() -> None:
    text = parse_file("a.docx", (CASES / "article-with-footnotes.docx").read_bytes()).text
    assert "Test footnote. Her deputy, Jonas Pell, takes over until the election." in text
    assert "The audit found that 3.7 million crowns had been paid to a firm owned by her brother." in text
    assert text.index("Her deputy") < text.index("The audit found")


def test_two_paragraphs_whose_border_was_deleted_are_one() -> None:
    deleted = "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>The plant closes, </w:t></w:r></w:p>"
    assert word(f"{deleted}{paragraph('the agency said.')}{paragraph('It is old.')}{deleted}") == [
        "The plant closes, the agency said.", "It is old.", "The plant closes,",
    ]  # fmt: skip


def test_only_the_final_version_of_a_document_is_read() -> None:
    gone = "<w:del><w:r><w:t>deleted</w:t></w:r></w:del><w:moveFrom><w:r><w:t>moved away</w:t></w:r></w:moveFrom>"
    come = (
        "<w:ins><w:r><w:t> and inserted</w:t></w:r></w:ins><w:moveTo><w:r><w:t> and moved here</w:t></w:r></w:moveTo>"
    )
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>"
    row = "<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p><w:r><w:t>old row</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    assert word(paragraph("Kept", gone + come + hidden) + row) == ["Kept and inserted and moved here"]


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{paragraph('In the box.')}</w:txbxContent>"
    choice = f"<mc:Choice><w:drawing>{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>"
    drawn = f'<w:r><mc:AlternateContent xmlns:mc="urn:mc">{choice}</mc:AlternateContent></w:r>'
    assert word(paragraph("Around it.", drawn)) == ["Around it.", "In the box."]


def test_a_table_inside_a_cell_gives_its_own_rows() -> None:
    def cells(*texts: str) -> str:
        return "".join(f"<w:tc>{text if text.startswith('<') else paragraph(text)}</w:tc>" for text in texts)

    inner = f"<w:tbl><w:tr>{cells('c', 'd')}</w:tr></w:tbl>{paragraph('b')}"
    assert word(f"<w:tbl><w:tr>{cells('a', inner)}</w:tr></w:tbl>") == ["a / b", "c / d"]


@pytest.mark.parametrize("main", ["word/document2.xml", "content/main.xml"])
def test_the_parts_are_found_by_the_relations_of_the_package(main: str) -> None:
    folder, name = main.split("/")
    styles = f'<w:styles {W}><w:style w:styleId="Titel"><w:name w:val="Title"/></w:style></w:styles>'
    note = f'<w:footnotes {W}><w:footnote w:id="2">{paragraph("A note.")}</w:footnote></w:footnotes>'
    text = paragraph("The headline", style="Titel") + paragraph(
        "The text.", '<w:r><w:footnoteReference w:id="2"/></w:r>'
    )
    parts = {
        "_rels/.rels": f'<Relationships {R}><Relationship Type="{TYPE}/officeDocument" Target="{main}"/>'
        "</Relationships>",
        f"{folder}/_rels/{name}.rels": f'<Relationships {R}><Relationship Type="{TYPE}/styles" Target="own.xml"/>'
        f'<Relationship Type="{TYPE}/footnotes" Target="/notes/n.xml"/></Relationships>',
        f"{folder}/own.xml": styles,
        "notes/n.xml": note,
        main: f"<w:document {W}><w:body>{text}</w:body></w:document>",
    }
    article = parse_file("a.docx", zipped({**parts}))
    assert (article.title, article.text) == ("The headline", "The text.\n\nA note.")


def test_an_opendocument_gives_rows_notes_and_frames_once_and_no_deleted_text() -> None:
    changes = "<text:tracked-changes><text:p>Deleted.</text:p></text:tracked-changes>"
    noted = "<text:note-body><text:p>A note.</text:p></text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{noted}</text:note>"
    frame = "<draw:frame><draw:text-box><text:p>In the frame.</text:p></draw:text-box></draw:frame>"
    cells = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in ("Castle", "1,877"))
    comment = "<o:annotation><text:p>Check this.</text:p></o:annotation>"
    style = '<style:style style:name="P1" style:parent-style-name="Title"/>'
    body = (
        f'{changes}<text:p text:style-name="P1">The headline</text:p>'
        f"<text:p>The text{note} goes on{comment}.{frame}</text:p>"
        f"<table:table><table:table-row>{cells}</table:table-row></table:table>"
    )
    assert odt(body, style) == ["The headline", "The text goes on.", "A note.", "In the frame.", "Castle / 1,877"]


def test_a_footnote_of_rich_text_follows_the_paragraph_that_names_it_with_its_own_letters() -> None:
    first = rb"{\super\chftn{\footnote\pard\plain {\super\chftn} Seven to two, at \'93ten\'94.}}"
    second = rb"{\footnote\ftnalt {\i An \{endnote\}}.\par Its second line.}"
    row = rb"Castle\cell 1,877{\footnote Recounted.}\cell\row "
    data = (
        rb"{\rtf1\ansi\ansicpg1252 The council voted."
        + first
        + rb" It was late."
        + second
        + rb"\par "
        + row
        + rb"End.\par}"
    )
    assert parse_file("a.rtf", data).text.split("\n\n") == [
        "The council voted. It was late.",
        "Seven to two, at “ten”.",
        "An {endnote}. Its second line.",
        "Castle / 1,877",
        "Recounted.",
        "End.",
    ]


def test_rich_text_gives_its_title_rows_and_letters_and_no_hidden_text() -> None:
    data = (
        rb"{\rtf1\ansi\ansicpg1252{\info{\title The robot}{\author Petra Quist}}Robot\'92s books\par "
        rb"Castle\cell 1,877\cell\row {\v hidden}{\deleted gone}Caf\'e9 \u-10179?\u-8704?\par}"
    )
    article = parse_file("a.rtf", data)
    assert (article.title, article.author) == ("The robot", "Petra Quist")
    assert article.text.split("\n\n") == ["Robot’s books", "Castle / 1,877", "Café \N{GRINNING FACE}"]
