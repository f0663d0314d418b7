"""One web page: fetched from a real server on this machine, which is allowed for these tests only, and the guard."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest
from formats import BODY, TITLE, pdf
from sites import HTML, PAGE, Answer, Site

from rag.errors import SourceError
from rag.ingest import guard, web
from rag.ingest.intake import Address, Raw, Unchanged, list_items, take
from rag.ingest.web import Fetcher, check_address
from rag.schema import Failure
from rag.store.store import Known


def test_a_page_becomes_its_article_with_its_date_and_address(site: Site) -> None:
    article = site.fetcher().article(f"{site.url}/page#part")
    assert (article.title, article.published, article.url) == (TITLE, date(2022, 5, 25), f"{site.url}/page")
    assert all(line in article.text for line in BODY)
    assert site.paths() == ["/robots.txt", "/page"]
    assert all(agent.startswith("ArticleChat/") for _, agent in site.asked)


def test_a_page_that_has_not_changed_is_not_taken_again(site: Site) -> None:
    address = Address(f"{site.url}/page", site.fetcher().article)
    first = take(address, lambda _: None, set())
    assert isinstance(first, Raw)
    known = Known(first.article.id, first.article.title, first.digest, "", first.article.source)
    assert isinstance(take(address, lambda _: known, set()), Unchanged)
    site.answers["/page"] = [(200, HTML, PAGE.replace(b"6,412", b"6,413"))]
    changed = take(address, lambda _: known, set())
    assert isinstance(changed, Raw)
    assert changed.article.id == first.article.id


def test_a_pdf_and_a_packed_page_are_read(site: Site) -> None:
    site.answers["/pdf"] = [(200, {"Content-Type": "application/pdf"}, pdf())]
    site.answers["/packed"] = [(200, HTML | {"Content-Encoding": "gzip"}, gzip.compress(PAGE))]
    assert BODY[0] in site.fetcher().article(f"{site.url}/pdf").text
    assert BODY[0] in site.fetcher().article(f"{site.url}/packed").text


def test_without_the_allowance_nothing_is_asked_of_a_private_address(site: Site) -> None:
    (item,) = list_items([f"{site.url}/page"])
    failure = take(item, lambda _: None, set())
    assert isinstance(failure, Failure)
    assert "not on the public internet" in failure.reason
    for host in ("localhost", "0x7f.1", "2130706433"):
        with pytest.raises(SourceError, match=r"public internet|not found"):
            Fetcher().article(f"http://{host}:{site.server.server_port}/page")
    assert site.asked == []


def test_a_redirect_is_followed_and_checked_as_the_first_address(site: Site) -> None:
    site.answers["/moved"] = [(301, {"Location": "/page"}, b"")]
    assert site.fetcher().article(f"{site.url}/moved").url == f"{site.url}/page"
    for target, reason in {
        "http://127.0.0.2/page": "public internet",
        "http://169.254.169.254/latest/meta-data": "public internet",
        "file:///etc/passwd": "Only http",
        "http://user:secret@127.0.0.1/": "password",
        "/evil": "redirects more than 5",
    }.items():
        site.answers["/evil"] = [(302, {"Location": target}, b"")]
        with pytest.raises(SourceError, match=reason):
            site.fetcher().article(f"{site.url}/evil")


def test_robots_txt_is_respected_and_asked_once(site: Site) -> None:
    rules = b"User-agent: ArticleChat\nDisallow: /private\nCrawl-delay: 4\n"
    site.answers["/robots.txt"] = [(200, {}, rules)]
    site.answers["/private/page"] = site.answers["/page"]
    fetcher = site.fetcher()
    with pytest.raises(SourceError, match=r"robots\.txt does not allow"):
        fetcher.article(f"{site.url}/private/page")
    fetcher.article(f"{site.url}/page")
    assert site.paths() == ["/robots.txt", "/page"]
    assert 3 < site.waits[-1] <= 4  # as the file asks; a second without it


def test_a_busy_server_is_asked_again_and_left_alone_in_the_end(site: Site) -> None:
    site.answers["/page"] = [(503, {"Retry-After": "2"}, b""), (200, HTML, PAGE)]
    assert site.fetcher().article(f"{site.url}/page").title == TITLE
    assert 2.0 in site.waits
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=20))
    site.answers["/page"] = [(429, {"Retry-After": later}, b""), (200, HTML, PAGE)]
    assert site.fetcher().article(f"{site.url}/page").title == TITLE
    assert any(17 < wait <= 20 for wait in site.waits)
    site.answers["/page"] = [(503, {}, b"")]
    site.asked.clear()
    with pytest.raises(SourceError, match="answered 503"):
        site.fetcher().article(f"{site.url}/page")
    assert site.paths().count("/page") == 3


def bomb() -> Answer:
    return 200, HTML | {"Content-Encoding": "gzip"}, gzip.compress(b" " * 30_000_000)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: (404, {}, b""), "answered 404"),
        (lambda: (403, {}, b""), "log-in or refuses programs"),
        (lambda: (200, {"Content-Type": "image/png"}, b"x"), "leads to image/png"),
        (lambda: (200, HTML, b" " * 11_000_000), "more than 10 MB"),
        (bomb, "more than 20 MB"),
        (lambda: (200, HTML | {"Content-Encoding": "gzip"}, b"no gzip"), "damaged"),
        (lambda: (200, HTML | {"Content-Encoding": "gzip"}, gzip.compress(PAGE)[:-20]), "whole"),
        (lambda: (200, HTML | {"Content-Encoding": "br"}, b"x"), "packed as 'br'"),
        (lambda: (200, HTML, b"<html><body>Log in</body></html>"), "No article text"),
    ],
)
def test_a_page_that_cannot_be_taken_has_its_reason(site: Site, answer: Callable[[], Answer], reason: str) -> None:
    site.answers["/bad"] = [answer()]
    with pytest.raises(SourceError, match=reason):
        site.fetcher().article(f"{site.url}/bad")


def test_a_page_that_drips_is_given_up_at_the_deadline(site: Site) -> None:
    fetcher = site.fetcher(longest=1.0)
    fetcher.article(f"{site.url}/page")
    site.drip = 0.1
    with pytest.raises(SourceError, match="too long"):
        fetcher.article(f"{site.url}/page")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "168.63.129.16", "192.0.0.192", "::", "::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
        "2002:7f00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::7f00:1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_told(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e", "::ffff:1.1.1.1"])
def test_public_addresses_are_told(address: str) -> None:
    assert guard.is_public(address)


def test_a_host_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(SourceError, match="public internet"):
        guard.resolve("example.org", 80, frozenset())


def test_the_connection_goes_to_the_address_that_was_checked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [[(2, 1, 6, "", ("127.0.0.1", 0))], [(2, 1, 6, "", ("127.0.0.2", 0))]]
    asked: list[str] = []
    real = guard.socket.getaddrinfo

    def rebinding(host: str, port: int, *rest: object, **named: object) -> object:
        if host != "rebind.example":
            return real(host, port, *rest, **named)  # type: ignore[arg-type]
        asked.append(host)
        return answers[(len(asked) - 1) % 2]

    monkeypatch.setattr(guard.socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(web.Fetcher, "_respect_robots", lambda *_: None)
    page = site.fetcher().fetch(f"http://rebind.example:{site.server.server_port}/page")
    assert page.body == PAGE
    assert asked == ["rebind.example"]


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "http://", "http://a b/", "http://u:p@example.org/", "http://example.org\\@evil/", "http://[::1]/",
     "http://example.org:99999/", "http://example.org:0/", "http://exa\nmple.org/", "http://" + "a" * 70 + "/"],
)  # fmt: skip
def test_strange_addresses_are_refused(url: str) -> None:
    with pytest.raises(SourceError):
        check_address(url)


def test_an_address_in_other_letters_is_written_in_ascii() -> None:
    parts = check_address("https://müller.example/straße?q=ä b".replace(" ", "%20"))
    assert parts.geturl() == "https://xn--mller-kva.example/stra%C3%9Fe?q=%C3%A4%20b"
