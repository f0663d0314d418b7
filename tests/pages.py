"""How tests drive a page without a browser: the script of the library page, and waiting until it has got somewhere."""

from __future__ import annotations

import time
from collections.abc import Callable

from streamlit.testing.v1 import AppTest


def library_script() -> None:
    """The library page alone, for AppTest.from_function."""
    from rag.ui.library_page import library_page

    library_page()


def until(page: AppTest, done: Callable[[], bool]) -> AppTest:
    """The page, run again and again until `done`; it must get there without an exception."""
    limit = time.monotonic() + 60
    while not done():
        assert time.monotonic() < limit, "the page did not get there"
        time.sleep(0.05)
        page.run()
    assert not page.exception
    return page
