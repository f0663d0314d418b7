"""The date of a page: only from evidence, never from a number that looks like one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from rag.ingest.html import parse_html
from rag.text.cleaning import clean
from rag.text.dates import date_in_url

CASES = Path(__file__).parent / "data" / "cases" / "pages"
TEXT = (
    "Fire crews from three counties fought a blaze in the cork factory of Montargil on Wednesday night.",
    "Commander Rui Falcao said eleven people were treated for smoke and two houses were evacuated.",
)
GERMAN = (
    "Die Feuerwehr aus drei Landkreisen hat am Mittwoch einen Brand in der Korkfabrik von Montargil gelöscht.",
    "Elf Menschen wurden nach Angaben des Einsatzleiters wegen Rauchvergiftung behandelt, zwei Häuser geräumt.",
)


def published(
    *, head: str = "", above: str = "", below: str = "", foot: str = "", lines: tuple[str, ...] = TEXT
) -> date | None:
    text = "".join(f"<p>{line}</p>" for line in lines)
    page = (
        f"<html><head><title>Fire in cork factory</title>{head}</head><body><div>{above}<main><article>"
        f"<h1>Fire in cork factory</h1>{below}{text}</article></main></div>{foot}</body></html>"
    )
    article = parse_html(page.encode())
    return clean(article.text, title=article.title, published=article.published).published


@pytest.mark.parametrize(
    "where",
    [
        {"foot": "<footer><p>Copyright © 2022 Montargil Media Ltd.</p></footer>"},
        {"foot": "<div class='date'>© 2004-01-01 Montargil Media</div>"},
        {"foot": "<p class='meta'>Phone 2022-05-2512</p><p>Tel. 20.05.2022 11</p>"},
        {"head": "<script src='/assets/20220525/app.js?v=2022-05-25'></script><link href='x.css?2022-05-25'>"},
        {"below": "<img src='/uploads/2022/05/25/fire.jpg' alt='2022-05-25'>"},
        {"below": "<img src='data:image/png;base64,iVBOR20220525/2022/05/25/ABCD'>"},
        {"foot": "<ul><li><a href='/2022/05/25/storm'>Storm over the hills of the coast</a>"
                 "<time datetime='2022-05-25'>25 May</time></li></ul>"},
        {"foot": "<div class='related'><h3><a href='/s'>Storm</a></h3>"
                 "<time datetime='2022-05-25'>25 May 2022</time></div>"},
        {"foot": "<article><h2><a href='/s'>Storm</a></h2><span class='date'>25 May 2022</span></article>"},
        {"foot": "<section id='comments'><time class='published' datetime='2022-05-25'>25 May 2022</time></section>"},
        {"above": "<header><div class='date'>Wednesday, 25 May 2022</div></header>"},
        {"below": "<p>The fair of the town opens on <time datetime='2022-05-25'>25 May</time>, and the owner of the "
                  "factory promised that it would take place whatever happened to the halls of the old works.</p>"},
        {"foot": "<p class='page-info'>page revision: 8, last edited: <span class='date'>25 May 2022</span></p>"},
        {"below": "<time itemprop='dateModified' datetime='2022-05-25'>Wednesday</time>"},
        {"below": "<table><tr><td>Founded</td><td><span class='bday published'>1998-02-28</span></td></tr></table>"},
        {"below": "<p class='byline'>By Ines Roza, Thursday</p>"},
        {"below": "<p class='date'>25 May</p>"},
        {"head": "<meta property='article:published_time' content='1970-01-01T00:00:00Z'>"},
    ],
)  # fmt: skip
def test_what_tells_no_publication_gives_no_date(where: dict[str, str]) -> None:
    assert published(**where) is None  # type: ignore[arg-type]


def test_a_page_that_states_no_date_has_none() -> None:
    assert parse_html((CASES / "copyright-year.html").read_bytes()).published is None


@pytest.mark.parametrize(
    "where",
    [
        {"below": "<p>25 May 2022</p>"},
        {"below": "<p>By Ines Roza, 25 May 2022</p>"},
        {"below": "<p>Posted by Ines Roza on 25 May 2022 at 10:30</p>"},
        {"below": "<div class='entry-meta'>Updated 27 May 2022 | Published 25 May 2022</div>"},
        {"below": "<span class='timestamp'>May 25, 2022 9:09 AM</span>"},
        {"below": "<abbr class='published' title='2022-05-25T10:00:00Z'>last Wednesday</abbr>"
                  "<span itemprop='datePublished' content='2022-05-25'></span>"},
        {"below": "<footer><time datetime='2022-05-25'>25 May</time></footer>"},
        {"below": "<time>25 May 2022</time>"},
        {"above": "<header><time datetime='2022-05-20'>20 May</time></header>",
         "head": "<meta property='article:published_time' content='2022-05-25'>"},
        {"lines": ("MONTARGIL, Portugal, 25 May 2022 (Agency) – Fire crews fought a blaze in the factory.", *TEXT)},
    ],
)  # fmt: skip
def test_a_dateline_and_a_time_element_of_the_article_give_its_date(where: dict[str, str]) -> None:
    assert published(**where) == date(2022, 5, 25)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    ["Veröffentlicht am 25. Mai 2022, 10:30", "25. Mai 2022", "25.05.2022", "25. Mai 2022, aktualisiert: 3. Juni 2022"],
)
def test_a_date_in_the_language_of_the_page_is_read(line: str) -> None:
    assert published(below=f"<p class='datum'>{line}</p>", lines=GERMAN) == date(2022, 5, 25)


def test_figures_count_day_first_only_where_the_language_makes_it_sure() -> None:
    assert published(below="<p class='date'>05/06/2022</p>") is None
    assert published(below="<p class='date'>05/06/2022</p>", lines=GERMAN) == date(2022, 6, 5)


def test_the_date_of_the_own_story_wins_over_that_of_another_in_the_same_data() -> None:
    nodes = [
        {"@type": "NewsArticle", "headline": "Storm over the hills", "datePublished": "2021-01-01"},
        {"@type": "NewsArticle", "headline": "Fire in cork factory", "datePublished": "2022-05-25"},
    ]
    head = f"<script type='application/ld+json'>{json.dumps(nodes)}</script>"
    assert published(head=head) == date(2022, 5, 25)


def test_dates_of_several_other_stories_in_the_data_are_none_of_the_page() -> None:
    nodes = [
        {"@type": "NewsArticle", "headline": f"Storm {n} over the hills", "datePublished": f"2021-01-0{n}"}
        for n in (1, 2)
    ]
    assert published(head=f"<script type='application/ld+json'>{json.dumps(nodes)}</script>") is None
    assert published(head=f"<script type='application/ld+json'>{json.dumps(nodes[:1])}</script>") == date(2021, 1, 1)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/2022/05/25/visit", date(2022, 5, 25)),
        ("https://example.org/2022/may/25/visit", date(2022, 5, 25)),
        ("https://example.org/visit-20220525/", date(2022, 5, 25)),
        ("https://example.org/2022-05-25-visit", date(2022, 5, 25)),
        ("https://example.org/story-2022052512", None),
        ("https://archive.example.org/web/20220525101112/http://example.net/", None),
        ("https://example.org/2022/05/visit", None),
    ],
)
def test_the_address_of_a_page_may_hold_its_date(url: str, expected: date | None) -> None:
    assert date_in_url(url) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("LONDON, July 11, 2024 – The mayor said so.", date(2024, 7, 11)),
        ("Lisbon, 11 July 2024 (Agency) -- The mayor said so.", date(2024, 7, 11)),
        ("On 11 July 2024 – a Thursday – the mayor said so.", None),
        ("The mayor, 11 July 2024 (that day) – said so.", None),
        ("LONDON, July 11 – The mayor said so.", None),
    ],
)
def test_the_dateline_of_a_report_gives_its_date_and_a_date_of_the_story_does_not(
    line: str, expected: date | None
) -> None:
    assert clean(f"{line}\n\nA second paragraph.", title="Mayor").published == expected
