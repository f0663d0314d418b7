"""The library page: feeds and site maps, fetched from a real server; adding that a reload of the page does not lose."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import library_script, until
from sites import HTML, PAGE, Site
from streamlit.testing.v1 import AppTest

from rag.config import Settings
from rag.ingest import web
from rag.library import Library
from rag.schema import AddReport, Progress
from rag.ui import backend as backends
from rag.ui.backend import Backend
from rag.ui.ingest_job import IngestJob, Told


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    made = Backend(Settings(library=tmp_path_factory.mktemp("feeds") / "library", reader="none")).start()
    assert made.wait(120)
    assert made.problem is None
    backends.use(made)
    yield made
    backends._current = None


def opened() -> AppTest:
    """The page as a browser that has just come, or come again, sees it."""
    return AppTest.from_function(library_script, default_timeout=60).run()


def ended(page: AppTest) -> str:
    """What the page says once the adding has ended, without escapes."""
    until(page, lambda: any(button.key == "dismiss" for button in page.button))
    said = [element.value for element in [*page.markdown, *page.caption, *page.error]]
    return "\n".join(said).replace("\\", "").replace("\u200b", "").replace("\u2060", "")


def under_way(page: AppTest) -> str:
    """What stands at the bar of progress."""
    return "".join(one.proto.text for one in page.get("progress"))


def subscribe(page: AppTest, url: str, kind: str = "Feed (RSS or Atom)") -> None:
    page.radio(key="feed-kind").set_value(kind)
    page.text_input(key="feed-url").set_value(url)
    next(button for button in page.button if button.label == "Subscribe and fetch").click().run()


def feed(*items: str) -> bytes:
    listed = "".join(f"<item><title>{name}</title><link>{url}</link></item>" for name, _, url in map(parted, items))
    return f"<rss version='2.0'><channel><title>Harbour Post</title>{listed}</channel></rss>".encode()


def parted(item: str) -> tuple[str, str, str]:
    return item.partition("=")


def test_a_feed_is_subscribed_to_fetched_again_and_removed(
    backend: Backend, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "Fetcher", site.fetcher)
    assert backend.library is not None
    site.answers["/feed"] = [(200, {}, feed(f"One={site.url}/page"))]
    page = opened()
    subscribe(page, f"{site.url}/feed")
    assert "**1** added" in ended(page)
    assert "Harbour Post" in ended(page)
    assert "1 entry taken" in ended(page)
    page.button(key="dismiss").click().run()
    other = PAGE.replace(b"Norrmouth", b"Tramstad").replace(b"6,412", b"5,001")
    site.answers["/feed"] = [(200, {}, feed(f"One={site.url}/page", f"Two={site.url}/two"))]
    site.answers["/two"] = [(200, HTML, other)]
    page.button(key="feed-fetch-0").click().run()
    assert "2 entries taken" in ended(page)
    assert site.paths().count("/page") == 1
    page.button(key="feed-remove-0").click().run()
    assert backend.library.feeds() == []
    assert "entries taken" not in ended(page)
    assert backend.library.count_articles() > 0  # what came stays


def test_a_site_map_gives_as_many_pages_as_are_wanted(
    backend: Backend, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "Fetcher", site.fetcher)
    assert backend.library is not None
    listed = "".join(f"<url><loc>{site.url}/{name}</loc></url>" for name in ("a", "b", "c"))
    site.answers["/map"] = [(200, {}, f"<urlset>{listed}</urlset>".encode())]
    site.answers |= {f"/{name}": [(200, HTML, PAGE.replace(b"Norrmouth", name.encode() * 9))] for name in "abc"}
    page = opened()
    page.number_input(key="feed-limit").set_value(2)
    subscribe(page, f"{site.url}/map", "Site map")
    assert "2 entries taken" in ended(page)
    assert sum(path in ("/a", "/b", "/c") for path in site.paths()) == 2
    assert [one.is_site_map for one in backend.library.feeds()] == [True]
    backend.library.forget_feed(f"{site.url}/map")


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://127.0.0.1:9/feed", "not on the public internet"), ("http://[::1]/feed", "IPv6 number are not fetched")],
)
def test_the_guards_reason_for_an_address_is_one_line(backend: Backend, url: str, reason: str) -> None:
    page = opened()
    subscribe(page, url)
    until(page, lambda: any(button.key == "dismiss" for button in page.button))
    (error,) = page.error
    assert reason in error.value.replace("\\", "")
    assert "\n" not in error.value
    assert backend.library is not None
    assert backend.library.feeds() == []


def test_what_is_no_address_is_told_at_once(backend: Backend) -> None:
    page = opened()
    subscribe(page, "file:///etc/passwd")
    assert "begins with http" in page.error[0].value
    assert "ingest" not in page.session_state


def test_a_page_that_is_loaded_again_shows_what_is_being_added_and_then_how_it_ended(backend: Backend) -> None:
    gate = threading.Event()

    def slow(_library: Library, _folder: Path, told: Told) -> AddReport:
        told(Progress(1, 3, 4, "tides.md"))
        assert gate.wait(60)
        return AddReport()

    job = IngestJob(backend, slow, 3).start()
    until(page := opened(), lambda: "tides" in under_way(page))
    again = opened()
    assert "1 of 3" in under_way(again)
    assert not any(button.key == "dismiss" for button in again.button)
    gate.set()
    job.join(60)
    assert "Nothing was added" in ended(opened())
    assert not any(button.key == "dismiss" for button in opened().button)  # once is enough
