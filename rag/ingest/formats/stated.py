"""Titles and authors as documents state them, without those that programs put in by themselves."""

from __future__ import annotations

# How titles begin and end that are a program's own, and what they are as a whole, with or without a number.
_OPENINGS = tuple(
    "untitled|unspecified|unbenannt|sans titre|sin título|microsoft word|microsoft powerpoint -|microsoft excel -|"
    "word -|powerpoint -|excel -|about:blank|http://|https://".split("|")
)
_ENDINGS = tuple(
    ".doc .docx .pdf .indd .qxd .tex .dvi .ps .pages .odt .rtf .htm .html .txt .ppt .pptx .xls .xlsx".split()
)
_WHOLE = ("document", "doc", "dokument", "slide", "word document", "powerpoint presentation")
_NO_AUTHORS = frozenset(
    {"anonymous", "unspecified", "unknown", "author", "user", "owner", "default", "root", "guest", "none", "null", "na",
     "n/a", "microsoft office user", "windows user", "windows-user", "python-docx", "calibre", "openoffice",
     "openoffice.org", "libreoffice"}
)  # fmt: skip


def names_of(byline: str) -> str:
    """The names of a byline: "Ann Lee" of "By Ann Lee"."""
    return byline[3:].lstrip() if byline[:3].lower() in ("by ", "by:") else byline


def stated_title(value: str) -> str:
    """The title on one line; empty when a program made it up."""
    title = " ".join(value.split())
    plain = title.lower().strip("()")
    made_up = plain.startswith(_OPENINGS) or plain.endswith(_ENDINGS) or plain.rstrip("0123456789 ") in _WHOLE
    return "" if made_up or not any(map(str.isalpha, plain)) else title


def stated_author(value: str) -> str:
    """The author on one line; empty when a program made it up."""
    author = " ".join(value.split())
    plain = author.lower().strip("()0123456789")
    made_up = plain in _NO_AUTHORS or (plain.startswith("admin") and plain.isalpha())
    return "" if made_up or not any(map(str.isalpha, plain)) else author
