"""What somebody who hears the page finds: landmarks, headings in order, and text that runs in its own direction."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from chat_server import Server
from playwright.sync_api import Page, expect
from talking import ask, listening, rested

import rag
from rag.schema import Answer, AnswerSentence, Citation

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
PAGES = ("Chat", "Library", "Check", "Settings", "Help")
RULES = ("heading-order", "page-has-heading-one", "empty-heading", "landmark-one-main", "landmark-unique", "bypass")
ARABIC = "افتتح رئيس البلدية الجسر الجديد فوق النهر يوم الثلاثاء بحضور مئات السكان."
# How far right in its paragraph the first letter of a text stands, 0 to 1.
FIRST_LETTER = """(words) => {
  const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    const box = node.parentElement.closest('p, li').getBoundingClientRect();
    return (range.getBoundingClientRect().left - box.left) / box.width;
  }
  return -1;
}"""


def in_order(page: Page) -> None:
    """One heading of the first level, no level left out, one main part, and the pages in a navigation of their own."""
    rested(page)
    found = Axe().run(page, options={"runOnly": {"type": "rule", "values": list(RULES)}}).response["violations"]
    assert not [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]
    pages = page.get_by_role("navigation", name="Pages")
    for name in PAGES:
        expect(pages.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_each_page_has_landmarks_and_its_headings_in_order(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    expect(page.locator(".st-key-suggestions button").first).to_be_visible()
    in_order(page)
    ask(page)
    in_order(page)
    expect(page.get_by_role("heading", level=2, name="Conversations")).to_be_attached()
    for name, head in (("Library", "Library"), ("Check", "Check a text"), ("Settings", "Who writes"), ("Help", "Help")):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        expect(page.get_by_role("main").get_by_role("heading", level=2, name=head)).to_be_visible()
        in_order(page)


@pytest.fixture
def arabic(server: Server) -> Iterator[str]:
    """The address of a kept answer in Arabic."""
    with rag.Library.open(server.library) as library:
        (added,) = library.add([rag.Article(title="افتتاح الجسر الجديد", text=ARABIC, publisher="صحيفة")]).added
        place = Citation(number=1, article_id=added, title=added.title, start=0, end=len(ARABIC), quote=ARABIC)
        said = AnswerSentence(ARABIC, (place,), 1.0, True)
        answer = Answer(question="q", text=f"{ARABIC} [1]", answered=True, sentences=(said,), citations=(place,))
        library.conversations.begin("arabic", 1, "متى افتتح الجسر؟")
        library.conversations.finish("arabic", 1, "done", answer)
        yield f"{server.address}/?c=arabic"
        library.conversations.delete("arabic")
        library.remove(added)


def test_each_article_is_named_where_it_is_selected_and_removed(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.address}/library")
    rested(page)
    title = "Notre-Dame opens its doors again, five years after the fire"
    expect(page.get_by_role("checkbox", name=f"Select {title}")).to_be_attached(timeout=60_000)
    expect(page.get_by_role("button", name=f"Remove {title}")).to_have_text(f"Remove {title}")
    assert page.get_by_role("button", name=f"Remove {title}").locator("em").evaluate("one => one.offsetWidth") == 1


def test_a_step_by_key_leaves_the_keyboard_in_the_article(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    ask(page, "How many articles mention China?").locator("a[href='#cite-m1-1']").focus()
    page.keyboard.press("Enter")
    text = page.get_by_role("document", name="Text of the article")
    expect(text).to_be_focused()
    page.keyboard.press("]")
    expect(page.locator("a[href='#cite-m1-2'][aria-current='true']")).to_be_visible()
    expect(text).to_be_focused()


def test_the_pages_show_which_one_the_keyboard_is_at(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.address}/library")  # the chat begins in its question box
    expect(page.locator("[data-testid=stPageLink-NavLink]").first).to_be_visible()
    rested(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    focused = page.locator("[data-testid=stPageLink-NavLink]:focus-visible")
    expect(focused).to_have_count(1)
    assert focused.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


def test_a_text_that_is_written_from_the_right_begins_at_the_right(arabic: str, open_page: Open) -> None:
    page = open_page(arabic)
    expect(page.get_by_text(ARABIC)).to_be_visible()
    listening(page)
    assert page.evaluate(FIRST_LETTER, ARABIC) > 0.5
    assert page.evaluate(FIRST_LETTER, "outlet cited") < 0.5
