"""Tables of articles: nested JSON, feeds as JSON, columns in other languages, dates of a column, lists of links."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.ingest.intake import Item, list_items
from rag.ingest.link_lists import links_in
from rag.schema import Article, Failure

CASES = Path(__file__).parent / "data" / "cases"


def read(tmp_path: Path, name: str, data: object, **fields: str) -> list[Item]:
    path = tmp_path / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return list_items([path], fields)


def articles(found: list[Item]) -> list[Article]:
    assert all(isinstance(item, Article) for item in found), found
    return [item for item in found if isinstance(item, Article)]


def reason(found: list[Item]) -> str:
    assert len(found) == 1
    assert isinstance(found[0], Failure), found
    return found[0].reason


def test_articles_of_an_api_are_found_wherever_they_lie_in_its_answer() -> None:
    (found,) = articles(list_items([CASES / "exports" / "guardian.json"]))
    assert (found.title, found.author, found.url) == (
        "A robot sorts the books of Oakham", "Petra Quist", "https://www.theguardian.example/robot",
    )  # fmt: skip
    assert found.published == date(2023, 10, 27)
    assert found.text.startswith("The library in Oakham")


WORDS = (
    "The library has bought a robot that sorts returned books, and two members of staff will be trained to repair it."
)


@pytest.mark.parametrize(
    "answer",
    [
        {"response": {"docs": [{"headline": {"main": "Robot"}, "byline": {"original": "Petra Quist"}, "body": WORDS,
                                "pub_date": "2023-10-27T06:00:00+0000", "web_url": "https://example.org/robot"}]}},
        [{"title": {"rendered": "Robot"}, "content": {"rendered": f"<p>{WORDS}</p>", "protected": False},
          "date": "2023-10-27T06:00:00", "link": "https://example.org/robot", "author": "Petra Quist"}],
        {"hits": {"total": 1, "hits": [{"_id": "1", "_source": {"title": "Robot", "text": WORDS, "date": "2023-10-27",
                                                                "url": "https://example.org/robot",
                                                                "authors": [{"name": "Petra Quist"}]}}]}},
        {"data": {"posts": {"edges": [{"node": {"title": "Robot", "content": WORDS, "date": "2023-10-27",
                                                "link": "https://example.org/robot",
                                                "author": {"node": {"name": "Petra Quist"}}}}]}}},
        {"@type": "NewsArticle", "headline": "Robot", "articleBody": WORDS, "datePublished": "2023-10-27",
         "url": "https://example.org/robot", "author": {"@type": "Person", "name": "Petra Quist"},
         "comment": [{"text": WORDS * 3}, {"text": WORDS * 3}]},
    ],
)  # fmt: skip
def test_the_answers_of_common_apis_give_their_articles(answer: object, tmp_path: Path) -> None:
    (found,) = articles(read(tmp_path, "a.json", answer))
    assert (found.title, found.text, found.published) == ("Robot", WORDS, date(2023, 10, 27))
    assert (found.url, found.author) == ("https://example.org/robot", "Petra Quist")


def test_a_json_feed_names_its_outlet_for_each_item() -> None:
    robot, storm = articles(list_items([CASES / "exports" / "feed.json"]))
    assert (robot.title, robot.publisher, robot.author, robot.published) == (
        "A robot sorts the books of Oakham", "Oakham Mail", "Petra Quist", date(2023, 10, 27),
    )  # fmt: skip
    assert robot.text.split("\n\n")[0] == "The library in Oakham has bought a robot that sorts returned books."
    assert (storm.publisher, storm.published) == ("Oakham Mail", date(2023, 11, 1))
    assert storm.id


def test_a_text_that_a_service_cut_is_said_to_break_off(tmp_path: Path) -> None:
    (found,) = articles(read(tmp_path, "a.json", [{"title": "Robot", "content": "The library has… [+2140 chars]"}]))
    assert found.text == "The library has"
    assert "breaks off" in found.notes[0]


def test_excels_line_for_the_delimiter_is_no_row() -> None:
    (found,) = articles(list_items([CASES / "tables" / "excel-sep.csv"]))
    assert (found.title, found.published) == ("A robot sorts the books of Oakham", date(2023, 10, 27))
    assert found.text.startswith("The library in Oakham has bought a robot, which sorts books, magazines")


def test_a_date_that_could_be_two_is_read_as_the_others_of_its_column() -> None:
    robot, storm = articles(list_items([CASES / "tables" / "us-date.csv"]))
    assert (robot.published, storm.published) == (date(2023, 10, 27), date(2023, 11, 1))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("27/10/2023", "01/11/2023"), (date(2023, 10, 27), date(2023, 11, 1))),
        (("10/27/23", "11/01/23"), (date(2023, 10, 27), date(2023, 11, 1))),
        (("02/10/2023", "01/11/2023"), (None, None)),
        (("27/10/2023", "10/27/2023"), (date(2023, 10, 27), date(2023, 10, 27))),
        (("45226", "45231.75"), (date(2023, 10, 27), date(2023, 11, 1))),  # days as a spreadsheet counts them
        (("12345", "99999"), (None, None)),
    ],
)
def test_dates_of_a_column_are_read_alike_and_none_is_invented(
    days: tuple[str, str], expected: tuple[date | None, date | None], tmp_path: Path
) -> None:
    table = "text,date\n" + "\n".join(f"Words {day}.,{day}" for day in days)
    assert tuple(one.published for one in articles(read(tmp_path, "a.csv", table))) == expected


@pytest.mark.parametrize(
    "head",
    [
        "Überschrift;Text;Veröffentlicht;Quelle;Autor", "TITEL;Inhalt;Datum;Zeitung;Verfasser",
        "titre;texte;date;source;auteur", "Título;Cuerpo;Fecha;Periódico;Autor",
        "tytuł;treść;data;źródło;autor", "kop;tekst;datum;krant;auteur",
    ],
)  # fmt: skip
def test_headings_in_other_languages_are_known(head: str, tmp_path: Path) -> None:
    (found,) = articles(read(tmp_path, "a.csv", f"{head}\nRobot;Die Bibliothek.;27.10.2023;Oakham Mail;Petra Quist\n"))
    assert (found.title, found.text, found.published) == ("Robot", "Die Bibliothek.", date(2023, 10, 27))
    assert (found.publisher, found.author) == ("Oakham Mail", "Petra Quist")


def test_a_table_without_a_known_column_for_the_text_is_refused_once_with_its_columns(tmp_path: Path) -> None:
    table = "cim,tortenet\n" + "Ferry,The ferry stays.\n" * 30
    assert "cim, tortenet" in reason(read(tmp_path, "a.csv", table))
    assert "no column 'nix'" in reason(read(tmp_path, "a.csv", table, text="nix"))
    assert "no column 'fields.nix'" in reason(read(tmp_path, "a.json", [{"fields": {"x": "a"}}], text="fields.nix"))
    assert len(articles(read(tmp_path, "a.csv", table, text="tortenet"))) == 30


@pytest.mark.parametrize(
    "first",
    [
        "Ferry,2023-10-27,The ferry stays.",
        "Ferry;https://mail.example/ferry;The ferry stays.",
        "Ferry,The ferry between Brask and Oakham stays in the harbour until the wind drops and the captain is found.",
    ],
)
def test_a_table_without_names_of_columns_is_refused_with_the_line_that_it_lacks(first: str, tmp_path: Path) -> None:
    told = reason(read(tmp_path, "a.csv", f"{first}\n{first}\n"))
    assert "The first line names no columns" in told
    assert "title,published,text" in told


def test_columns_that_are_not_understood_are_named_once(tmp_path: Path) -> None:
    first, second = articles(read(tmp_path, "a.csv", "cim,text\nFerry,The ferry stays.\nRobot,It sorts.\n"))
    assert "cim" in first.notes[0]
    assert "--map title=COLUMN" in first.notes[0]
    assert second.notes == ()


def test_a_column_inside_an_object_can_be_named(tmp_path: Path) -> None:
    (found,) = articles(read(tmp_path, "a.json", [{"fields": {"szoveg": "Words."}}], text="fields.szoveg"))
    assert found.text == "Words."


def test_entities_of_a_cell_are_read_and_a_byline_gives_its_names(tmp_path: Path) -> None:
    row = {"title": "Bridge &amp; ferry", "text": "R&D &copies cost &pound;3.", "author": "Ann &#38; Bo"}
    (found,) = articles(read(tmp_path, "a.json", [row]))
    assert (found.title, found.text, found.author) == ("Bridge & ferry", "R&D &copies cost £3.", "Ann & Bo")


def test_a_summary_in_place_of_the_text_is_called_one_unless_the_user_named_its_column(tmp_path: Path) -> None:
    rows = [{"title": "Robot", "excerpt": "A library has bought a robot."}]
    assert "only a summary" in articles(read(tmp_path, "a.json", rows))[0].notes[0]
    assert articles(read(tmp_path, "a.json", rows, text="excerpt"))[0].notes == ()
    assert articles(read(tmp_path, "b.json", [{**rows[0], "body": "All of it."}]))[0].notes == ()


@pytest.mark.parametrize("name", ["pocket.csv", "ril_export.html"])
def test_a_list_of_links_is_called_one_and_its_pages_can_be_fetched(name: str) -> None:
    said = reason(list_items([CASES / "exports" / name]))
    assert "list of links" in said
    assert "rag add --links" in said
    assert links_in(CASES / "exports" / name)[:2] == ["https://example.org/robot", "https://example.org/storm"]


def test_bookmarks_and_lines_of_addresses_are_lists_of_links_and_an_article_with_links_is_none(tmp_path: Path) -> None:
    marks = '<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF="https://example.org/a" ADD_DATE="1">A</A>\n' * 2
    assert "list of links" in reason(read(tmp_path, "a.html", marks))
    assert "list of links" in reason(read(tmp_path, "b.txt", "https://example.org/a\nhttps://example.org/b\n"))
    assert links_in(tmp_path / "b.txt") == ["https://example.org/a", "https://example.org/b"]
    story = "<p>The library has bought <a href='https://example.org/a'>a robot</a> and <a href='https://b.example'>x</a>.</p>"
    assert read(tmp_path, "c.html", story) == [tmp_path / "c.html"]
    with pytest.raises(SourceError, match="no links"):
        links_in(CASES / "press" / "nexis.txt")


def test_a_date_with_its_month_in_another_language_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Titel\tVolltext\tErscheinungsdatum\nT\tDer Hafen wuchs.\t9. Februar 2026\n")
    (article,) = list_items([tmp_path / "a.tsv"])
    assert isinstance(article, Article)
    assert article.published == date(2026, 2, 9)


@pytest.mark.parametrize(
    ("embedded", "author"), [({"author": [{"id": 3, "name": "Petra Quist"}]}, "Petra Quist"), ({}, None)]
)
def test_the_number_of_an_author_is_no_name(embedded: object, author: str | None, tmp_path: Path) -> None:
    post = {"title": {"rendered": "T"}, "content": {"rendered": "<p>The harbour grew.</p>"}, "author": 3}
    (tmp_path / "posts.json").write_text(json.dumps([post | {"_embedded": embedded}]))
    (article,) = list_items([tmp_path / "posts.json"])
    assert isinstance(article, Article)
    assert (article.text, article.author) == ("The harbour grew.", author)
