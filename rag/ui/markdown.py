"""Markdown for the page, made from text that may hold anything.

In: answers, titles and quotes, which are data. Out: Markdown that shows them letter by letter; the only links in it are
our own `#cite-`, `#act-` and `#note-` links, the only emphasis that of the short answer, of names and of quotations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from rag.answering.extractive.conflicts import outlets_saying
from rag.schema import AnswerSentence, Citation
from rag.text.dates import day_in_words
from rag.text.quotations import quotations
from rag.text.showable import markdown_escaped, one_line, showable

CITE_PREFIX = "#cite-"
ACT_PREFIX = "#act-"
NOTE_PREFIX = "#note-"  # leads nowhere: a mark that says why when it is pointed at or focused
NOT_FOUND = "Not found in the articles: none of the passages that were read says this."

# A word joiner is invisible and has no width. The page's Markdown turns these into links, icons, emoji or arrows even
# after a backslash (it works on the parsed text), so they are split by one.
_JOINER = "\u2060"
_SPLIT = re.compile(
    r"(?<=:)(?=//|[\w+-]+(?:/\w+)?:)|(?<=www)(?=\.)|(?<=@)(?=\w)|(?<=-)(?=[->])|(?<=<)(?=[-=])|(?<=[>~])(?==)",
    re.IGNORECASE,
)
_SIGNS = str.maketrans(dict.fromkeys("\\`*_{}[]<>#|$~!:@", " "))
_MARK = re.compile(r"\s*\[\d+\]")
_HALF_MARK = re.compile(r"\s*\[\d*$")


def escape(text: str) -> str:
    """Markdown that shows this text as it is, on one line."""
    return markdown_escaped(_SPLIT.sub(_JOINER, one_line(text)))


def unmarked(text: str) -> str:
    """The text without the signs that Markdown reads, for labels that are heard, not drawn."""
    return _SPLIT.sub(_JOINER, one_line(text.translate(_SIGNS)))


def shorten(text: str, limit: int) -> str:
    """The text in at most `limit` characters, cut at a word, with an ellipsis when cut."""
    plain = " ".join(text.split())
    if len(plain) <= limit:
        return plain
    cut = plain[: limit - 1]
    at_word = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return at_word.rstrip(" ,;:-–—") + "…"


def byline(publisher: str | None, published: date | None, *more: str) -> str:
    """Publisher and date (and more) in one line: 'The Courier · 24 May 2022'."""
    parts = [showable(publisher or ""), day_in_words(published), *more]
    return " · ".join(part for part in parts if part)


def about_source(citation: Citation) -> str:
    """Who published what is cited, when, and who else has published it: 'The Courier · 24 May 2022 · also in Post'."""
    also = ", ".join(dict.fromkeys(one.publisher or one.title for one in citation.also))
    return byline(citation.publisher, citation.published, *([f"also in {also}"] if also else []))


def cite_link(label: str, reference: str, tip: str) -> str:
    """A link that opens a citation beside the chat; `label` is Markdown, `tip` is any text."""
    title = escape(shorten(tip, 420)).replace('\\"', "”")
    return f'[{label}]({CITE_PREFIX}{reference} "{title}")'


def tip(citation: Citation) -> str:
    """What a chip shows when it is pointed at: outlet and date, then the quote."""
    about = byline(citation.publisher, citation.published) or citation.title
    return f"{about}: “{citation.quote}”"


def marks(citations: Iterable[Citation], message_id: str) -> str:
    """The citation chips that stand behind a sentence."""
    links = [
        cite_link(str(citation.number), f"{message_id}-{citation.number}", tip(citation)) for citation in citations
    ]
    return "\u00a0".join(links)


def sentences(
    parts: Sequence[AnswerSentence],
    message_id: str,
    *,
    short: str | None = None,
    tail: str = "",
    speakers: Sequence[str | None] = (),
) -> str:
    """The answer as Markdown: a paragraph for each run of sentences from one article, chips behind each sentence.

    Args:
        short: the short answer; set bold where a sentence first holds it.
        tail: text of a sentence that is still being written; its marks are left out.
        speakers: who speaks in each sentence; statements of one speaker then stand under the name, quotations slanted.
    """
    if any(speakers) and len(speakers) == len(parts):
        return _by_speaker(parts, message_id, speakers)
    blocks: list[list[str]] = []
    last_article: str | None = None
    for part in parts:
        body, found = _emphasised(part.text, short)
        short = None if found else short
        article = part.citations[0].article_id if part.citations else last_article
        if not blocks or article != last_article:
            blocks.append([])
        blocks[-1].append(_line(part, body, message_id))
        last_article = article
    unfinished = _HALF_MARK.sub("", _MARK.sub("", tail))
    if unfinished.strip():
        blocks = blocks or [[]]
        blocks[-1].append(escape(unfinished))
    return "\n\n".join(" ".join(block) for block in blocks)


def _line(part: AnswerSentence, body: str, message_id: str) -> str:
    """A sentence with its chips and who else says it; one that the articles do not bear out is marked, without any."""
    if not part.verified:
        return f'[{body}]({NOTE_PREFIX}{message_id} "{escape(NOT_FOUND)}")'
    if not part.citations:
        return body
    several = outlets_saying(part)
    said = f" :small[{len(several)} outlets report this]" if len(several) > 1 else ""
    return f"{body}\u00a0{marks(part.citations, message_id)}{said}"


def _by_speaker(parts: Sequence[AnswerSentence], message_id: str, speakers: Sequence[str | None]) -> str:
    """Statements under the names of who made them, in the order of their first words; others first."""
    groups: dict[str | None, list[str]] = {}
    for part, speaker in zip(parts, speakers, strict=True):
        groups.setdefault(speaker, []).append(f"- {_line(part, _slanted(part.text), message_id)}")
    blocks = []
    for speaker, lines in groups.items():
        head = [f"### {escape(speaker)}", ""] if speaker else []
        blocks.append("\n".join([*head, *lines]))
    return "\n\n".join(blocks)


def _slanted(text: str) -> str:
    """The escaped sentence with its quotations in italics, marks left upright."""
    shown, at = "", 0
    for start, end in quotations(text):
        closed = text[end - 1] in '”"»“' and end - start > 1
        inner_end = end - 1 if closed else end
        inner = text[start + 1 : inner_end]
        if not inner.strip() or inner != inner.strip() or not inner[0].isalnum():
            continue
        shown += _kept(text[at : start + 1]) + f"*{escape(inner)}*"
        at = inner_end
    return shown + _kept(text[at:])


def _kept(text: str) -> str:
    """The escaped text with a space at its ends where it had one."""
    lead = " " if text[:1].isspace() else ""
    return lead + escape(text) + (" " if text[-1:].isspace() and text.strip() else "")


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
