"""Markdown for the page, made from text that may hold anything.

In: answers, titles and quotes, which are data. Out: Markdown that shows them letter by letter; the only links in it are
our own `#cite-` links, and the only emphasis is that of the short answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rag.schema import AnswerSentence, Citation

CITE_PREFIX = "#cite-"

# A word joiner is invisible and has no width. The page's Markdown turns these into links, icons, emoji or arrows even
# after a backslash (it works on the parsed text), so they are split by one.
_JOINER = "\u2060"
_SPLIT = re.compile(
    r"(?<=:)(?=//|[\w+-]+(?:/\w+)?:)|(?<=www)(?=\.)|(?<=@)(?=\w)|(?<=-)(?=[->])|(?<=<)(?=[-=])|(?<=[>~])(?==)",
    re.IGNORECASE,
)
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Controls, and the marks that reorder what follows them; the plain direction marks of right-to-left text stay.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")
_MARK = re.compile(r"\s*\[\d+\]")
_HALF_MARK = re.compile(r"\s*\[\d*$")


def showable(text: str) -> str:
    """The text without control characters and without marks that reorder what is read."""
    return _UNSHOWABLE.sub("", text)


def escape(text: str) -> str:
    """Markdown that shows this text as it is, on one line."""
    plain = _SPACE.sub(" ", showable(text)).strip()
    return _PUNCTUATION.sub(r"\\\1", _SPLIT.sub(_JOINER, plain))


def shorten(text: str, limit: int) -> str:
    """The text in at most `limit` characters, cut at a word, with an ellipsis when cut."""
    plain = _SPACE.sub(" ", text).strip()
    if len(plain) <= limit:
        return plain
    cut = plain[: limit - 1]
    at_word = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return at_word.rstrip(" ,;:-–—") + "…"


def cite_link(label: str, reference: str, tip: str) -> str:
    """A link that opens a citation beside the chat; `label` is Markdown, `tip` is any text."""
    title = escape(shorten(tip, 160)).replace('\\"', "”")
    return f'[{label}]({CITE_PREFIX}{reference} "{title}")'


def marks(citations: Iterable[Citation], message_id: str) -> str:
    """The citation chips that stand behind a sentence."""
    links = [
        cite_link(str(citation.number), f"{message_id}-{citation.number}", f"{citation.title}: {citation.quote}")
        for citation in citations
    ]
    return "\u00a0".join(links)


def sentences(parts: Sequence[AnswerSentence], message_id: str, *, short: str | None = None, tail: str = "") -> str:
    """The answer as Markdown: a paragraph for each run of sentences from one article, chips behind each sentence.

    Args:
        short: the short answer; set bold where a sentence first holds it.
        tail: text of a sentence that is still being written; its marks are left out.
    """
    blocks: list[list[str]] = []
    last_article: str | None = None
    for part in parts:
        body, found = _emphasised(part.text, short)
        short = None if found else short
        line = f"{body}\u00a0{marks(part.citations, message_id)}" if part.citations else body
        article = part.citations[0].article_id if part.citations else last_article
        if not blocks or article != last_article:
            blocks.append([])
        blocks[-1].append(line)
        last_article = article
    unfinished = _HALF_MARK.sub("", _MARK.sub("", tail))
    if unfinished.strip():
        blocks = blocks or [[]]
        blocks[-1].append(escape(unfinished))
    return "\n\n".join(" ".join(block) for block in blocks)


def _emphasised(text: str, short: str | None) -> tuple[str, bool]:
    """The escaped sentence with the short answer in bold, and whether it was found."""
    at = text.find(short) if short and short.strip() and len(short) < len(text) else -1
    if short is None or at < 0:
        return escape(text), False
    before, after = text[:at], text[at + len(short) :]
    core = short.strip()
    # Markdown takes ** for emphasis only beside a letter or a space: else show the sentence plain.
    opens = core[0].isalnum() or not before or before[-1].isspace()
    closes = core[-1].isalnum() or not after or after[0].isspace()
    if not (opens and closes):
        return escape(text), True
    lead = escape(before) + (" " if before[-1:].isspace() or short[:1].isspace() else "")
    rest = (" " if after[:1].isspace() or short[-1:].isspace() else "") + escape(after)
    return f"{lead}**{escape(core)}**{rest}", True
