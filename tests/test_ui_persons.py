"""The pages with sign-in: each person sees what his or her rights allow, by every way into the page, and no more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pages import library_script, until
from providers import CLIENT, COOKIES, SECRET, SWANS, TRAINS
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import rag
from rag.config import Settings
from rag.errors import AccessDenied, SignInNeeded
from rag.store.grants import Grant
from rag.ui import backend as backends
from rag.ui.backend import Backend
from rag.ui.identity import person_of

SCRIPT = str(Path(__file__).parent.parent / "rag" / "ui" / "script.py")
ISSUER = "https://login.example"
OF_TRAINS, OF_SWANS = ("Norrland", "Krantz", "Rail Courier"), ("Zelthorpe", "Halloran", "Marsh Gazette", "barley")
PAGES = ("", "library", "check", "settings", "help")
pytestmark = pytest.mark.usefixtures("backend")


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    settings = Settings(
        library=tmp_path_factory.mktemp("persons") / "library", oidc_issuer=ISSUER, oidc_client_id=CLIENT,
        oidc_client_secret=SECRET, oidc_cookie_secret=COOKIES,
    )  # type: ignore[arg-type]  # fmt: skip
    with rag.Library.open(settings=settings) as library:
        library.add([TRAINS], collection="Rail")
        library.add([SWANS], collection="Birds")
        for name, collection in (("ann", "Rail"), ("ben", "Birds")):
            library.grants.give(Grant("user", name, collection, may_write=name == "ben"))
        library.grants.give(Grant("user", "root", "", may_write=True))
        library.grants.give(Grant("group", "wardens", "Birds"))
    made = Backend(settings).start()
    assert made.wait(120)
    backends.use(made)
    yield made
    backends._current = None


@pytest.fixture
def whole(backend: Backend) -> rag.Library:
    assert backend.library is not None
    return backend.library


@pytest.fixture
def ids(whole: rag.Library) -> dict[str, str]:
    return {one.title: one.id for one in whole.articles()}


def claims(name: str, **other: Any) -> dict[str, Any]:
    told = {"iss": ISSUER, "aud": CLIENT, "sub": name, "name": name.title(), "iat": time.time(), "nonce": name}
    return {"is_logged_in": True} | told | other


def seen_by(user: dict[str, Any], address: dict[str, str] | None = None, *, page: str = "") -> AppTest:
    """The page as somebody with these claims sees it."""
    opened = AppTest.from_file(SCRIPT, default_timeout=60)
    opened.user = user
    opened.query_params.update(address or {})
    opened._page_hash = calc_hash(page) if page else ""  # as the browser asks for it; AppTest itself knows files only
    opened.run()
    assert not opened.exception
    return opened


def shelf_of(user: dict[str, Any]) -> AppTest:
    page = AppTest.from_function(library_script, default_timeout=60)
    page.user = user
    return page.run()


def everything(page: AppTest) -> str:
    """All that was sent to the browser."""
    return "\n".join(str(getattr(one, "proto", "")) for one in page._tree)  # with dialogs, unlike page.main


def ask(page: AppTest, question: str) -> AppTest:
    page.chat_input[0].set_value(question).run()
    return until(page, lambda: not any(button.label == "Stop" for button in page.button))


def holds(text: str, words: tuple[str, ...]) -> list[str]:
    return [word for word in words if word in text]


@pytest.fixture(scope="module")
def talk(backend: Backend) -> str:
    """A conversation of Ben about swans; it stays open on the server."""
    page = ask(seen_by(claims("ben")), "Who fed the swans with barley?")
    assert "Halloran" in everything(page)
    return str(page.query_params["c"][0])


def ways(talk: str, ids: dict[str, str]) -> list[dict[str, str]]:
    """Addresses that lead to swans."""
    swans = ids[SWANS.title]
    return [
        {},
        {"article": swans},
        {"article": swans, "at": "0-40"},
        {"c": talk},
        {"c": talk, "src": "m1-1"},
        {"c": talk, "panel": "why-m1"},
        {"c": talk, "panel": "export-all"},
        {"only_collection": "Birds"},
        {"only": swans},
        {"q": "swans"},
    ]


@pytest.mark.parametrize("page", PAGES)
def test_before_sign_in_nothing_is_shown_but_the_way_in(page: str, talk: str, ids: dict[str, str]) -> None:
    for address in ways(talk, ids):
        shown = seen_by({"is_logged_in": False}, address, page=page)
        assert [button.label for button in shown.button] == ["Sign in"]
        text = everything(shown)
        assert not holds(text, OF_SWANS + OF_TRAINS)
        assert "Library" not in text
        assert not shown.sidebar


@pytest.mark.parametrize("page", PAGES)
def test_no_address_shows_what_a_person_may_not_read(page: str, talk: str, ids: dict[str, str]) -> None:
    for address in ways(talk, ids):
        text = everything(seen_by(claims("ann"), address, page=page))
        assert not holds(text, OF_SWANS), (page, address)
        assert "Ann" in text


def test_the_same_addresses_show_it_to_who_may(talk: str, ids: dict[str, str]) -> None:
    assert all(holds(everything(seen_by(claims("ben"), one)), OF_SWANS) for one in ways(talk, ids)[1:6])
    warden = claims("cleo", groups=["wardens"])
    assert holds(everything(seen_by(warden, {"article": ids[SWANS.title]})), OF_SWANS)
    assert not holds(everything(seen_by(warden, {"c": talk})), ("Halloran",))  # a conversation is its owner's alone


def test_answers_lists_and_refusals_hold_only_what_may_be_read() -> None:
    page = seen_by(claims("ann"))
    assert "about 1 article" in everything(page)
    for question in ("Who fed the swans with barley?", "How many articles are there?", "Which outlets are there?"):
        assert not holds(everything(ask(page, question)).replace("swans with barley", ""), OF_SWANS)
    assert "Krantz" in everything(ask(page, "Who said she was glad about the night trains?"))


def test_a_question_that_is_asked_of_a_collection_asks_it() -> None:
    page = seen_by(claims("ben"), {"only_collection": "Birds"})
    assert "Halloran" in everything(ask(page, "Who fed the swans with barley?"))


def test_what_is_asked_and_added_is_recorded_with_who_did_it(whole: rag.Library) -> None:
    ask(seen_by(claims("ann")), "When do the night trains run?")
    deed = whole.deeds.latest(1)[0]
    assert (deed.name, deed.token, deed.act) == ("ann", "oidc:ann", "ask")
    assert deed.detail == "When do the night trains run?"


def test_who_may_only_read_is_offered_nothing_that_changes_the_library(ids: dict[str, str]) -> None:
    shelf = shelf_of(claims("ann"))
    labels = {button.label for button in shelf.button}
    assert any("Night trains" in label for label in labels)
    assert not labels & {"Remove", "Add to the library", "Remove for good"}
    assert not shelf.expander
    page = seen_by(claims("ann"), page="settings")
    assert "chosen by those who may change" in page.info[0].value
    assert not page.radio


def test_who_may_write_a_collection_adds_to_it_and_removes_from_it(whole: rag.Library) -> None:
    shelf = shelf_of(claims("ben"))
    assert shelf.selectbox(key="add-into").options == ["Birds"]
    assert "Feeds" not in [tab.label for tab in shelf.tabs]
    shelf.text_area(key="paste-text").set_value("A heron stood in the canal all day long. Nobody fed the heron.")
    shelf.text_input(key="paste-title").set_value("Heron in the canal")
    next(b for b in shelf.button if b.label == "Add to the library" and "paste" in b.form_id).click().run()
    until(shelf, lambda: any("added" in one.value for one in shelf.markdown))
    (heron,) = whole.articles("Heron")
    assert whole.collections.holding(heron.id) == ("Birds",)
    assert [(one.name, one.act, one.detail) for one in whole.deeds.latest(1)] == [("ben", "add", "Heron in the canal")]
    assert "ingest" not in shelf_of(claims("ann")).session_state  # nor is the adding of another shown to her
    shelf.button(key=f"remove-{heron.id}").click().run()
    assert "cannot be undone" in everything(shelf)
    shelf.button(key="remove-articles").click().run()
    assert not whole.articles("Heron")


def test_who_may_change_the_whole_library_has_the_page_of_a_single_user(ids: dict[str, str]) -> None:
    shelf = shelf_of(claims("root"))
    assert [tab.label for tab in shelf.tabs][:4] == ["Files", "Addresses", "Feeds", "Paste text"]
    shelf.button(key=f"remove-{ids[TRAINS.title]}").click().run()
    shelf.button(key="remove-articles").click().run()
    assert TRAINS.title not in everything(shelf_of(claims("ann")))
    shelf.button(key="undo-remove").click().run()
    assert TRAINS.title in everything(shelf_of(claims("ann")))
    assert "Who writes the answers?" in [one.value for one in seen_by(claims("root"), page="settings").header]


def test_who_has_no_right_is_told_the_name_that_rights_are_granted_to() -> None:
    page = seen_by(claims("nobody-yet"))
    assert page.header[0].value == "Nothing is open to you yet"
    assert page.code[0].value == "nobody-yet"
    assert [button.label for button in page.button] == ["Sign out"]


def test_a_right_that_is_taken_back_counts_at_the_next_click(whole: rag.Library, ids: dict[str, str]) -> None:
    whole.grants.give(Grant("user", "dora", "Birds"))
    whole.grants.give(Grant("user", "dora", "Rail"))
    page = seen_by(claims("dora"), {"article": ids[SWANS.title]})
    assert "Halloran" in everything(page)
    whole.grants.take_back("user", "dora", "Birds")
    assert not holds(everything(page.run()), OF_SWANS)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"iat": time.time() - 13 * 3600}, "has ended"),
        ({"aud": "other"}, "has ended"),
        ({"iss": "https://other.example"}, "has ended"),
        ({"sub": ""}, "does not say who you are"),
    ],
)
def test_a_sign_in_that_has_ended_or_is_of_elsewhere_shows_the_way_in(
    other: dict[str, Any], said: str, whole: rag.Library
) -> None:
    page = seen_by(claims("ben"))
    before = len(whole.deeds.latest(1_000))
    page.user = claims("ben") | other
    page.chat_input[0].set_value("Who fed the swans with barley?").run()
    assert len(whole.deeds.latest(1_000)) == before  # the question came too late and was not asked
    assert not holds(everything(page), OF_SWANS)
    page.run()
    assert [button.label for button in page.button] == ["Sign in"]
    assert said in everything(page)


def test_a_session_that_another_person_takes_over_is_empty(talk: str) -> None:
    page = ask(seen_by(claims("ben")), "Who fed the swans with barley?")
    page.user = claims("ann")
    page.run()
    assert not holds(everything(page), ("Halloran", "Zelthorpe"))
    assert "c" not in page.query_params or "not here" in everything(page)


def test_signing_out_ends_the_sign_in_in_other_pages_too() -> None:
    user = claims("ben", nonce="to be ended")
    first, second = seen_by(user), seen_by(user)
    first.button(key="sign-out").click().run()
    assert [button.label for button in first.button] == ["Sign in"]
    assert [button.label for button in second.run().button] == ["Sign in"]
    assert seen_by(claims("ben", nonce="signed in again")).chat_input


def test_outside_a_page_nobody_is_anybody(backend: Backend, whole: rag.Library) -> None:
    with pytest.raises(SignInNeeded):
        backends.current()
    ann = backend.seen_by(person_of(claims("ann"), backend.settings, datetime.now(UTC)))
    with pytest.raises(AccessDenied):
        ann.choose_model("", "")
    assert ann.library is not None
    assert [one.title for one in ann.library.articles()] == [TRAINS.title]
    assert len(whole.articles()) == 2
