"""Feeds and site maps: read from a real server; a second visit adds only what is new."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from embedders import DIMENSION, HashEmbedder, never
from formats import BODY
from sites import HTML, Site

from rag.errors import SourceError
from rag.ingest import feeds, subscriptions
from rag.ingest.feeds import parse_feed
from rag.ingest.subscriptions import Subscriber
from rag.schema import Progress
from rag.store.feeds import MOST_FAILURES
from rag.store.store import Store

CASES = Path(__file__).parent / "data" / "cases" / "feeds"
WHOLE = "".join(f"<p>{line} That was report {number}.</p>" for number in range(4) for line in BODY)
TRAMS = "".join(
    f"<p>Tram {number} of Tramstad stood still for {number} hours: ice on its rails.</p>" for number in range(30)
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library", fingerprint="hash", dimension=DIMENSION) as opened:
        yield opened


def item(name: str, *, site: Site, text: str = "", day: int = 25, guid: str = "") -> str:
    content = f"<content:encoded>{escape(text)}</content:encoded>" if text else ""
    return (
        f"<item><title>{name} &amp; more</title><link>{site.url}/{name}</link><guid>{guid or name}</guid>"
        f"<pubDate>Wed, {day} May 2022 23:30:00 -0500</pubDate><description>A teaser …</description>{content}</item>"
    )


def rss(*items: str) -> bytes:
    head = '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
    channel = f"<channel><title>Harbour Post</title><language>en-gb</language>{''.join(items)}</channel></rss>"
    return (head + channel).encode()


def page(name: str) -> bytes:
    lines = "".join(f"<p>{line.replace('Norrmouth', name)}</p>" for line in BODY)
    return f"<html><head><title>News of {name}</title></head><body><article>{lines}</article></body></html>".encode()


def subscriber(store: Store, site: Site, told: list[Progress] | None = None) -> Subscriber:
    note = told.append if told is not None else None
    return Subscriber(store, HashEmbedder, site.fetcher(), note)


def test_entries_are_added_from_their_own_text_or_their_page(store: Store, site: Site) -> None:
    site.answers["/feed"] = [(200, {}, rss(item("whole", site=site, text=WHOLE), item("teaser", site=site)))]
    site.answers["/teaser"] = [(200, HTML, page("teaser"))]
    told: list[Progress] = []
    report = subscriber(store, site, told).add_feed(f"{site.url}/feed")
    assert (len(report.added), report.failed) == (2, ())
    whole, teaser = sorted(store.articles(), key=lambda article: article.url or "", reverse=True)
    assert (whole.title, whole.publisher, whole.published) == ("whole & more", "Harbour Post", date(2022, 5, 25))
    assert "That was report 3." in whole.text
    assert "<" not in whole.text
    assert (teaser.title, teaser.publisher, teaser.published) == ("News of teaser", "Harbour Post", date(2022, 5, 25))
    assert "The town of teaser voted" in teaser.text
    assert site.paths() == ["/robots.txt", "/feed", "/teaser"]
    assert (told[-1].done, told[-1].total) == (2, 2)


def test_a_second_visit_adds_only_what_is_new(store: Store, site: Site) -> None:
    first, second = item("one", site=site, text=WHOLE), item("two", site=site, text=TRAMS)
    site.answers["/feed"] = [(200, {"ETag": '"a"'}, rss(first))]
    subscriber(store, site).add_feed(f"{site.url}/feed")
    again = Subscriber(store, never, site.fetcher()).add_feed(f"{site.url}/feed")
    assert again == type(again)()
    site.answers["/feed"] = [(200, {"ETag": '"b"'}, rss(second, first))]
    report = subscriber(store, site).add_feed(f"{site.url}/feed")
    assert [added.title for added in report.added] == ["two & more"]
    assert report.unchanged == ()
    (known,) = store.feeds.all()
    assert (known.title, known.etag, known.entries) == ("Harbour Post", '"b"', 2)


def test_without_marks_of_the_server_entries_are_known_by_their_guid(store: Store, site: Site) -> None:
    site.answers["/feed"] = [(200, {}, rss(item("one", site=site, text=WHOLE, guid="x")))]
    subscriber(store, site).add_feed(f"{site.url}/feed")
    site.answers["/feed"] = [(200, {}, rss(item("moved", site=site, text=WHOLE, guid="x")))]
    assert Subscriber(store, never, site.fetcher()).add_feed(f"{site.url}/feed").added == ()
    changed = item("one", site=site, text=WHOLE.replace("6,412", "6,413"), day=26, guid="x")
    site.answers["/feed"] = [(200, {}, rss(changed))]
    assert len(subscriber(store, site).add_feed(f"{site.url}/feed").updated) == 1


def test_an_entry_that_fails_is_tried_again_but_not_for_ever(store: Store, site: Site) -> None:
    site.answers["/feed"] = [(200, {"ETag": '"a"'}, rss(item("one", site=site), item("two", site=site, text=WHOLE)))]
    for _ in range(MOST_FAILURES):
        report = subscriber(store, site).add_feed(f"{site.url}/feed")
        assert [failure.source for failure in report.failed] == [f"{site.url}/one"]
        assert "answered 404" in report.failed[0].reason
    assert subscriber(store, site).add_feed(f"{site.url}/feed").failed == ()
    assert store.feeds.forget(f"{site.url}/feed")
    site.answers["/one"] = [(200, HTML, page("one"))]
    report = subscriber(store, site).add_feed(f"{site.url}/feed")
    assert (len(report.added), len(report.unchanged)) == (1, 1)


def test_a_limit_leaves_the_rest_for_the_next_visit(store: Store, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "STEP", 2)
    entries = [item(name, site=site) for name in "abcde"]
    site.answers |= {f"/{name}": [(200, HTML, page(name * 9))] for name in "abcde"}
    site.answers["/feed"] = [(200, {"ETag": '"a"'}, rss(*entries))]
    assert len(subscriber(store, site).add_feed(f"{site.url}/feed", limit=3).added) == 3
    assert len(subscriber(store, site).add_feed(f"{site.url}/feed", limit=3).added) == 2
    assert site.paths().count("/a") == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html><body><p>Hello</p></body></html>", "no feed"),
        (b"", "no feed"),
        (b"/etc/passwd", "no feed"),
        (b'{"version": "1", "items": []}', "no feed"),
        (b'{"version": ', "no feed"),
        (b"http://127.0.0.1/", "no feed"),
    ],
)
def test_what_is_no_feed_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parse_feed(data, "https://example.org/feed")


def test_a_feed_reads_no_files_and_blows_up_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret word")
    kinds = f'<!DOCTYPE rss [<!ENTITY a "{"x" * 1000}"><!ENTITY b "{"&a;" * 1000}"><!ENTITY c "{"&b;" * 1000}">'
    head = f'<?xml version="1.0"?>{kinds}<!ENTITY file SYSTEM "{secret.as_uri()}">]>'
    body = rss("<item><guid>1</guid><title>Ferry</title><description>&file; &c;</description></item>")
    listing = parse_feed(body.replace(b'<?xml version="1.0"?>', head.encode()), "https://example.org/feed")
    assert all(len(entry.article.text) < 2_000_000 for entry in listing.entries)
    assert "the secret word" not in str(listing)


def test_an_entry_whose_text_goes_on_elsewhere_is_no_whole_article(site: Site) -> None:
    for ending in ("…", "[...]", "Read more", "Continue reading →"):
        listing = parse_feed(rss(item("one", site=site, text=WHOLE + f"<p>{ending}</p>")), site.url)
        assert listing.entries[0].article.text == ""
    assert len(parse_feed(rss(item("one", site=site, text=WHOLE)), site.url).entries[0].article.text) > feeds.WHOLE_TEXT


def story(number: int, lines: int = 14) -> str:
    return "".join(
        f"<p>Line {line} of story {number}: warden Ekberg counted {line} seals.</p>" for line in range(lines)
    )


def test_an_entry_without_guid_and_link_is_kept_and_known_again() -> None:
    nameless = f"<item><title>No link</title><description>{escape(story(1))}</description></item>"
    other = f"<item><title>No link either</title><description>{escape(story(2))}</description></item>"
    listing = parse_feed(rss(nameless, other), "https://example.org/feed")
    assert [entry.article.title for entry in listing.entries] == ["No link", "No link either"]
    again = parse_feed(rss(other, nameless), "https://example.org/feed")
    assert {entry.key for entry in again.entries} == {entry.key for entry in listing.entries}
    assert {entry.article.id for entry in again.entries} == {entry.article.id for entry in listing.entries}


def test_entries_that_share_a_guid_are_told_apart_and_relative_links_and_double_escapes_are_mended() -> None:
    listing = parse_feed((CASES / "rss-encoded-relative-noguid.xml").read_bytes(), "https://blog.example/feed.xml")
    assert [entry.article.title for entry in listing.entries] == [
        "Seals & sand", "No link, no guid", "Short whole post", "Same guid A", "Same guid B",
    ]  # fmt: skip
    assert listing.entries[0].url == "https://blog.example/2024/05/seals"
    assert len({entry.key for entry in listing.entries}) == 5


def test_entries_without_links_that_share_a_guid_are_all_kept(store: Store, site: Site) -> None:
    guid = '<guid isPermaLink="false">same</guid>'
    first = f"<item>{guid}<title>Seals</title><description>{escape(story(1))}</description></item>"
    second = f"<item>{guid}<title>Hall</title><description>{escape(TRAMS)}</description></item>"
    site.answers["/feed"] = [(200, {}, rss(first, second, first))]
    report = subscriber(store, site).add_feed(f"{site.url}/feed")
    assert sorted(added.title for added in report.added) == ["Hall", "Seals"]
    assert Subscriber(store, never, site.fetcher()).add_feed(f"{site.url}/feed") == type(report)()


def test_a_json_feed_is_read_from_its_address(store: Store, site: Site) -> None:
    items = [
        {"id": 1, "content_html": WHOLE, "title": "Ferry", "date_published": "2022-05-25T23:30:00-05:00"},
        {"id": "2", "url": f"{site.url}/teaser", "title": "T", "summary": "A teaser", "author": {"name": "Bo Ek"}},
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": "Harbour Post", "language": "en-gb",
        "authors": [{"name": "Ann Lee"}], "items": items,
    }  # fmt: skip
    site.answers["/feed.json"] = [(200, {}, json.dumps(feed).encode("utf-8-sig"))]
    site.answers["/teaser"] = [(200, HTML, page("teaser"))]
    report = subscriber(store, site).add_feed(f"{site.url}/feed.json")
    assert (len(report.added), report.failed) == (2, ())
    ferry, teaser = sorted(store.articles(), key=lambda article: article.url or "")
    assert (ferry.title, ferry.publisher, ferry.author) == ("Ferry", "Harbour Post", "Ann Lee")
    assert (ferry.published, ferry.language) == (date(2022, 5, 25), "en")
    assert "That was report 3." in ferry.text
    assert (teaser.url, teaser.author) == (f"{site.url}/teaser", "Bo Ek")
    assert Subscriber(store, never, site.fetcher()).add_feed(f"{site.url}/feed.json").added == ()


@pytest.mark.parametrize(
    "answer", [(404, {}, b""), (403, {}, b""), (200, HTML, b"<html><body><p>Log in</p></body></html>")]
)
def test_the_text_of_the_feed_stands_in_for_a_page_that_cannot_be_had(
    store: Store, site: Site, answer: tuple[int, dict[str, str], bytes]
) -> None:
    short = "<p>The swimming hall opens on Monday at nine. Entry costs four pounds.</p>"
    site.answers["/feed"] = [(200, {"ETag": '"a"'}, rss(item("hall", site=site, text=short)))]
    site.answers["/hall"] = [answer]
    report = subscriber(store, site).add_feed(f"{site.url}/feed")
    (article,) = store.articles()
    assert article.text == "The swimming hall opens on Monday at nine. Entry costs four pounds."
    assert "this is the text of the feed" in report.notes[0].text
    lines = "".join(f"<p>{line}</p>" for line in ("The swimming hall opens on Monday at nine.", *BODY))
    site.answers["/hall"] = [(200, HTML, f"<html><body><article>{lines}</article></body></html>".encode())]
    assert len(subscriber(store, site).add_feed(f"{site.url}/feed").updated) == 1
    assert BODY[0] in store.articles()[0].text


def test_a_page_that_shows_less_than_the_feed_does_not_replace_its_text(store: Store, site: Site) -> None:
    excerpt = story(1, 12) + "<p>Continue reading</p>"
    site.answers["/feed"] = [(200, {}, rss(item("seals", site=site, text=excerpt)))]
    stub = "".join(f"<p>Line {line} of story 1: warden Ekberg counted {line} seals.</p>" for line in range(4))
    site.answers["/seals"] = [(200, HTML, f"<html><body><article>{stub}</article></body></html>".encode())]
    report = subscriber(store, site).add_feed(f"{site.url}/feed")
    assert "Line 11 of story 1" in store.articles()[0].text
    assert "breaks off" in report.notes[0].text


def urlset(site: Site, **pages: str) -> bytes:
    listed = "".join(f"<url><loc>{site.url}/{name}</loc><lastmod>{day}</lastmod></url>" for name, day in pages.items())
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'.encode()


def test_a_site_map_gives_its_newest_pages_and_the_next_visit_goes_on(store: Store, site: Site) -> None:
    site.answers |= {f"/{name}": [(200, HTML, page(name))] for name in ("old", "new", "newest")}
    pages = urlset(site, old="2022-01-01", newest="2024-03-01T10:00:00Z", new="2023-01-01")
    other = b"<url><loc>https://elsewhere.example/page</loc></url>"
    index = f"<sitemapindex><sitemap><loc>{site.url}/a.xml.gz</loc></sitemap></sitemapindex>".encode()
    site.answers["/sitemap.xml"] = [(200, {}, index)]
    site.answers["/a.xml.gz"] = [(200, {}, gzip.compress(pages.replace(b"</urlset>", other + b"</urlset>")))]
    report = subscriber(store, site).add_sitemap(f"{site.url}/sitemap.xml", limit=2)
    assert [added.title for added in report.added] == ["News of newest", "News of new"]
    report = subscriber(store, site).add_sitemap(f"{site.url}/sitemap.xml", limit=2)
    assert [added.title for added in report.added] == ["News of old"]
    assert site.paths().count("/newest") == 1
    changed = pages.replace(b"2022-01-01", b"2024-06-01")
    site.answers["/a.xml.gz"] = [(200, {}, gzip.compress(changed))]
    site.answers["/old"] = [(200, HTML, page("Oldmouth"))]
    assert len(subscriber(store, site).add_sitemap(f"{site.url}/sitemap.xml", limit=2).updated) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((404, {}, b""), "answered 404"),
        ((200, {}, b"<html></html>"), "no site map"),
        ((200, {}, b"no xml"), "no XML"),
        ((200, {}, b"\x1f\x8bgarbage"), "damaged"),
        ((200, {}, gzip.compress(b"<" * 60_000_000)), "more than 50 MB"),
    ],
)
def test_what_is_no_site_map_is_refused(
    store: Store, site: Site, answer: tuple[int, dict[str, str], bytes], reason: str
) -> None:
    site.answers["/map"] = [answer]
    (failure,) = Subscriber(store, never, site.fetcher()).add_sitemap(f"{site.url}/map", limit=5).failed
    assert reason in failure.reason


def test_a_private_address_is_no_feed_without_the_allowance(store: Store, site: Site) -> None:
    from rag.ingest.web import Fetcher

    (failure,) = Subscriber(store, never, Fetcher()).add_feed(f"{site.url}/feed").failed
    assert "not on the public internet" in failure.reason
    assert site.asked == []


def test_the_command_adds_feeds_and_site_maps(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rag.cli.app import run
    from rag.ingest import web

    monkeypatch.setattr(web, "Fetcher", site.fetcher)
    site.answers["/feed"] = [(200, {}, rss(item("one", site=site, text=WHOLE)))]
    site.answers["/map"] = [(200, {}, urlset(site, tram="2024-01-01", bus="2023-01-01"))]
    site.answers["/tram"] = [(200, HTML, page("Tramstad"))]
    command = ["--library", str(tmp_path / "library"), "add", "--feed", f"{site.url}/feed", "--sitemap"]
    assert run([*command, f"{site.url}/map", "--limit", "1"]) == 0
    assert "2 added" in capsys.readouterr().out
    assert "/bus" not in site.paths()
    assert run(["--library", str(tmp_path / "library"), "add"]) == 2
