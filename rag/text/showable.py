"""Text that may be shown to a reader: without what steers a screen or reorders what is read."""

from __future__ import annotations

import re

# Controls, and the marks that reorder what follows them; the plain direction marks of right-to-left text stay.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def showable(text: str) -> str:
    """The text without control characters and without marks that reorder what is read."""
    return _UNSHOWABLE.sub("", text)


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(showable(text).split())
