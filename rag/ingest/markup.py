"""XML and HTML to paragraphs, for documents that have no page around their text.

In: the bytes of a part of a document. Out: its tree, or its text with a blank line between paragraphs.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree, html  # type: ignore[import-untyped]  # comes with trafilatura

from rag.errors import SourceError

_TAG = re.compile(r"</?(?:p|div|br|span|a|b|i|em|strong|h[1-6]|ul|ol|li|table|img|blockquote|html|body)\b[^<>]*>", re.I)
_SILENT = {"script", "style", "head", "template", "noscript", "iframe", "svg", "math", "nav"}
_BLOCKS = set(
    "p div br h1 h2 h3 h4 h5 h6 ul ol li table tr td th section article header footer aside blockquote figure "
    "figcaption hr pre dl dt dd main body html form".split()
)


def parse_xml(data: bytes, *, huge: bool = False) -> Any:
    """The root of an XML document: entities stay unresolved and nothing is fetched; a SourceError when it is broken.

    `huge` allows single values of more than 10 MB, such as the pictures inside notes.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=huge)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError("The file is damaged: a part of it is no XML.", "Get it again.") from error


def local_name(element: Any) -> str:
    """The name of an element without its namespace; empty for comments and the like."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def looks_like_html(text: str) -> bool:
    """Whether the text is written with HTML elements."""
    return len(_TAG.findall(text[:20_000])) >= 2


def html_text(markup: str | bytes) -> str:
    """What a reader of the markup sees, paragraphs apart; empty when there is nothing."""
    root = parse_html_tree(markup)
    return "" if root is None else paragraphs_of(root)


def parse_html_tree(markup: str | bytes) -> Any:
    """The root of markup in HTML; None when there is none. Bytes that are UTF-8 are read as that, stated or not."""
    try:
        return html.fromstring(markup, parser=html.HTMLParser(encoding="utf-8") if _is_utf8(markup) else None)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _is_utf8(markup: str | bytes) -> bool:
    """Whether bytes are UTF-8 and no plain ASCII, which may hold another encoding's escapes."""
    if isinstance(markup, str) or markup.isascii():
        return False
    try:
        markup.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def paragraphs_of(root: Any) -> str:
    """The text under `root`, a blank line between blocks; walked without recursion, so that depth does no harm."""
    parts: list[str] = []
    silent = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        name = local_name(element).lower()
        if event in ("comment", "pi"):
            parts.append(element.tail if not silent and element.tail else "")
            continue
        if name in _BLOCKS:
            parts.append("\n\n")
        if event == "start":
            silent += name in _SILENT
            parts.append(element.text if not silent and element.text else "")
        else:
            silent -= name in _SILENT
            parts.append(element.tail if not silent and element is not root and element.tail else "")
    blocks = (" ".join(block.split()) for block in "".join(_flat(part) for part in parts).split("\n\n"))
    return "\n\n".join(block for block in blocks if block)


def _flat(part: str) -> str:
    return part if part == "\n\n" else part.replace("\n", " ")
