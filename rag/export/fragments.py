"""Addresses of passages: a page's address with a text fragment, so that a browser shows the passage in it."""

from __future__ import annotations

from urllib.parse import quote

_WORDS = 6  # of each end of a long passage: enough to be found, short enough for an address


def with_fragment(url: str | None, passage: str) -> str:
    """The address that opens a page at the passage; empty for no address."""
    words = passage.split()
    if not url or not words:
        return url or ""
    text = _encoded(words) if len(words) <= 2 * _WORDS else f"{_encoded(words[:_WORDS])},{_encoded(words[-_WORDS:])}"
    return f"{url}{'' if '#' in url else '#'}:~:text={text}"


def _encoded(words: list[str]) -> str:
    """Words for a text fragment, in which '-', ',' and '&' have a meaning of their own."""
    return quote(" ".join(words), safe="").replace("-", "%2D")
