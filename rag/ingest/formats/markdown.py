"""Markdown to plain text: what a reader sees, without the marks. The only module that knows markdown-it.

In: the body of a Markdown file, CommonMark with tables and footnotes, also as Obsidian writes it. Out: its plain
paragraphs, and the heading that it opens with. Rows stay rows; a footnote follows the paragraph that names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from rag.ingest.frontmatter import NOTE_LINK
from rag.ingest.markup import html_text
from rag.text.rows import CELL

# What Obsidian and site generators put between the words, and a reader of their pages never sees.
_UNSEEN = re.compile(
    r"%%.*?%%|!\[\[[^\[\]\n]{0,300}\]\]|"  # comments, embedded files
    r"\{\{[<%][^\n]{0,500}?[>%]\}\}|\{%[^\n]{0,500}?%\}|"  # calls of templates
    r"^[ \t]*\{:[^{}\n]{0,200}\}[ \t]*$|[ \t]\^[\w-]+[ \t]*$|"  # classes of a paragraph, names of blocks
    r"^[ \t]*#[^\W\d_][\w/-]{0,60}(?:[ \t]+#[^\W\d_][\w/-]{0,60})*[ \t]*$",  # tags
    re.DOTALL | re.MULTILINE,
)
# What else Obsidian adds to Markdown, with what a reader of its pages sees.
_OBSIDIAN = (
    (NOTE_LINK, r"\1"),
    (re.compile(r"==(?=\S)([^=\n]+?)(?<=\S)=="), r"\1"),  # highlights
    (re.compile(r"^([ \t]*(?:>[ \t]?)+)\[!\w+\][+-]?[ \t]*(.*)$", re.MULTILINE), r"\1\2" + "\n" + r"\1"),  # callouts
)
# Code, whose tags are text, and the HTML elements that show nothing. `open` and `close` hold the element's name.
_SILENT = re.compile(
    r"^ {0,3}(?P<fence>```|~~~)|`[^`\n]+`|<(?P<open>script|style|template|noscript|iframe)\b[^<>]{0,2000}>|"
    r"</(?P<close>script|style|template|noscript|iframe)\s*>",
    re.IGNORECASE | re.MULTILINE,
)
_MOST_LINKS = 2000  # of one paragraph
_TASKS = ("[ ] ", "[x] ", "[X] ")


@dataclass(slots=True)
class _Block:
    text: str
    heading: bool = False
    notes: list[int] = field(default_factory=list)  # ids of the footnotes that it names


def to_plain(markdown: str) -> tuple[str | None, str]:
    """The heading that opens the text (None without one) and the text after it, as plain paragraphs."""
    markdown = _UNSEEN.sub("", _without_silent(markdown))
    for pattern, shown in _OBSIDIAN:
        markdown = pattern.sub(shown, markdown)
    tokens = _parser().parse("\n\n".join(map(_bounded, markdown.split("\n\n"))))
    notes = _notes(tokens)
    blocks = [block for block in _blocks(_without_notes(tokens)) if block.text]
    title: str | None = None
    if blocks and blocks[0].heading and not blocks[0].notes:
        title = blocks.pop(0).text
    texts = [text for block in blocks for text in (block.text, *(notes.get(note, "") for note in block.notes))]
    return title, "\n\n".join(filter(None, texts))


def _without_silent(markdown: str) -> str:
    """The text without the HTML elements that show nothing; the parser would take what they hold for words."""
    gone: list[tuple[int, int]] = []
    opened: re.Match[str] | None = None
    fenced = False
    for token in _SILENT.finditer(markdown):
        same = opened is not None and opened["open"].lower() == (token["open"] or token["close"] or "").lower()
        if token["fence"] and opened is None:
            fenced = not fenced
        elif token["open"] and not fenced and (opened is None or same):
            gone.append(token.span())  # at least its mark, should it never end
            opened = token
        elif token["close"] and opened is not None and same:
            gone.append((opened.start(), token.end()))
            opened = None
    kept, at = [], 0
    for start, end in sorted(gone):
        kept.append(markdown[at:start])
        at = max(at, end)
    return "".join([*kept, markdown[at:]])


def _bounded(paragraph: str) -> str:
    """The paragraph; one with no end of brackets, over which the parser takes minutes, without links."""
    return paragraph if paragraph.count("[") <= _MOST_LINKS else paragraph.replace("[", "\\[")


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(footnote_plugin)


def _notes(tokens: Sequence[Token]) -> dict[int, str]:
    """The footnotes by their ids, each on one line."""
    notes: dict[int, str] = {}
    start = 0
    for place, token in enumerate(tokens):
        if token.type == "footnote_open":
            start = place + 1
        elif token.type == "footnote_close":
            number = int(tokens[start - 1].meta["id"])
            notes[number] = " ".join(block.text for block in _blocks(tokens[start:place]))
    return notes


def _without_notes(tokens: Sequence[Token]) -> list[Token]:
    end = next((place for place, token in enumerate(tokens) if token.type == "footnote_block_open"), len(tokens))
    return list(tokens[:end])


def _blocks(tokens: Sequence[Token]) -> Iterator[_Block]:
    """The paragraphs, headings, items and rows in order."""
    mark, heading = "", False
    row: list[_Block] | None = None
    for token in tokens:
        if token.type == "list_item_open":
            mark = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            yield _Block(
                CELL.join(cell.text for cell in row if cell.text), notes=[n for cell in row for n in cell.notes]
            )
            row = None
        elif token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        elif token.type in ("fence", "code_block"):
            yield _Block(token.content.strip("\n"))
        elif token.type == "html_block":
            yield from (_Block(text) for text in html_text(token.content).split("\n\n"))
        elif token.type == "inline":
            block = _inline(token.children or [], heading=heading)
            if row is not None:
                row.append(block)
                continue
            block.text = mark + _without_box(block.text) if mark and block.text else block.text
            mark = ""
            yield block


def _is_break(token: Token) -> bool:
    return token.type == "html_inline" and token.content[:3].lower() == "<br"


def _without_box(item: str) -> str:
    """The item of a list without the box of a task."""
    return item[len(_TASKS[0]) :].lstrip() if item.startswith(_TASKS) else item


def _inline(tokens: Sequence[Token], *, heading: bool) -> _Block:
    """Text without the marks of links, images, emphasis and code."""
    parts: list[str] = []
    notes: list[int] = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak") or _is_break(token):
            parts.append(" ")
        elif token.type == "footnote_ref":
            notes.append(int(token.meta["id"]))
    return _Block(" ".join("".join(parts).split()), heading, notes)
