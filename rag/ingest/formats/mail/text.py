"""The lines of a mail to the text of its article: without quotation marks, signature and addresses of links.

In: the text of a part of a message. Out: its paragraphs.
"""

from __future__ import annotations

import re
from typing import Any

from rag.ingest.formats.mail.newsletters import without_foot
from rag.ingest.markup import paragraphs_of, parse_html_tree

_LONGEST_SIGNATURE = 12  # lines; below a longer one the mail goes on
_LINK = re.compile(
    r"\s*(?:<\s*(?:https?://|mailto:)[^<>\s]+\s*>|\[\s*https?://[^\[\]\s]+\s*\]|\(\s*https?://[^()\s]+\s*\))"
)
_HIDDEN = ("display:none", "visibility:hidden", "max-height:0", "font-size:0", "mso-hide")


def plain_text(text: str, *, flowed: bool = False, joined: bool = False) -> str:
    """The paragraphs of a part in plain text: without signs of quotation, signature, and addresses of links.

    Args:
        flowed: lines that end in a space go on in the next (RFC 3676).
        joined: that space belongs to no word (`DelSp=yes`).
    """
    lines = text.replace("\r\n", "\n").split("\n")
    if flowed:
        lines = _reflowed(lines, "" if joined else " ")
    own = _without_signature([_unquoted(line) for line in lines])
    return without_foot(_LINK.sub("", "\n".join(own)))


def page_text(markup: str) -> str:
    """The paragraphs of a part in HTML: what a reader sees of it."""
    root = parse_html_tree(markup)
    if root is None:
        return ""
    for element in list(root.iter()):
        if isinstance(element.tag, str) and element is not root and _is_hidden(element):
            element.drop_tree()
    return without_foot(paragraphs_of(root))


def _is_hidden(element: Any) -> bool:
    style = "".join((element.get("style") or "").lower().split())
    return element.get("hidden") is not None or any(mark in style for mark in _HIDDEN)


def _reflowed(lines: list[str], glue: str) -> list[str]:
    """The lines with those joined that end in a space; the mark of a signature ends in one as well."""
    whole: list[str] = []
    goes_on = False
    for line in lines:
        if goes_on and line.rstrip() != "--":
            whole[-1] = whole[-1][:-1] + glue + line
        else:
            whole.append(line)
        goes_on = line.endswith(" ") and line != "-- "
    return whole


def _unquoted(line: str) -> str:
    return line.lstrip("> \t") if line.lstrip().startswith(">") else line


def _without_signature(lines: list[str]) -> list[str]:
    """The lines above the last "-- ", when a signature is all that follows."""
    marks = [number for number, line in enumerate(lines) if line.rstrip() == "--"]
    if not marks or not any(map(str.strip, lines[: marks[-1]])):
        return lines
    below = "\n".join(lines[marks[-1] + 1 :]).strip()
    return lines[: marks[-1]] if below.count("\n") < _LONGEST_SIGNATURE else lines
