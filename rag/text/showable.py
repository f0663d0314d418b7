"""Text that may be shown to a reader: without what steers a screen or reorders what is read."""

from __future__ import annotations

import string

# Code points, by what they do to what shows a text.
CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
DIRECTION_MARKS = (0x061C, 0x200E, 0x200F)  # right-to-left text holds them
REORDERING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))  # embeddings, overrides and isolates
SURROGATES = tuple(range(0xD800, 0xE000))  # of a pair that was torn; they cannot be encoded

_UNSHOWABLE = dict.fromkeys(code for code in (*CONTROLS, *REORDERING, *SURROGATES) if chr(code) not in "\t\n\r")
_MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in string.punctuation})


def showable(text: str) -> str:
    """The text without control characters and without marks that reorder what is read."""
    return text.translate(_UNSHOWABLE)


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(showable(text).split())


def markdown_escaped(text: str) -> str:
    """Markdown that shows the text as it is: every ASCII punctuation character may be escaped there."""
    return text.translate(_MARKDOWN)
