"""Titles and authors as documents state them, without those that programs put in by themselves."""

from __future__ import annotations

import re

_NO_TITLE = re.compile(
    r"\(?(?:untitled|unspecified|unbenannt|sans titre|sin título)\)?.*|(?:microsoft )?(?:word|powerpoint|excel) -.*|"
    r"microsoft word.*|.*\.(?:docx?|pdf|indd|qxd|tex|dvi|ps|pages|odt|rtf|html?|txt|pptx?|xlsx?)|"
    r"(?:document|doc|dokument|slide) ?\d*|(?:word|powerpoint) (?:document|presentation)|about:blank|https?://\S+|\W*|\d+",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"\(?(?:anonymous|unspecified|unknown|author|admin\w*|user|owner|default|root|guest|microsoft office user|"
    r"windows[- ]user|none|null|n/?a|python-docx|calibre|openoffice(?:\.org)?|libreoffice)\)?\d*|\W*|\d+",
    re.IGNORECASE,
)


def names_of(byline: str) -> str:
    """The names of a byline: "Ann Lee" of "By Ann Lee"."""
    return byline[3:].lstrip() if byline[:3].lower() in ("by ", "by:") else byline


def stated_title(value: str) -> str:
    """The title on one line; empty when a program made it up."""
    title = " ".join(value.split())
    return "" if _NO_TITLE.fullmatch(title) else title


def stated_author(value: str) -> str:
    """The author on one line; empty when a program made it up."""
    author = " ".join(value.split())
    return "" if _NO_AUTHOR.fullmatch(author) else author
