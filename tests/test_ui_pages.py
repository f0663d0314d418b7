"""The pages on a real library of four articles written here: start, answer, refusal, library, hostile text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pages import library_script, until
from streamlit.testing.v1 import AppTest

from rag.config import Settings
from rag.schema import Answer, Article, Citation
from rag.ui import backend as backends
from rag.ui import removal
from rag.ui.backend import Backend

SCRIPT = str(Path(__file__).parent.parent / "rag" / "ui" / "script.py")

ARTICLES = [
    Article(
        title="Harbour board approves the tidal barrier",
        publisher="Vellmar Post",
        published=date(2024, 3, 5),
        text=(
            "The harbour board of Vellmar approved a tidal barrier on Tuesday after a four-year study. "
            "Engineers estimate that the barrier will cost 412 million crowns and take six years to build. "
            '"We cannot go on pumping out cellars every winter," said Mayor Ilse Brandt after the vote. '
            "The first gates are due in 2029."
        ),
    ),
    Article(
        title="Fishing cooperatives object to the barrier",
        publisher="Coast Weekly",
        published=date(2024, 3, 9),
        text=(
            "Fishing cooperatives object that the gates would close the estuary to eels for eleven weeks a year. "
            '"The eels were here before the cellars," said Jonas Reet, who speaks for nine cooperatives. '
            "The board answered that a fish ladder would be built beside the gates."
        ),
    ),
    Article(
        title="Washington calls the envoy's visit useful",
        publisher="Vellmar Post",
        published=date(2024, 4, 2),
        text=(
            "The United States called the envoy's visit to Vellmar useful on Monday. "
            "The State Department spokesperson Ada Quill said the talks on fishing rights had been frank. "
            "No date was set for another meeting."
        ),
    ),
    Article(
        title='<img src=x onerror="window.__pwn=1"> [click](javascript:alert(1)) $x$',
        publisher="**Bold** <b>Press</b>",
        published=date(2024, 1, 1),
        text=(
            "The lighthouse keeper <script>window.__pwn=1</script> paid $5 and $10 for ![lamp](http://x.example) oil. "
            "The keeper of the lighthouse is called Tamsin Orle, see [1](#cite-m1-9) and https://evil.example for more."
        ),
    ),
]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Backend:
    """A backend on a library that holds the articles, warmed up."""
    backend = Backend(Settings(library=tmp_path_factory.mktemp("ui") / "library")).start()
    assert backend.wait(120)
    assert backend.problem is None
    assert backend.library is not None
    assert len(backend.library.add(ARTICLES).added) == len(ARTICLES)
    return backend


@pytest.fixture
def using() -> Iterator[Callable[[Backend], Backend]]:
    """Make a backend that of the pages; afterwards there is none."""

    def use(backend: Backend) -> Backend:
        backends.use(backend)
        return backend

    yield use
    backends._current = None


@pytest.fixture
def chat(real: Backend, using: Callable[[Backend], Backend]) -> AppTest:
    using(real)
    return AppTest.from_file(SCRIPT, default_timeout=30).run()


@pytest.fixture
def library(real: Backend, using: Callable[[Backend], Backend]) -> AppTest:
    using(real)
    return AppTest.from_function(library_script, default_timeout=30).run()


def ask(page: AppTest, question: str) -> AppTest:
    page.chat_input[0].set_value(question).run()
    return until(page, lambda: not any(button.label == "Stop" for button in page.button))


def remove(page: AppTest, title: str) -> AppTest:
    """Click "Remove" at an article, and confirm."""
    ask_removal(page, title)
    return page.button(key="remove-articles").click().run()


def ask_removal(page: AppTest, title: str) -> AppTest:
    """Click "Remove" at an article."""
    row = next(button for button in page.button if title in button.label and button.key.startswith("open-"))
    return page.button(key=row.key.replace("open-", "remove-")).click().run()


def text_of(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.header, *page.markdown, *page.caption])


def components(page: AppTest) -> dict[str, dict[str, Any]]:
    """The data given to our two components, by key."""
    found = {}
    for element in page.main:
        proto = getattr(element, "proto", None)
        if type(proto).__name__ == "BidiComponent":
            found[proto.component_name] = json.loads(proto.json)
    return found


def test_the_start_suggests_questions_made_from_the_titles(chat: AppTest) -> None:
    assert not chat.exception
    assert chat.header[0].value == "What do the articles say?"
    assert "about 4 articles" in text_of(chat)
    assert "What did the US say about the visit?" in [button.label.replace("\\", "") for button in chat.button]


def test_a_suggestion_asks_its_question(chat: AppTest) -> None:
    next(button for button in chat.button if "US say" in button.label).click().run()
    until(chat, lambda: not any(button.label == "Stop" for button in chat.button))
    assert "](#cite-m1-1 " in text_of(chat)
    assert "Washington calls the envoy" in text_of(chat)


def test_an_answer_cites_and_lists_its_sources(chat: AppTest) -> None:
    text = text_of(ask(chat, "How much will the tidal barrier cost?"))
    assert "412 million crowns" in text
    assert "](#cite-m1-1 " in text
    assert "Source" in text
    assert r"Vellmar Post · 5 March 2024" in text


def test_a_citation_in_the_address_opens_the_passage(chat: AppTest) -> None:
    ask(chat, "How much will the tidal barrier cost?")
    chat.query_params["src"] = "m1-1"
    chat.run()
    shown = components(chat)["article_chat_article"]
    marked = "".join(text for part in shown["paragraphs"] for text, cited in part if cited)
    assert "412 million crowns" in marked
    assert shown["title"] == "Harbour board approves the tidal barrier"


@pytest.mark.parametrize("reference", ["m9-1", "m1-99", "../../etc/passwd", "m1-1; drop", ""])
def test_an_unknown_reference_in_the_address_opens_nothing(chat: AppTest, reference: str) -> None:
    chat.query_params["src"] = reference
    chat.query_params["c"] = "nobody"
    chat.run()
    assert not chat.exception
    assert "article_chat_article" not in components(chat)


def test_a_refusal_is_plain_and_shows_the_nearest_passages(chat: AppTest) -> None:
    text = text_of(ask(chat, "Who won the chess olympiad in Dresden?"))
    assert "articles do not say" in text
    assert "](#cite-m1-c1)" in text


def test_history_stays_and_new_chat_leaves_it(chat: AppTest) -> None:
    ask(chat, "How much will the tidal barrier cost?")
    ask(chat, "What do the fishing cooperatives object to?")
    assert len(chat.chat_message) == 4
    next(button for button in chat.button if button.label == "New chat").click().run()
    assert len(chat.chat_message) == 0
    next(button for button in chat.button if button.label.startswith("How much will")).click().run()
    assert len(chat.chat_message) == 4


def test_an_article_added_while_the_chat_is_open_is_found_by_the_next_question(chat: AppTest, real: Backend) -> None:
    import rag

    elsewhere = rag.Library.open(settings=real.settings)  # a second opening, as by another process
    (article_id,) = elsewhere.add(
        [Article(title="Bell", text="The bell of Orrin weighs 812 kilograms, the founder said.")]
    ).added
    elsewhere.close()
    assert "812 kilograms" in text_of(ask(chat, "How much does the bell of Orrin weigh?"))
    assert real.library is not None
    real.library.remove(article_id)


def test_hostile_text_is_shown_as_text(chat: AppTest) -> None:
    text = text_of(ask(chat, "What is the keeper of the lighthouse called?"))
    assert "Tamsin Orle" in text
    for raw in ("<script", "<img", "<b>", "![lamp](", "[click](", "https://evil", "[1](#cite-m1-9)"):
        assert not re.search(r"(?<!\\)" + re.escape(raw), text), raw


def test_the_library_lists_articles_newest_first(library: AppTest) -> None:
    titles = [button.label.replace("\\", "") for button in library.button if button.key.startswith("open-")]
    assert titles[0] == "Washington calls the envoy's visit useful"
    assert len(titles) == 4
    assert any("Coast Weekly · 9 March 2024 · " in caption.value for caption in library.caption)


def test_the_search_narrows_the_list(library: AppTest) -> None:
    library.text_input(key="q").set_value("cooperatives").run()
    assert len([button for button in library.button if button.key.startswith("open-")]) == 1


def test_a_click_previews_an_article(library: AppTest) -> None:
    next(button for button in library.button if "Fishing" in button.label).click().run()
    assert components(library)["article_chat_article"]["title"] == "Fishing cooperatives object to the barrier"


def test_a_removal_can_be_undone(library: AppTest) -> None:
    remove(library, "Fishing")
    assert not any("Fishing" in button.label and button.key.startswith("open-") for button in library.button)
    assert "was removed" in text_of(library)
    library.button(key="undo-remove").click().run()
    assert any("Fishing" in button.label and button.key.startswith("open-") for button in library.button)
    assert "was removed" not in text_of(library)


def test_a_removal_names_what_is_lost_and_cancel_keeps_it(library: AppTest, real: Backend) -> None:
    assert real.library is not None
    (article,) = real.library.articles(query="Fishing")
    real.library.collections.add("Harbour", [article.id])
    quote = article.text[:40]
    cited = Citation(number=1, article_id=article.id, title=article.title, start=0, end=40, quote=quote)
    answer = Answer(question="q", text=quote, answered=True, citations=(cited,))
    answers, talks = real.library.conversations.quoting([article.id])  # of the tests before
    for name in ("one", "two"):
        real.library.conversations.begin(name, 1, "What do the cooperatives say?")
        real.library.conversations.finish(name, 1, "done", answer)
    ask_removal(library, "Fishing")
    said = text_of(library).replace("\\", "")
    assert "**Fishing cooperatives object to the barrier** · Coast Weekly · 9 March 2024" in said
    assert "Its text is deleted, with 1 passage and any earlier version." in said
    assert "It leaves “Harbour”." in said
    quoted = f"{answers + 2} answers in {talks + 2} conversations quote it"
    assert f"{quoted}: the quotations stay, but lead to no article any more." in said
    assert "This can be undone until" in said
    library.button(key="keep-articles").click().run()
    assert real.library.article(article.id) is not None
    assert "was removed" not in text_of(library)
    for name in ("one", "two"):
        real.library.conversations.delete(name)


def test_several_articles_are_removed_and_brought_back_at_once(library: AppTest, real: Backend) -> None:
    assert real.library is not None
    before = {article.id: article for article in real.library.articles()}
    for box in library.checkbox[:2]:
        box.check()
    library.run()
    library.button(key="remove-selected").click().run()
    said = text_of(library).replace("\\", "")
    assert "Their texts are deleted, with 2 passages and any earlier version." in said
    library.button(key="remove-articles").click().run()
    assert "2 articles were removed" in text_of(library)
    assert real.library.count_articles() == len(before) - 2
    library.button(key="undo-remove").click().run()
    assert {article.id: article for article in real.library.articles()} == before


def test_more_articles_than_can_be_brought_back_are_removed_all_and_it_is_said_before(
    library: AppTest, real: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert real.library is not None
    monkeypatch.setattr(removal, "MAX_UNDO", 1)
    text = "The {} of Orrin was shut for repairs on Friday, the town said."
    added = real.library.add([Article(title=f"Shut {name}", text=text.format(name)) for name in ("bridge", "quay")])
    assert len(added.added) == 2
    for name in ("bridge", "quay"):
        row = next(one for one in library.run().button if f"Shut {name}" in one.label)
        library.checkbox(key=row.key.replace("open-", "select-")).check().run()
    library.button(key="remove-selected").click().run()
    assert "this cannot be undone" in text_of(library)
    library.button(key="remove-articles").click().run()
    assert not real.library.articles(query="Shut")
    assert "2 articles were removed" in text_of(library)
    assert not any(button.key == "undo-remove" for button in library.button)


def test_filters_and_order_change_the_list(library: AppTest) -> None:
    library.selectbox(key="outlet").set_value("Coast Weekly").run()
    assert "1 article, filtered" in text_of(library)
    library.selectbox(key="outlet").set_value("").run()
    library.date_input(key="since").set_value(date(2024, 3, 6)).run()
    assert "2 articles, filtered" in text_of(library)
    library.date_input(key="since").set_value(None).run()
    library.selectbox(key="order").set_value("oldest").run()
    titles = [button.label for button in library.button if button.key.startswith("open-")]
    assert titles[-1].startswith("Washington")


def test_what_is_known_about_an_article_can_be_edited(library: AppTest, real: Backend) -> None:
    assert real.library is not None
    (article,) = real.library.articles(query="Fishing")
    library.query_params["article"] = article.id
    library.run()
    field = next(one for one in library.text_input if one.label == "Outlet")
    field.set_value("Coast Daily")
    next(button for button in library.button if button.label == "Save").click().run()
    assert not library.exception
    changed = real.library.article(article.id)
    assert changed is not None
    assert changed.publisher == "Coast Daily"
    real.library.edit(article.id, publisher="Coast Weekly")


def test_the_preview_shows_the_passages_that_the_search_finds(library: AppTest, real: Backend) -> None:
    assert real.library is not None
    (article,) = real.library.articles(query="Fishing")
    library.query_params["article"] = article.id
    library.run()
    assert "Characters 0 to" in text_of(library)


def test_addresses_that_are_none_are_told_at_once(library: AppTest) -> None:
    library.text_area(key="addresses").set_value("https://example.com/a\nfile:///etc/passwd")
    next(button for button in library.button if button.label == "Fetch and add").click().run()
    assert any("is no address" in error.value for error in library.error)
    assert "ingest" not in library.session_state


def test_a_private_address_is_refused_with_its_reason(library: AppTest) -> None:
    library.text_area(key="addresses").set_value("http://127.0.0.1/secret")
    next(button for button in library.button if button.label == "Fetch and add").click().run()
    until(library, lambda: any(button.key == "dismiss" for button in library.button))
    assert any("127.0.0.1" in error.value.replace("\\", "") for error in library.error)


def test_uploads_are_added_with_a_reason_for_each_failure_and_can_be_removed(library: AppTest) -> None:
    good = (
        b"# Ferry timetable changes\n\nThe ferry to Orrin will sail twice a day from June, the company said on Friday."
    )
    library.file_uploader[0].upload("ferry.md", good, "text/markdown").upload("empty.txt", b"", "text/plain").run()
    library.button(key="add-files").click().run()
    until(library, lambda: any(button.key == "dismiss" for button in library.button))
    assert "**1** added" in text_of(library)
    assert any("empty" in error.value for error in library.error)
    assert not any("/tmp" in error.value for error in library.error)
    remove(library, "Ferry")
    assert not any("Ferry" in button.label for button in library.button)


def test_pasted_text_becomes_an_article(library: AppTest) -> None:
    library.text_area(key="paste-text").set_value("The mill of Sarn burned down on Sunday night, firefighters said.")
    library.text_input(key="paste-title").set_value("Mill burns")
    next(
        button for button in library.button if button.label == "Add to the library" and button.key != "add-files"
    ).click()
    library.run()
    until(library, lambda: any(button.key == "dismiss" for button in library.button))
    remove(library, "Mill burns")


def test_an_empty_library_says_how_to_begin(tmp_path: Path, using: Callable[[Backend], Backend]) -> None:
    backend = using(Backend(Settings(library=tmp_path / "library")).start())
    assert backend.wait_opened(60)
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    assert not page.exception
    assert "The library is empty" in text_of(page)
    backend.wait(60)


def test_a_library_that_cannot_be_opened_is_one_friendly_line(
    tmp_path: Path, using: Callable[[Backend], Backend]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    backend = using(Backend(Settings(library=blocked)).start())
    assert backend.wait(60)
    page = AppTest.from_file(SCRIPT, default_timeout=30).run()
    assert not page.exception
    (line,) = page.error
    assert "Traceback" not in line.value
    ask(page, "Anything?")
    assert any(button.label == "Try again" for button in page.button)
