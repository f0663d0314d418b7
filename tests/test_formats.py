"""Documents and tables: what becomes of them, with what they say about themselves, and why others are refused."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from benchmarks import fuzz
from rag.errors import SourceError
from rag.ingest.files import parse_file
from rag.ingest.formats import zips
from rag.ingest.formats.pdf.reader import parse_pdf
from rag.ingest.formats.tables import reader
from rag.ingest.intake import Item, list_items
from rag.schema import Article, Failure
from tests import formats
from tests.formats import BODY, TITLE, zipped

DATA = Path(__file__).parent / "data"


def items(tmp_path: Path, name: str, data: bytes, **fields: str) -> list[Item]:
    path = tmp_path / name
    path.write_bytes(data)
    return list_items([path], fields)


def articles(found: list[Item]) -> list[Article]:
    assert all(isinstance(item, Article) for item in found), found
    return [item for item in found if isinstance(item, Article)]


def reason(found: list[Item]) -> str:
    assert len(found) == 1
    assert isinstance(found[0], Failure), found
    return found[0].reason


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.odt", "a.epub", "a.eml", "a.mhtml"])
def test_a_document_gives_its_whole_text_and_title_and_nothing_else(name: str) -> None:
    article = parse_file(name, formats.samples()[name])
    assert article.title == TITLE
    assert all(line in article.text for line in BODY)
    for other in ("Deleted words", "Attached words", "The page", "alert"):
        assert other not in article.text


def test_the_paragraphs_of_a_document_stay_apart() -> None:
    assert parse_file("a.docx", formats.docx()).text.split("\n\n") == list(BODY)
    assert parse_file("a.odt", formats.odt()).text.split("\n\n") == list(BODY)
    assert parse_file("a.epub", formats.epub()).text.split("\n\n") == list(BODY)


def test_a_date_is_taken_where_it_is_that_of_the_article_and_not_where_it_is_that_of_the_file() -> None:
    dates = {name: parse_file(name, formats.samples()[name]).published for name in ("a.eml", "a.mhtml", "a.epub")}
    assert set(dates.values()) == {date(2022, 5, 25)}
    assert [parse_file(name, formats.samples()[name]).published for name in ("a.pdf", "a.docx", "a.odt")] == [None] * 3


def test_a_mail_is_by_its_sender_and_a_saved_page_keeps_its_address() -> None:
    assert parse_file("a.eml", formats.eml()).author == "Ann Lée"
    assert parse_file("a.mhtml", formats.mhtml()).url == "https://example.org/2022/05/25/ferry"


def looping_pdf() -> bytes:
    return formats.pdf().replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]")


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.pdf", (DATA / "cases/pdf/aes-256-password.pdf").read_bytes(), "encrypted"),
        ("a.pdf", formats.pdf(()), "no text"),
        ("a.pdf", b"%PDF-1.4\n" + b"\x00\xff" * 500, "damaged"),
        ("a.pdf", b"Just words.", "not a PDF"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + b"x" * 600, "encrypted"),
        ("a.docx", formats.docx()[:300], "damaged or incomplete"),
        ("a.docx", zipped({"other.xml": "<a/>"}), "not a complete Word"),
        ("a.docx", zipped({"word/document.xml": "<a><b></a>"}), "damaged"),
        ("a.docx", zipped({"word/document.xml": "<a/>"}), "no text"),
        ("a.epub", zipped({"META-INF/container.xml": "<a/>"}), "incomplete"),
        ("a.eml", b"Just words.", "not an e-mail"),
        ("a.mhtml", formats.eml().replace(b"text/html", b"text/x"), "not a saved page"),
    ],
)
def test_a_damaged_document_is_refused_with_its_reason(name: str, data: bytes, expected: str) -> None:
    with pytest.raises(SourceError, match=expected):
        parse_file(name, data)


@pytest.mark.timeout(120)
def test_a_pdf_whose_pages_loop_or_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(SourceError, match=r"damaged|memory|no text|time"):
        parse_pdf(looping_pdf())
    with pytest.raises(SourceError, match="time allowed"):
        parse_pdf(formats.pdf(), longest=0.01)


def test_a_part_that_unpacks_to_more_than_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"word/document.xml": b"<a>" + b" " * 40_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(SourceError, match="more than 30 MB"):
        parse_file("a.docx", bomb)
    monkeypatch.setattr(zips, "MOST_MEMBERS", 1)
    with pytest.raises(SourceError, match="more than 1"):
        parse_file("a.docx", formats.docx())


def test_entities_of_a_document_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden words")
    evil = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a><p><t>Words &x; here.</t></p></a>'
    assert "hidden" not in parse_file("a.docx", zipped({"word/document.xml": evil})).text


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.jsonl.gz"])
def test_each_row_of_a_table_becomes_an_article(name: str, tmp_path: Path) -> None:
    found = articles(items(tmp_path, name, formats.samples()[name]))
    assert [article.text for article in found] == list(BODY)
    first = found[0]
    assert (first.title, first.url, first.publisher) == ("Ferry stays 0", "https://example.org/0", "Courier")
    assert (first.author, first.published) == ("Ann Lee, Bo Ek", date(2022, 5, 25))
    assert first.source == f"{tmp_path / name}, row 1"


def test_a_csv_with_semicolons_is_read_and_a_column_can_be_named(tmp_path: Path) -> None:
    found = articles(items(tmp_path, "a.csv", formats.table_csv()))
    assert found[0].text == f"{BODY[0]}\n\nSecond paragraph."
    assert found[0].published == date(2022, 5, 25)
    own = b"cim,tortenet\nFerry,The ferry stays.\n"
    assert articles(items(tmp_path, "b.csv", own, text="tortenet", title="cim"))[0].title == "Ferry"
    assert "--map text=COLUMN" in reason(items(tmp_path, "b.csv", own))
    assert "no column 'nix'" in reason(items(tmp_path, "b.csv", own, text="nix"))


def test_markup_in_a_row_is_taken_for_what_a_reader_sees_and_a_number_may_be_a_date(tmp_path: Path) -> None:
    row = {"title": "A &amp; B < C", "body": "<p>One <b>bold</b> word.</p><p>Two.</p>", "date": 1653465600}
    found = articles(items(tmp_path, "a.json", json.dumps([row]).encode()))
    assert found[0].text == "One bold word.\n\nTwo."
    assert found[0].title == "A & B < C"
    assert found[0].published == date(2022, 5, 25)


def test_a_row_without_address_keeps_its_identity_by_its_own_id(tmp_path: Path) -> None:
    first = articles(items(tmp_path, "a.json", b'[{"id": 7, "text": "Old words."}]'))
    second = articles(items(tmp_path, "a.json", b'[{"id": 7, "text": "New words."}]'))
    assert first[0].id == second[0].id != ""


def test_bad_rows_are_named_and_the_others_are_taken(tmp_path: Path) -> None:
    found = items(tmp_path, "a.jsonl", b'{"text": "Good."}\n{broken\n["list"]\n\n{"text": ""}\n{"text": "Fine."}\n')
    assert [type(item) for item in found] == [Article, Failure, Failure, Failure, Article]
    many = items(tmp_path, "b.jsonl", b"x\n" * 1000)
    assert len(many) == reader.MOST_FAILURES + 1
    assert isinstance(many[-1], Failure)
    assert many[-1].reason.startswith("980 more rows")


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", b"{" * 100_000, "not JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", b"[]", "no rows"),
        ("a.json", b"3", "no articles"),
        ("a.jsonl", b" ", "empty"),
        ("a.csv", b"title,text\n", "no rows"),
        ("a.jsonl.gz", gzip.compress(b"x" * 9999)[:20], "cannot be unpacked"),
        ("a.zip", b"no zip", "not a ZIP"),
        ("a.zip", zipped({".hidden.txt": "x", "__MACOSX/a.txt": "x"}), "no articles"),
        ("a.zip", zipped({"b.zip": zipped({"a.txt": "x"})}), "inside an archive"),
    ],
)
def test_a_damaged_table_or_archive_is_refused_with_its_reason(
    name: str, data: bytes, expected: str, tmp_path: Path
) -> None:
    assert expected in reason(items(tmp_path, name, data))


def test_a_table_that_unpacks_to_more_than_allowed_is_refused() -> None:
    with pytest.raises(SourceError, match="Unpacked"):
        list(reader.read_table("a.csv.gz", gzip.compress(b"x" * 5000), {}, largest=4000))


def test_a_table_has_a_bound_of_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reader, "MOST_ROWS", 2)
    found = items(tmp_path, "a.jsonl", formats.table_jsonl())
    assert [type(item) for item in found] == [Article, Article, Failure]


def test_a_zip_gives_its_members_by_their_kind_and_a_bad_one_does_not_stop_the_others(tmp_path: Path) -> None:
    archive = zipped(
        {"one.txt": BODY[0], "../two.docx": formats.docx(), "bad.pdf": b"x", "rows.csv": formats.table_csv()}
    )
    found = items(tmp_path, "a.zip", archive)
    failed = [item for item in found if isinstance(item, Failure)]
    assert [failure.source for failure in failed] == [f"{tmp_path / 'a.zip'}/bad.pdf"]
    assert len(found) == 6
    assert len({item.id or item.url for item in found if isinstance(item, Article)}) == 5


def test_damaged_files_of_every_kind_end_as_articles_or_as_a_reason(tmp_path: Path) -> None:
    for name, data in fuzz.cases(56, seed=1):
        reason_given, seconds = fuzz.outcome(tmp_path, name, data)
        assert reason_given.strip()
        assert seconds < fuzz.SLOWEST_S
