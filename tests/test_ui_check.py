"""The check page: verdicts with quotations that open their articles; text is never markup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rag.config import Settings
from rag.schema import Article
from rag.ui import backend as backends
from rag.ui.backend import Backend


def check_script() -> None:
    """The check page alone."""
    from rag.ui.check_page import check_page

    check_page()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[AppTest]:
    backend = Backend(Settings(library=tmp_path / "library")).start()
    assert backend.wait(120)
    assert backend.library is not None
    text = "The harbour board of Vellmar approved a tidal barrier. The barrier will cost 412 million crowns in all."
    backend.library.add([Article(title="Board approves barrier", publisher="Vellmar Post", text=text)])
    backends.use(backend)
    yield AppTest.from_function(check_script, default_timeout=60).run()
    backends._current = None


def test_each_sentence_stands_under_its_verdict_with_a_quotation_that_opens(page: AppTest) -> None:
    page.text_area[0].set_value("The barrier will cost 412 million crowns. The <b>circus</b> came to town on Monday.")
    page.button[0].click().run()
    assert not page.exception
    text = "\n".join(element.value for element in page.markdown)
    assert "1 said, 0 contradicted, 1 not found" in text
    assert "**Said**  \nThe barrier will cost 412 million crowns\\." in text
    assert "(#cite-at-" in text
    assert "\\<b\\>circus" in text


def test_a_text_without_a_sentence_says_so(page: AppTest) -> None:
    page.text_area[0].set_value("Well.")
    page.button[0].click().run()
    assert "no sentence" in page.caption[0].value
