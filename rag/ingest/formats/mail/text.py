"""The lines of a mail to the text of its article: without quotation marks, signature and addresses of links.

In: the text of a part of a message. Out: its paragraphs.
"""

from __future__ import annotations

import re
from typing import Any

from rag.ingest.formats.mail.newsletters import without_foot
from rag.ingest.formats.mail.signatures import without_signatures
from rag.ingest.markup import paragraphs_of, parse_html_tree

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
    return without_foot(_LINK.sub("", "\n".join(without_signatures(lines))))


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
