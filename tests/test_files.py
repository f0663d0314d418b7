"""Files and folders: what becomes an article, and what is refused with which reason."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.ingest import files
from rag.ingest.files import find_files, parse_file, read_raw
from rag.ingest.formats.markdown import to_plain
from rag.ingest.frontmatter import split_front_matter
from rag.ingest.html import parse_html

CASES = Path(__file__).parent / "data" / "cases"
BODY = (
    "The town of Norrmouth voted on Tuesday to keep its ferry, with 6,412 votes for and 1,877 against, the mayor said.",
    "The operator must now sign a contract by the first of July, and critics say that the line loses money each year.",
    "Residents had collected signatures for months, in the market square and on the quay, before the council gave in.",
)


def page(head: str = "", *, body: str = "", paragraphs: tuple[str, ...] = BODY) -> bytes:
    """A page with an article and the usual things around it."""
    inner = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Ferry stays | Courier</title>{head}</head>"
        f"<body><nav><a href='/'>Home</a><a href='/sport'>Sport</a></nav>{body}<article><h1>Ferry stays</h1>{inner}"
        f"</article><footer>Imprint</footer></body></html>"
    ).encode()


def test_front_matter_describes_the_article_and_unknown_keys_are_ignored() -> None:
    article = parse_file(
        "a.md",
        b"---\ntitle: Ferry: it stays\npublisher: Courier\nauthor: [Ann Lee, Bo Ek]\npublished: 2022-05-25\n"
        b"url: https://example.org/a\nlanguage: en-GB\nmood: glad\n---\n\nThe ferry stays.\n",
    )
    assert (article.title, article.publisher, article.url) == ("Ferry: it stays", "Courier", "https://example.org/a")
    assert article.published == date(2022, 5, 25)
    assert article.language == "en"
    assert article.text == "The ferry stays."
    assert split_front_matter("---\nauthor: [Ann Lee, Bo Ek]\n---\n")[0].author == "Ann Lee, Bo Ek"


@pytest.mark.parametrize("bad", ["2022-13-45", "someday", "!!python/object:os.system", "[1, 2]", ""])
def test_a_bad_date_in_the_front_matter_means_no_date(bad: str) -> None:
    article = parse_file("a.md", f"---\ntitle: T\npublished: {bad}\n---\nText.".encode())
    assert article.published is None
    assert article.text == "Text."


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", 'https://a"onclick=', "https://a b"])
def test_only_web_addresses_become_the_address_of_an_article(address: str) -> None:
    assert parse_file("a.md", f"---\ntitle: T\nurl: '{address}'\n---\nText.".encode()).url is None


def test_a_rule_at_the_head_of_a_text_is_not_front_matter() -> None:
    assert parse_file("a.txt", b"---\nJust a line.\n---\nText.").text == "---\nJust a line.\n---\nText."


def test_markdown_becomes_what_a_reader_sees() -> None:
    title, text = to_plain(
        "# Ferry **stays**\n\nThe [town](https://example.org/(a)) voted *yes*,\nsaid the mayor.\n\n"
        "<!-- hidden -->\n![photo](x.png)\n\n- one_of_many words\n- 2 * 3 * 4\n\n> quoted `code`\n\n---\n\nEnd\\*\n"
    )
    assert title == "Ferry stays"
    assert text.split("\n\n") == [
        "The town voted yes, said the mayor.", "- one_of_many words", "- 2 * 3 * 4", "quoted code", "End*",
    ]  # fmt: skip


def test_front_matter_of_toml_json_and_pandoc_is_read() -> None:
    toml = (CASES / "markdown" / "hugo-toml.md").read_bytes()
    nested = b'+++\ntitle = "T"\n[params]\nauthor = "Ann Lee"\n+++\nText.'
    as_json = b'{"title": "T", "date": "2023-10-27", "authors": ["Ann Lee"]}\n\nText.'
    pandoc = b"% T\n% Ann Lee\n% 27 October 2023\n\nText."
    found = parse_file("a.md", toml)
    assert (found.title, found.author, found.published) == (
        "A robot sorts the books of Oakham 2", "Petra Quist", date(2023, 10, 27),
    )  # fmt: skip
    assert found.text.startswith("The museum in Oakham")
    for data in (nested, as_json, pandoc):
        article = parse_file("a.md", data)
        assert (article.title, article.author, article.text) == ("T", "Ann Lee", "Text.")
    assert parse_file("a.md", b'{"key": "no front matter"}\n\nText.').text.endswith("Text.")


def test_fields_below_a_note_of_joplin_are_no_text() -> None:
    found = parse_file("a.md", (CASES / "markdown" / "joplin.md").read_bytes())
    assert (found.title, found.author, found.url) == ("Old mill burns down", "Asta", "https://example.org/mill")
    assert found.text.endswith("The mill dates from 1782.")
    assert found.published is None


def test_a_clipping_of_obsidian_becomes_what_a_reader_sees() -> None:
    found = parse_file("a.md", (CASES / "markdown" / "obsidian-clipper.md").read_bytes())
    assert (found.title, found.author, found.url, found.published) == (
        "A robot sorts the books of Oakham", "Petra Quist", "https://example.org/robot", date(2023, 10, 27),
    )  # fmt: skip
    assert found.text.split("\n\n")[1:] == [
        "What it can do",
        "Two members of staff will be trained to repair it. See Robots and the library. Readers return about 400,000 "
        "books a year.",
        "Nyberg", "We will not dismiss anybody.", "- call Petra", "- Speed: 1,200 books",
        "Year / Books", "2022 / 380,000", "2023 / 400,000",
        "A footnote.", "The price excludes value added tax.", "print('hi')",
    ]  # fmt: skip


def test_what_a_page_of_markdown_never_shows_is_no_text_and_code_about_it_is() -> None:
    raw = (
        "<div>\n<script>\nlet a = 1;\n\nfunction b() {}\n</script>\n</div>\n\n<!-- x -->\n<noscript>Allow it</noscript>"
    )
    marks = '{% include ad.html %}\n\n{{< figure src="a.png" >}}\n\n#city/harbour #ferry'
    code = "Write `<script>` so:\n\n```html\n<script>run()</script>\n```"
    shown = "Before <script>track()</script>after, <style>p {color: red}</style>and on.\n{: .lead}"
    found = parse_file("a.md", "\n\n".join(["# T", marks, raw, shown, code, "<p>Raw words stay.</p>"]).encode())
    assert found.text.split("\n\n") == [
        "Before after, and on.", "Write <script> so:", "<script>run()</script>", "Raw words stay.",
    ]  # fmt: skip


def test_a_script_that_never_ends_costs_no_text_and_no_time() -> None:
    found = parse_file(
        "a.md", b"# T\n\nFirst words.\n\nThen <script>more.\n\n" + b"<script>" * 20_000 + b"\n\nLast words."
    )
    assert found.text.startswith("First words.")
    assert found.text.endswith("Last words.")


@pytest.mark.parametrize(
    "fields",
    [
        "URL: https://example.org/b\nAuthor: Ann Lee\nPublished: March 5, 2024",
        "![cover](https://x.example/a.png)\n\n## Metadata\n- Author: [[Ann Lee]]\n- URL: https://example.org/b\n"
        "- Date: 2024-03-05\n- **Category**: #articles",
    ],
)
def test_fields_below_the_heading_of_a_note_describe_its_article(fields: str) -> None:
    found = parse_file("a.md", f"# Bridge closed\n\n{fields}\n\nThe council voted.".encode())
    assert (found.title, found.author, found.url, found.published, found.text) == (
        "Bridge closed", "Ann Lee", "https://example.org/b", date(2024, 3, 5), "The council voted.",
    )  # fmt: skip


def test_lines_of_a_story_that_look_like_fields_stay_text() -> None:
    told = "Winner: Piet Ransome\nVotes: 2,104"
    assert "Votes: 2,104" in parse_file("a.md", f"# Results\n\n{told}\n\nRecounts follow.".encode()).text


def test_front_matter_without_anything_of_the_article_is_no_text_either() -> None:
    assert parse_file("a.md", b"---\ntags:\n  - a\naliases: []\n---\n# T\n\nText.").text == "Text."


def test_a_page_gives_its_article_without_what_stands_around_it() -> None:
    head = "<meta property='og:site_name' content='Courier'><link rel='canonical' href='https://example.org/ferry'>"
    article = parse_html(page(head))
    assert article.title == "Ferry stays"
    assert article.publisher == "Courier"
    assert article.url == "https://example.org/ferry"
    assert all(paragraph in article.text for paragraph in BODY)
    assert "Sport" not in article.text
    assert "Imprint" not in article.text


def test_the_heading_of_something_else_is_not_the_title() -> None:
    data = page().replace(b"<h1>Ferry stays</h1>", b"").replace(b"<nav>", b"<h1>Plan a trip with us</h1><nav>")
    assert parse_html(data).title == "Ferry stays"


def test_a_headline_that_says_more_than_the_window_stays_the_title() -> None:
    data = page().replace(b"<h1>Ferry stays</h1>", b"<h1>Ferry stays on the lake</h1>")
    assert parse_html(data).title == "Ferry stays on the lake"


LD = (
    "<script type='application/ld+json'>"
    + json.dumps({"@graph": [{"datePublished": "2022-05-24T23:00Z"}]})
    + "</script>"
)
META = "<meta property='article:published_time' content='2022-05-25T08:00:00+02:00'>"
TIME = "<time datetime='2022-05-26'>26 May</time>"


@pytest.mark.parametrize(
    ("head", "body", "url", "expected"),
    [
        (LD + META, TIME, "https://example.org/2022/05/27/a", date(2022, 5, 24)),
        (LD.replace("{", "<![CDATA[{", 1).replace("</", "]]></") + META, "", None, date(2022, 5, 24)),  # as in XHTML
        (META, TIME, "https://example.org/2022/05/27/a", date(2022, 5, 25)),
        ("", TIME, "https://example.org/2022/05/27/a", date(2022, 5, 26)),
        ("", "", "https://example.org/2022/05/27/a", date(2022, 5, 27)),
        ("<script type='application/ld+json'>{broken</script>" + META, "", None, date(2022, 5, 25)),
        ("<meta name='date' content='2999-01-01'>" + META, "", None, date(2022, 5, 25)),
    ],
)
def test_the_date_of_a_page_is_the_surest_that_it_gives(
    head: str, body: str, url: str | None, expected: date | None
) -> None:
    assert parse_html(page(head, body=body), url=url).published == expected


def test_a_page_in_an_old_encoding_is_read_as_it_declares() -> None:
    paragraphs = (*BODY, "Die Fähre fährt über die Förde, und die Gäste grüßen.")
    data = page(paragraphs=paragraphs).decode().replace("utf-8", "iso-8859-1").encode("cp1252")
    assert "Die Fähre fährt über die Förde, und die Gäste grüßen." in parse_html(data).text


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body><nav><a href='/'>Home</a></nav></body></html>",
        b"<html></html>",
        b"no tags at all",
        b"<" * 1000,
        b"<html><body><p>404</p></body></html>",
    ],
)
def test_a_page_without_an_article_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match="No article text"):
        parse_html(data)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\t\n", "empty"),
        ("a.txt", b"\xef\xbb\xbf\n", "white space"),
        ("a.txt", b"\x00\x01\x02\x03" * 50, "binary"),
        ("a.md", b"%PDF-1.7\n", "PDF"),
        ("a.md", b"---\ntitle: T\n---\n", "no text"),
    ],
)
def test_files_without_text_are_refused_with_their_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parse_file(name, data)


def test_a_folder_gives_its_articles_sorted_and_passes_over_what_is_about_the_folder(tmp_path: Path) -> None:
    for name in (
        "b.md",
        "a.txt",
        "sub/c.HTML",
        "README.md",
        "LICENSE",
        "changelog.md",
        ".hidden.md",
        ".git/d.md",
        "e.py",
    ):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("text", encoding="utf-8")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "folder.md" / "in.md").write_text("text", encoding="utf-8")
    found = [file.relative_to(tmp_path).as_posix() for file in find_files(tmp_path)]
    assert found == ["a.txt", "b.md", "folder.md/in.md", "sub/c.HTML"]
    assert list(find_files(tmp_path / "README.md")) == [tmp_path / "README.md"]


def test_links_to_folders_are_not_followed_and_loops_of_links_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text", encoding="utf-8")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    assert [file.name for file in find_files(tmp_path)] == ["a.md", "loop.md"]
    with pytest.raises(SourceError, match="cannot be read"):
        read_raw(tmp_path / "loop.md")


def test_missing_paths_and_folders_without_articles_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        list(find_files(tmp_path / "missing"))
    with pytest.raises(SourceError, match=r"no articles.*\.txt .*\.md .*\.html"):
        list(find_files(tmp_path))


@pytest.mark.parametrize("name", ["a.xyz", "noending"])
def test_other_kinds_of_file_are_refused_by_their_ending(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("text", encoding="utf-8")
    with pytest.raises(SourceError, match="ending"):
        read_raw(tmp_path / name)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "huge.txt"
    with file.open("wb") as handle:
        handle.truncate(50_000_000)
    with pytest.raises(SourceError, match=r"50 MB, more than the 20 MB"):
        read_raw(file)


def test_what_is_no_regular_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(SourceError, match="regular file"):
        read_raw(tmp_path / "pipe.txt")


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("text", encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:  # tests may run as root, who may read everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.Path, "open", refuse)
    with pytest.raises(SourceError, match="Permission denied"):
        read_raw(file)
