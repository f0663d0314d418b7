"""Markdown to plain text: what a reader sees, without the marks.

In: the body of a Markdown file. Out: its plain paragraphs, and the heading that it opens with.
"""

from __future__ import annotations

import re

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\((?:[^()\n]|\([^()\n]*\))*\)")
_REFERENCE = re.compile(r"^\[[^\]\n]+\]:\s+\S+.*$", re.MULTILINE)
_AUTOLINK = re.compile(r"<(https?://[^\s<>]+)>")
_STRONG = re.compile(r"(?<![\w*_])(\*\*|__)(?=\S)(.+?)(?<=\S)\1(?![\w*_])")
_EMPHASIS = re.compile(r"(?<![\w*_])([*_])(?=[^\s*_])([^*_\n]+?)(?<=\S)\1(?![\w*_])")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_RULE = re.compile(r"^(?:[-*_]\s*){3,}$|^={3,}$")
_QUOTE = re.compile(r"^(?:>\s?)+")
_ITEM = re.compile(r"^(?:[*+•-]|\d{1,3}[.)])\s+")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])")


def to_plain(markdown: str) -> tuple[str | None, str]:
    """The heading that opens the text (None without one) and the text after it, as plain paragraphs."""
    blocks = _blocks(_COMMENT.sub("", markdown))
    title: str | None = None
    if blocks and blocks[0][1]:
        title = blocks.pop(0)[0]
    return title, "\n\n".join(text for text, _ in blocks)


def _blocks(markdown: str) -> list[tuple[str, bool]]:
    """(text, is a heading) of each block: wrapped lines are joined, list items stay apart."""
    blocks: list[tuple[str, bool]] = []
    lines: list[str] = []

    def close() -> None:
        if lines and (text := _inline(" ".join(lines))):
            blocks.append((text, False))
        lines.clear()

    for raw in _REFERENCE.sub("", markdown).splitlines():
        line = _QUOTE.sub("", raw.strip()).strip()
        heading = _HEADING.match(line)
        if heading or not line or _RULE.match(line) or _ITEM.match(line):
            close()
        if heading:
            blocks.append((_inline(heading.group(1)), True))
        elif line and not _RULE.match(line):
            lines.append(line)
    close()
    return [block for block in blocks if block[0]]


def _inline(text: str) -> str:
    """Text without the marks of links, images, emphasis and code."""
    text = _AUTOLINK.sub(r"\1", _LINK.sub(r"\1", _IMAGE.sub("", text)))
    text = _EMPHASIS.sub(r"\2", _STRONG.sub(r"\2", text))
    return _ESCAPE.sub(r"\1", _CODE.sub(r"\1", text)).strip()
