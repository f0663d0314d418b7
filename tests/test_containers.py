"""Files of many articles: each article with its own title, outlet, day and author; what is none is named."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.ingest.intake import Item, list_items
from rag.ingest.link_lists import feeds_in
from rag.schema import Article, Failure
from tests.formats import BODY, zipped

CASES = Path(__file__).parent / "data" / "cases"
PRESS = [
    ("Robot sorts the books of Oakham", "The Oakham Mail", "Petra Quist", date(2023, 10, 27)),
    ("Storm tears roof off swimming hall", "Lindby Post", "Emil K", date(2023, 11, 1)),
    ("Ferry line to Skell gets electric boats", "Tarnwick Gazette", "Orla B", date(2024, 1, 9)),
]


def articles(found: list[Item]) -> list[Article]:
    assert all(isinstance(item, Article) for item in found), found
    return [item for item in found if isinstance(item, Article)]


def read(tmp_path: Path, name: str, data: bytes | str) -> list[Item]:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list_items([path])


def described(found: list[Article]) -> list[tuple[str, str | None, str | None, date | None]]:
    return [(one.title, one.publisher, one.author, one.published) for one in found]


NEXIS_UNI = """User Name: Jane
Documents (2)
1. Robot sorts the books of Oakham
Robot sorts the books of Oakham
The Oakham Mail
October 27, 2023 Friday
Copyright 2023 The Oakham Mail Ltd. All Rights Reserved
Section: NEWS; Pg. 4
Length: 212 words
Byline: By Petra Quist
Highlight: It never sleeps.
Body

The library in Oakham has bought a robot that sorts returned books.

Two members of staff will be trained: one to repair it, one to feed it.

Load-Date: October 28, 2023
End of Document

Storm tears roof off swimming hall
Lindby Post
November 1, 2023 Wednesday
Copyright 2023 Lindby Post All Rights Reserved
Section: NEWS
Length: 80 words
Byline: Emil K
Body

A storm tore the roof off the swimming hall in Lindby on Saturday night.

Load-Date: November 1, 2023
End of Document
"""
FACTIVA = """Robot sorts the books of Oakham

Petra Quist
212 words
27 October 2023
08:15
The Oakham Mail
OAKML
4
English
Copyright 2023 The Oakham Mail Ltd.

The library in Oakham has bought a robot that sorts returned books.

Two members of staff will be trained to repair it.

Document OAKML00020231027ejar0000a

Storm tears roof off swimming hall

Emil K
80 words
1 November 2023
Lindby Post
LNDBP
English
(c) 2023 Lindby Post

A storm tore the roof off the swimming hall in Lindby on Saturday night.

Document LNDBP00020231101ejb10000b
"""
FACTIVA_FIELDS = """SE News
HD Robot sorts the books of Oakham
BY By Petra Quist
WC 212 words
PD 27 October 2023
SN The Oakham Mail
SC OAKML
LA English
CY Copyright 2023 The Oakham Mail Ltd.
LP
The library in Oakham has bought a robot that sorts returned books.

TD
Two members of staff will be trained to repair it.

RE uk : United Kingdom
AN
Document OAKML00020231027ejar0000a

HD Storm tears roof off swimming hall
BY Emil K
WC 80 words
PD 1 November 2023
SN Lindby Post
LP
A storm tore the roof off the swimming hall in Lindby on Saturday night.

AN
Document LNDBP00020231101ejb10000b
"""
PROQUEST_FIELDS = """____________________________________________________________

Title: Robot sorts the books of Oakham

Author: Quist, Petra

Publication title: The Oakham Mail; Oakham

Publication date: Oct 27, 2023

ProQuest document ID: 123

Document URL: https://www.proquest.example/docview/123

Full text: The library in Oakham has bought a robot that sorts returned books.

Two members of staff will be trained to repair it.

Copyright: Copyright Oakham Mail Oct 27, 2023

____________________________________________________________

Title: Storm tears roof off swimming hall

Publication title: Lindby Post

Publication date: Nov 1, 2023

Full text: A storm tore the roof off the swimming hall in Lindby on Saturday night.

Last updated: 2023-11-02

____________________________________________________________
"""


@pytest.mark.parametrize("name", ["nexis.txt", "proquest.txt"])
def test_an_export_of_a_press_database_gives_each_article_with_what_it_says_about_it(name: str) -> None:
    found = articles(list_items([CASES / "press" / name]))
    assert described(found) == PRESS
    assert found[0].text.startswith("The library in Oakham has bought a robot")
    assert found[0].text.endswith("Two members of staff will be trained to repair it.")
    assert found[1].source == f"{CASES / 'press' / name}, article 2"


@pytest.mark.parametrize("text", [NEXIS_UNI, FACTIVA, FACTIVA_FIELDS, PROQUEST_FIELDS])
def test_the_other_forms_of_these_exports_are_read_alike(text: str, tmp_path: Path) -> None:
    found = articles(read(tmp_path, "export.txt", text))
    assert [(one.title, one.publisher, one.published) for one in found] == [
        (title, publisher, day) for title, publisher, _, day in PRESS[:2]
    ]
    assert found[0].author in ("Petra Quist", "Quist, Petra")
    assert "The library in Oakham has bought a robot that sorts returned books.\n\nTwo members" in found[0].text
    assert found[1].text == "A storm tore the roof off the swimming hall in Lindby on Saturday night."


def test_an_export_as_rich_text_or_word_is_the_same(tmp_path: Path) -> None:
    lines = NEXIS_UNI.splitlines()
    rtf = r"{\rtf1\ansi\ansicpg1252 " + "".join(rf"{line}\par " for line in lines) + "}"
    name = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    docx = zipped({"word/document.xml": f"<w:document {name}><w:body>{body}</w:body></w:document>"})
    for file, data in (("a.rtf", rtf.encode()), ("a.docx", docx)):
        found = articles(read(tmp_path, file, data))
        assert [one.title for one in found] == [PRESS[0][0], PRESS[1][0]]
        assert [one.published for one in found] == [PRESS[0][3], PRESS[1][3]]


def test_a_text_that_speaks_of_documents_stays_one_article(tmp_path: Path) -> None:
    told = "The court read 3 of 40 documents.\n\nFull text of the ruling: it was short.\n\n" + "_" * 30 + "\n\nEnd."
    assert read(tmp_path, "a.txt", told) == [tmp_path / "a.txt"]


def test_evernote_notes_keep_their_address_and_the_day_of_clipping_is_no_day_of_publication() -> None:
    (note,) = articles(list_items([CASES / "exports" / "evernote.enex"]))
    assert (note.title, note.author, note.url) == (
        "A robot sorts the books of Oakham", "Petra Quist", "https://example.org/robot",
    )  # fmt: skip
    assert note.published is None
    assert note.text.split("\n\n")[2] == "Two members of staff will be trained to repair it."


def note(title: str, text: str, more: str = "") -> str:
    """A note of an Evernote export: its text has no declaration of its encoding."""
    content = f"<![CDATA[<en-note><div>{text}</div></en-note>]]>"
    return f"<note><title>{title}</title><created>20260210T101010Z</created><content>{content}</content>{more}</note>"


def test_pictures_and_tasks_of_a_note_say_nothing_about_it_and_two_clippings_of_a_page_stay_two(tmp_path: Path) -> None:
    clipped = (
        "<note-attributes><author>Petra Quist</author><source-url>https://a.example/p</source-url></note-attributes>"
    )
    picture = (
        "<resource><data>iVBORw0KGgo=</data><resource-attributes><source-url>https://cdn.example/p.png</source-url>"
        "</resource-attributes></resource>"
    )
    task = "<task><title>Call the harbour</title><created>20260211T101010Z</created></task>"
    export = "".join(
        note(*one)
        for one in (
            ("Plant", "“Nobody is left alone,” she said.", clipped + picture),
            ("Harbour", "It grew by 7 percent.", picture + task),
            ("Plant, continued", "Two boilers stay.", clipped),
        )
    )
    found = articles(read(tmp_path, "notes.enex", f"<en-export>{export}</en-export>"))
    assert [(one.title, one.url, one.author) for one in found] == [
        ("Plant", "https://a.example/p", "Petra Quist"),
        ("Harbour", None, None),
        ("Plant, continued", "https://a.example/p", "Petra Quist"),
    ]
    assert found[0].text == "“Nobody is left alone,” she said."
    assert found[1].id
    assert found[2].id


RIS = """TY  - NEWS
T1  - The tram that came late
AU  - Falcao, Rui
AU  - Brightwater Archive
DA  - 2025/03/03/
T2  - The Courier
AB  - The mayor of Brightwater said that the tram will open in May. It is two years late.
UR  - https://courier.example/tram
LA  - en
ER  -

TY  - JOUR
TI  - A work without its abstract
ER  -
"""
BIBTEX = r"""@string{courier = "The Courier"}
@article{falcao2025, title = {The {Tram} that Came Late}, author = {Falc{\~a}o, Rui and {Brightwater Archive}},
  year = 2025, month = mar, day = 3, journal = courier, doi = {10.1234/tram},
  abstract = {The mayor of Brightwater said that the tram will open in May. It costs 5\% more \& is late.}}
@misc{other, title = {A work without its abstract}, year = 2024, note = unknown}
"""


@pytest.mark.parametrize(
    ("name", "data", "author", "url", "end"),
    [
        ("a.ris", RIS, "Rui Falcao", "https://courier.example/tram", "two years late."),
        ("a.bib", BIBTEX, "Rui Falcão", "https://doi.org/10.1234/tram", "5% more & is late."),
    ],
)
def test_a_list_of_references_gives_its_abstracts_and_names_the_works_without_one(
    name: str, data: str, author: str, url: str, end: str, tmp_path: Path
) -> None:
    items = list(read(tmp_path, name, data.encode()))
    (found,) = [one for one in items if isinstance(one, Article)]
    (lacking,) = [one for one in items if isinstance(one, Failure)]
    assert found.title.lower() == "the tram that came late"
    assert (found.author, found.publisher) == (f"{author}, Brightwater Archive", "The Courier")
    assert (found.url, found.published) == (url, date(2025, 3, 3))
    assert found.text.endswith(end)
    assert "only the abstract" in found.notes[0]
    assert "no abstract" in lacking.reason


def test_a_reference_without_an_address_is_the_same_one_the_next_time(tmp_path: Path) -> None:
    data = "TY  - NEWS\nTI  - Tram\nAB  - It opens in May.\nPY  - 2025\nER  -\n"
    first, second = (next(iter(read(tmp_path, name, data.encode()))) for name in ("a.ris", "b.ris"))
    assert isinstance(first, Article)
    assert first.id
    assert first.id == second.id
    assert first.published is None  # a year alone is no day


def test_a_feed_kept_as_a_file_gives_its_entries_with_their_own_texts() -> None:
    (entry,) = articles(list_items([CASES / "exports" / "feed.xml"]))
    assert (entry.title, entry.publisher) == ("A robot sorts the books of Oakham", "Oakham Mail")
    assert entry.text.startswith("The library in Oakham")


WORDPRESS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/1.2/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Oakham Mail</title><language>en-GB</language>
<item><title>Robot</title><link>https://example.org/robot</link><dc:creator>Petra Quist</dc:creator>
<pubDate>Fri, 27 Oct 2023 06:00:00 +0000</pubDate><content:encoded><![CDATA[<!-- wp:paragraph -->
<p>The library has bought a <b>robot</b>.</p>
<!-- /wp:paragraph -->]]></content:encoded><wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item>
<item><title>Storm</title><link>https://example.org/storm</link>
<content:encoded><![CDATA[A storm tore the <em>roof</em> off.

[caption id="1" align="left"]Nobody was hurt.[/caption]]]></content:encoded>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item>
<item><title>logo</title><link>https://example.org/logo</link><content:encoded><![CDATA[A logo]]></content:encoded>
<wp:status>inherit</wp:status><wp:post_type>attachment</wp:post_type></item>
<item><title>Not yet</title><link>https://example.org/?p=3</link>
<content:encoded><![CDATA[Half of it]]></content:encoded>
<wp:status>draft</wp:status><wp:post_type>post</wp:post_type></item>
</channel></rss>"""


def test_a_wordpress_export_gives_what_was_published_and_names_the_drafts(tmp_path: Path) -> None:
    robot, storm, draft = read(tmp_path, "export.xml", WORDPRESS)
    assert isinstance(robot, Article)
    assert isinstance(storm, Article)
    assert isinstance(draft, Failure)
    assert (robot.text, robot.author, robot.published) == (
        "The library has bought a robot.", "Petra Quist", date(2023, 10, 27),
    )  # fmt: skip
    assert storm.text == "A storm tore the roof off.\n\nNobody was hurt."
    assert "never published" in draft.reason


def test_the_authors_of_a_wordpress_export_are_called_as_their_site_calls_them(tmp_path: Path) -> None:
    author = (
        "<wp:author><wp:author_login>pq</wp:author_login>"
        "<wp:author_display_name><![CDATA[Petra Quist]]></wp:author_display_name></wp:author><item>"
    )
    export = WORDPRESS.replace("<item>", author, 1).replace("<dc:creator>Petra Quist", "<dc:creator>pq")
    robot = read(tmp_path, "export.xml", export)[0]
    assert isinstance(robot, Article)
    assert robot.author == "Petra Quist"


OPML = """<?xml version="1.0"?><opml version="2.0"><body><outline text="News">
<outline type="rss" xmlUrl="https://example.org/a.xml"/><outline type="rss" xmlUrl="https://example.org/b.xml"/>
<outline type="rss" xmlUrl="https://example.org/a.xml"/></outline></body></opml>"""


@pytest.mark.parametrize("name", ["feeds.opml", "feeds.xml"])
def test_a_list_of_feeds_is_called_one_with_the_command_that_fetches_them(name: str, tmp_path: Path) -> None:
    (found,) = read(tmp_path, name, OPML)
    assert isinstance(found, Failure)
    assert found.reason == f"This is a list of feeds (2), not of articles. Fetch them: rag add --feed {tmp_path / name}"
    assert feeds_in(str(tmp_path / name)) == ["https://example.org/a.xml", "https://example.org/b.xml"]


def test_the_address_of_a_feed_is_itself_and_a_file_of_something_else_no_list(tmp_path: Path) -> None:
    assert feeds_in("https://example.org/a.xml") == ["https://example.org/a.xml"]
    other = tmp_path / "other.xml"
    other.write_text("<rss><channel></channel></rss>")
    with pytest.raises(SourceError, match="no list of feeds"):
        feeds_in(str(other))


def test_an_address_of_another_scheme_is_no_path() -> None:
    (found,) = list_items(["ftp://example.org/a.txt"])
    assert isinstance(found, Failure)
    assert found == Failure("ftp://example.org/a.txt", "Only http and https addresses are fetched. Check the address.")


def test_other_xml_in_a_folder_is_passed_over_and_named_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.xml").write_text("<settings/>")
    (tmp_path / "a.txt").write_text("Words.")
    assert list_items([tmp_path]) == [tmp_path / "a.txt"]
    (failed,) = list_items([tmp_path / "settings.xml"])
    assert isinstance(failed, Failure)
    assert "no kind that is read" in failed.reason


def test_a_news_issue_as_epub_gives_its_articles_without_menus() -> None:
    found = articles(list_items([CASES / "epub" / "calibre-news.epub"]))
    assert [(one.title, one.url, one.publisher, one.published) for one in found] == [
        ("A robot sorts the books", "https://mail.example/robot", "The Oakham Mail", date(2023, 10, 27)),
        ("Storm tears roof off hall", "https://mail.example/storm", "The Oakham Mail", date(2023, 10, 27)),
    ]
    assert found[1].text == (
        "A storm tore the roof off the swimming hall in Lindby on Saturday night, said councillor Emil Strand."
    )


def news_issue(text: str) -> bytes:
    """A news issue with one article as Calibre writes it: in UTF-8 without saying so, its address among the menus."""
    address = "https://mail.example/plant"
    foot = (
        "<div class='calibre_navbar'><hr/><p>This article was downloaded by <strong>calibre</strong> from "
        f"<a href='{address}' rel='calibre-downloaded-from'>{address}</a></p>| <a href='#'>Section menu</a> |</div>"
    )
    package = (
        "<package xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata><dc:title>The Oakham Mail [Mon, 09 Feb 2026]"
        "</dc:title></metadata><manifest><item id='a' href='feed_0/article_0/index_u1.html'/></manifest>"
        "<spine><itemref idref='a'/></spine></package>"
    )
    contents = (
        "<ncx xmlns='urn:n' xmlns:calibre='urn:c'><navMap><navPoint><content src='feed_0/article_0/index_u1.html#x'/>"
        "<calibre:meta name='author'>Petra Quist</calibre:meta></navPoint></navMap></ncx>"
    )
    return zipped(
        {
            "META-INF/container.xml": "<container><rootfile full-path='content.opf'/></container>",
            "content.opf": package,
            "toc.ncx": contents,
            "feed_0/article_0/index_u1.html": f"<html><body><h1>The plant</h1><p>{text}</p>{foot}</body></html>",
        }
    )


def test_an_article_of_a_news_issue_has_its_address_author_and_letters(tmp_path: Path) -> None:
    (found,) = articles(read(tmp_path, "issue.epub", news_issue("“Nobody is left alone,” said Zoë.")))
    assert (found.text, found.url, found.author) == (
        "“Nobody is left alone,” said Zoë.", "https://mail.example/plant", "Petra Quist",
    )  # fmt: skip


def web_archive(pages: dict[str, str], *, gzipped: bool) -> bytes:
    """A web archive of these pages by address, each record packed by itself."""
    records = []
    for url, page in pages.items():
        kind = "image/png" if url.endswith(".png") else "text/html; charset=utf-8"
        status = "404 Not Found" if "gone" in url else "200 OK"
        answer = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n{page}".encode()
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2023-11-01T08:00:00Z\r\n"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n"
        )
        records.append(head.encode() + answer + b"\r\n\r\n")
    return b"".join(gzip.compress(record) if gzipped else record for record in records)


@pytest.mark.parametrize("name", ["crawl.warc", "crawl.warc.gz", "crawl.wacz"])
def test_a_web_archive_gives_the_articles_of_its_pages(name: str, tmp_path: Path) -> None:
    story = "".join(f"<p>{line}</p>" for line in BODY)
    head = "<html><head><title>Ferry stays</title></head>"
    page = f"{head}<body><article><h1>Ferry stays</h1>{story}</article></body></html>"
    pages = {
        "https://example.org/2022/05/25/ferry": page,
        "https://example.org/gone": page,
        "https://example.org/logo.png": "picture",
        "https://example.org/empty": "<html><body>Menu</body></html>",
    }
    data = web_archive(pages, gzipped=name.endswith(("gz", "wacz")))
    if name.endswith("wacz"):
        data = zipped({"archive/data.warc.gz": data, "datapackage.json": "{}"})
    found = [item for item in read(tmp_path, name, data) if isinstance(item, Article)]
    assert [(one.title, one.url) for one in found] == [("Ferry stays", "https://example.org/2022/05/25/ferry")]
    assert all(line in found[0].text for line in BODY)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.enex", b"<html/>", "not an Evernote export"),
        ("a.enex", b"", "empty"),
        ("a.ris", b"words", "holds no references|no list of references"),
        ("a.bib", b"words", "holds no references"),
        ("a.bib", b"@article{a title}", "no list of references"),
        ("a.warc", b"words", "not a web archive"),
        ("a.warc.gz", b"\x1f\x8b" + b"x" * 50, "damaged|no articles"),
        ("a.rss", b"<html/>", "not a feed"),
        ("a.rtf", b"words", "not a rich text"),
    ],
)
def test_a_damaged_file_of_many_articles_is_refused_with_its_reason(
    name: str, data: bytes, expected: str, tmp_path: Path
) -> None:
    from rag.ingest.intake import take

    (taken,) = [take(item, lambda _: None, set()) for item in read(tmp_path, name, data)]
    assert isinstance(taken, Failure)
    assert any(part in taken.reason for part in expected.split("|")), taken.reason
