"""Pages that are no plain article: live blogs keep their times, stubs are said to be some, lists are refused."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.ingest.files import largest_of
from rag.ingest.html import parse_html
from rag.text.cleaning import clean

CASES = Path(__file__).parent / "data" / "cases" / "pages"
STORY = (
    "The town of Norrmouth voted on Tuesday to keep its ferry, with 6,412 votes for and 1,877 against, the mayor said.",
    "The operator must now sign a contract by the first of July, and critics say that the line loses money each year.",
    "Residents had collected signatures for months, in the market square and on the quay, before the council gave in.",
)


def page(body: str, *, title: str = "Ferry stays", head: str = "") -> bytes:
    return f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode()


def article(*lines: str, more: str = "") -> str:
    return f"<article><h1>Ferry stays</h1>{''.join(f'<p>{line}</p>' for line in lines)}{more}</article>"


# --- live blogs


def test_a_live_blog_keeps_the_time_and_headline_of_each_post() -> None:
    found = parse_html((CASES / "liveblog.html").read_bytes())
    lines = clean(found.text, title=found.title).text.split("\n\n")
    assert lines[:2] == [
        "23:00 – Update 0: the wind turns in sector 0",
        "At post 0 the crews reported that 2 hectares of forest were burning, and commander Falcao sent 3 engines to "
        "the village of Sector0.",
    ]
    assert "23:17 – Update 1: the wind turns in sector 1" in lines
    assert sum(" – Update " in line for line in lines) == 60


def test_posts_that_only_the_json_ld_of_a_page_holds_are_read_with_who_wrote_them() -> None:
    posts = [
        {"headline": f"Report {n}", "datePublished": f"2024-07-11T1{n}:05:00Z", "articleBody": STORY[n]}
        for n in range(3)
    ]
    told = {
        "@type": "LiveBlogPosting",
        "headline": "Ferry stays",
        "author": [{"@type": "Person", "name": "Mo Ekberg"}],
        "publisher": {"name": "The Courier"},
        "liveBlogUpdate": [*posts, {"headline": "No text"}, None],
    }
    head = f"<script type='application/ld+json'>{json.dumps([told])}</script>"
    found = parse_html(page("<h1>Ferry stays</h1><div id='app'>Loading...</div>", title="Ferry stays", head=head))
    assert (found.title, found.author, found.publisher) == ("Ferry stays", "Mo Ekberg", "The Courier")
    assert found.text.split("\n") == [line for n in range(3) for line in (f"2024-07-11 1{n}:05 – Report {n}", STORY[n])]


@pytest.mark.parametrize(
    "post",
    [
        "<div class='live-blog__post'><time datetime='2024-07-11T1{n}:05'>2h ago</time><h3>Report {n}</h3>{text}</div>",
        "<li class='ticker-item'><span><time>1{n}.05 Uhr</time></span><h3>Report {n}</h3>{text}</li>",
        "<div itemprop='liveBlogUpdate'><h2>Report {n}</h2><time datetime='2024-07-11T1{n}:05:00Z'></time>{text}</div>",
    ],
)
def test_posts_are_known_by_their_names_and_relative_times_become_clock_times(post: str) -> None:
    posts = "".join(post.format(n=n, text=f"<p>{STORY[n % 3]} ({n})</p>") for n in range(5))
    text = parse_html(page(f"<main><h1>Ferry stays</h1>{posts}</main>")).text
    assert [f"Report {n}" in text for n in range(5)] == [True] * 5
    assert all(f"1{n}:05" in text or f"1{n}.05" in text for n in range(5))
    assert "2h ago" not in text


@pytest.mark.parametrize(
    "title", ["Live: ferry vote", "Ferry vote – live updates", "Liveticker zur Wahl", "Vote as it happened"]
)
def test_posts_without_names_are_known_in_a_page_whose_title_says_that_it_is_live(title: str) -> None:
    posts = "".join(
        f"<article><header><time datetime='2024-07-11T1{n}:05'>1{n}:05 CET</time><h3>Report {n}</h3></header>"
        f"<p>{STORY[n % 3]} ({n})</p></article>"
        for n in range(5)
    )
    text = parse_html(page(f"<main><h1>{title}</h1>{posts}</main>", title=title)).text
    assert text.split("\n")[::2] == [f"1{n}:05 CET – Report {n}" for n in range(5)]


def test_posts_without_names_are_known_in_a_page_that_says_that_it_is_live() -> None:
    head = '<script type=\'application/ld+json\'>{"@type": "LiveBlogPosting"}</script>'
    posts = "".join(f"<div><time>1{n}:05</time><h2>Report {n}</h2><p>{STORY[n % 3]} ({n})</p></div>" for n in range(5))
    text = parse_html(page(f"<main><h1>Ferry stays</h1><div>{posts}</div></main>", head=head)).text
    assert text.split("\n")[::2] == [f"1{n}:05 – Report {n}" for n in range(5)]


def test_what_introduces_the_posts_is_kept() -> None:
    posts = "".join(f"<div class='live-post'><time>1{n}:05</time><p>{STORY[n % 3]} ({n})</p></div>" for n in range(5))
    intro = "The council counts the votes of the whole town in the hall on the quay this evening."
    text = parse_html(page(f"<main><h1>Ferry stays</h1><p>{intro}</p>{posts}</main>")).text
    assert text.startswith(f"{intro}\n10:05\n{STORY[0]}")


def test_a_ticker_beside_an_article_does_not_take_its_place() -> None:
    ticker = "".join(f"<li class='ticker-item'><time>1{n}:05</time><p>Short news {n}.</p></li>" for n in range(9))
    text = parse_html(page(f"<aside><ul>{ticker}</ul></aside>{article(*STORY, *STORY[::-1])}")).text
    assert all(line in text for line in STORY)
    assert "Short news" not in text


# --- beginnings before a paywall


def test_a_beginning_before_a_paywall_is_said_to_be_one_and_loses_the_words_of_the_wall() -> None:
    found = parse_html((CASES / "paywall-stub.html").read_bytes())
    assert found.text.endswith("and eleven people were…")
    assert "only the beginning" in found.notes[0]


@pytest.mark.parametrize(
    "wall",
    [
        "Subscribe to continue reading",
        "This article is for subscribers only. Get unlimited access for £1 a week.",
        "To continue reading, log in or register",
        "Sie haben bereits ein Abo? Jetzt weiterlesen mit dem Monatsabo",
        "Cet article est réservé aux abonnés. Il vous reste 70% de cet article à lire.",
        "Contenido exclusivo para suscriptores",
        "この記事は会員限定です",
    ],
)
def test_walls_of_many_languages_are_known(wall: str) -> None:
    found = parse_html(page(article(STORY[0], STORY[1], more=f"<div><p>{wall}</p></div>")))
    assert "only the beginning" in found.notes[0]
    assert wall not in found.text


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (article(*STORY, *STORY[::-1], *STORY), ""),
        ("<header><a>Already a subscriber? Sign in</a></header>" + article(*STORY, *STORY[::-1], *STORY), ""),
        (article(*STORY, "Subscribers who log in to read the paper paid more, and the publisher said that the wall "
                 "which asks readers to subscribe to continue reading had doubled its income within a year, and "
                 "that the subscribers who were asked why they pay had named the sports pages, the crossword, and the "
                 "reports about the council of the town of Norrmouth.", *STORY), ""),
        (article(*STORY), ""),
    ],
)  # fmt: skip
def test_a_whole_article_is_no_beginning(body: str, head: str) -> None:
    assert parse_html(page(body, head=head)).notes == ()


# --- lists, errors


CARDS = "".join(
    f"<article><h2><a href='/story-{n}'>Headline number {n} of the day</a></h2><p>{STORY[n % 3]}</p></article>"
    for n in range(8)
)
TEASERS = "".join(
    f"<div class='teaser'><h3><a href='/story-{n}'>Headline {n} of the day</a></h3><p>{STORY[n % 3]} ({n})</p></div>"
    for n in range(8)
)
ITEMS = "".join(
    f"<li><h2><a href='/story-{n}'>Headline {n} of the day</a></h2><p>{STORY[n % 3][:90]} ({n})</p><i>{n} May</i></li>"
    for n in range(8)
)
RESULTS = "".join(f"<li><a href='/story-{n}'>Result {n}</a><p>{STORY[n % 3]}</p></li>" for n in range(8))


@pytest.mark.parametrize(
    ("body", "title", "url", "reason"),
    [
        (CARDS, "The Courier - News from Norrmouth", "https://example.org/", "home page"),
        (CARDS, "The Courier - News from Norrmouth", None, "home page"),
        (TEASERS, "The Courier - News from Norrmouth", None, "home page"),
        (f"<h1>Ferries</h1><ul>{ITEMS}</ul>", "Ferries: all news", None, "home page"),
        (CARDS, "Ferries - The Courier", "https://example.org/tag/ferries", "list of articles"),
        (f"<h1>Search results for “ferry”</h1><ul>{RESULTS}</ul>", "ferry - The Courier", None, "search results"),
        (f"<ul>{RESULTS}</ul>", "Search results for ferry", "https://example.org/?s=ferry", "search results"),
        (f"<ul>{RESULTS}</ul>", "Suchergebnisse für Fähre", "https://example.org/suche?q=f", "search results"),
    ],
)
def test_lists_of_articles_are_refused_and_said_to_be_some(body: str, title: str, url: str | None, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parse_html(page(f"<nav><a href='/'>Home</a></nav><main>{body}</main>", title=title), url=url)


@pytest.mark.parametrize("title", ["Results for the ferry", "Suche nach der Fähre geht weiter", "Risultati del voto"])
def test_an_article_whose_title_speaks_of_results_or_a_search_is_no_list(title: str) -> None:
    assert parse_html(page(f"<h1>{title}</h1>{''.join(f'<p>{line}</p>' for line in STORY)}", title=title)).text


def test_an_article_in_a_table_that_lays_the_page_out_keeps_its_paragraphs() -> None:
    prose = "".join(f"<p>{line}</p>" for line in STORY)
    rows = f"<tr><td><h1>Ferry stays</h1>{prose}</td><td><a href='/x'>Offers</a></td></tr>"
    found = parse_html(page(f"<table>{rows}</table>", title="Ferry stays"))
    assert found.text.split("\n") == list(STORY)


@pytest.mark.parametrize(
    "title", ["404 - Page not found", "Just a moment...", "Access Denied", "Seite nicht gefunden", "Are you a robot?"]
)
def test_errors_and_checks_of_visitors_are_refused(title: str) -> None:
    text = f"<h1>{title}</h1>" + "<p>Try the search, or go to our front page and begin there again, please. " * 4
    with pytest.raises(SourceError, match="error or a check"):
        parse_html(page(text, title=title))


def test_an_article_with_other_stories_below_it_is_none_of_these() -> None:
    found = parse_html(page(article(*STORY, *STORY) + f"<section><h2>More</h2>{CARDS}</section>"))
    assert STORY[0] in found.text
    article_at_root = parse_html(page(article(*STORY, *STORY) + CARDS), url="https://example.org/2024/07/ferry")
    assert STORY[0] in article_at_root.text


# --- pictures, cells, scripts of one character a word


def test_embedded_pictures_do_not_count_as_the_page() -> None:
    picture = base64.b64encode(random.Random(1).randbytes(9_000_000)).decode()  # 12 MB as it stands in the page
    image = f"<img src='data:image/jpeg;base64,{picture}'>"
    data = page(article(*STORY, more=image))
    assert len(data) > 10_000_000
    assert all(line in parse_html(data).text for line in STORY)
    assert largest_of("page.html") > len(data)


def test_a_page_that_is_too_large_without_pictures_is_refused() -> None:
    with pytest.raises(SourceError, match="more than 10 MB"):
        parse_html(page(article(*STORY, more="<p>" + "word " * 2_100_000)))


def test_a_list_in_a_cell_of_a_table_is_kept_and_a_menu_is_not() -> None:
    items = "<ul><li>The ferry leaves at dawn and takes bicycles.</li><li>Tickets cost four pounds.</li></ul>"
    menu = "<ul><li><a href='/a'>Harbours of the coast</a></li><li><a href='/b'>Other towns</a></li></ul>"
    table = f"<table><tr><td><p>What changes from July on:</p>{items}</td><td>{menu}</td></tr></table>"
    text = parse_html(page(article(*STORY, more=table))).text
    assert "The ferry leaves at dawn and takes bicycles." in text
    assert "Tickets cost four pounds." in text
    assert "Harbours of the coast" not in text


def test_eighty_han_characters_are_an_article() -> None:
    found = parse_html((CASES / "short-chinese.html").read_bytes())
    assert "修复工程花费了三百万元" in found.text


def test_a_few_characters_are_still_none() -> None:
    with pytest.raises(SourceError, match="No article text"):
        parse_html(page("<article><p>登录后继续。请输入密码。</p></article>"))
