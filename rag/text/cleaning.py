"""Pasted or scraped text to the article alone: title, paragraphs, and the date when a line says it.

In: decoded text. Out: `CleanText`. Cleaning what is clean changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from rag.text.boilerplate import is_boilerplate, may_recur
from rag.text.dates import date_line, dateline, published_line
from rag.text.normalise import normalise
from rag.text.paragraphs import split_paragraphs
from rag.text.rows import with_plain_rows
from rag.text.sentences import split_sentences

_LONGEST_TITLE = 250  # characters; headlines of the 8,000 news articles end at 180
_SHORT_TITLE = 120  # what a title made from a first paragraph is cut to
_DATE_WITHIN = 6  # paragraphs from the top: a date line further down belongs to the story
_DATELINE_WITHIN = 3  # paragraphs: a standfirst and a caption may stand above the report
_QUOTES = '”"’)'


@dataclass(frozen=True, slots=True)
class CleanText:
    """The article without the page: paragraphs parted by one blank line."""

    title: str
    text: str
    published: date | None = None


def clean(
    text: str,
    *,
    title: str | None = None,
    published: date | None = None,
    recurring: Callable[[str], bool] = lambda line: False,
) -> CleanText:
    """The article in `text`: lines of boilerplate gone, hard-wrapped lines joined, characters made plain.

    Args:
        title: the title when it is known; otherwise the first line is it.
        published: the date when it is known; otherwise a line near the top such as "Published 25 May 2022".
        recurring: whether other articles hold the same line. Asked only about lines that sound like boilerplate.
    """
    paragraphs = _article_paragraphs(normalise(with_plain_rows(text)), recurring)
    when, paragraphs = _take_date(paragraphs)
    title = " ".join(normalise(title or "").split())
    if not title and paragraphs:
        title, paragraphs = _take_title(paragraphs)
    while True:  # "Title, date, title again": each one gone may bring the next to the top
        found, rest = _take_date(_drop_title(paragraphs, title))
        when = when or found
        if rest == paragraphs:
            when = published or when or next(filter(None, map(dateline, paragraphs[:_DATELINE_WITHIN])), None)
            return CleanText(title, "\n\n".join(paragraphs), when)
        paragraphs = rest


def recurring_lines(text: str) -> set[str]:
    """Hashes of the lines of `text` that are boilerplate if other articles hold them too, for counting."""
    return {line_hash(line) for line in normalise(text).split("\n") if may_recur(line)}


def line_hash(line: str) -> str:
    """A short name for a line, the same in every run."""
    return hashlib.blake2b(line.encode(), digest_size=8).hexdigest()


def _article_paragraphs(text: str, recurring: Callable[[str], bool]) -> list[str]:
    """Paragraphs without boilerplate, for good: dropping a line may bring together what belongs to one paragraph."""
    while True:
        lines = [line for line in text.split("\n") if not line or not _is_page(line, recurring)]
        paragraphs = [line for line in split_paragraphs("\n".join(lines)) if not _is_page(line, recurring)]
        joined = "\n\n".join(paragraphs)
        if joined == text:
            return paragraphs
        text = joined


def _is_page(line: str, recurring: Callable[[str], bool]) -> bool:
    return is_boilerplate(line) or (recurring(line) and may_recur(line))


def _take_date(paragraphs: list[str]) -> tuple[date | None, list[str]]:
    """The date of a line near the top that says nothing else, and the paragraphs without such lines."""
    when: date | None = None
    kept: list[str] = []
    for number, paragraph in enumerate(paragraphs):
        if number >= _DATE_WITHIN or date_line(paragraph) is None:
            kept.append(paragraph)
        else:
            when = when or published_line(paragraph)
    if when is None or not kept:
        return when, paragraphs
    return when, _take_date(kept)[1]


def _take_title(paragraphs: list[str]) -> tuple[str, list[str]]:
    """The first line as the title. One that reads like prose, or that is all there is, stays in the text as well."""
    first = paragraphs[0].lstrip("# ").strip() or paragraphs[0]
    if len(paragraphs) == 1 or len(first) > _LONGEST_TITLE or (len(first) > 60 and _ends_like_prose(first)):
        return _shorten(first), paragraphs
    return first, paragraphs[1:]


def _ends_like_prose(line: str) -> bool:
    """Whether a line ends in a full stop, in quotes or without, that is not one of an abbreviation in capitals."""
    body = line[:-1] if line.endswith(tuple(_QUOTES)) else line
    return body.endswith(".") and (body[-2:-1].islower() or body[-2:-1].isdigit() or body[-2:-1] in _QUOTES)


def _drop_title(paragraphs: list[str], title: str) -> list[str]:
    """The paragraphs without the title above them, unless nothing else would be left."""
    start = 0
    while start < len(paragraphs) - 1 and paragraphs[start].lstrip("# ").casefold() == title.casefold():
        start += 1
    return paragraphs[start:]


def _shorten(paragraph: str) -> str:
    """The first sentence of a paragraph, cut between words when it is long for a title."""
    start, end = split_sentences(paragraph)[0]
    sentence = paragraph[start:end]
    if len(sentence) <= _SHORT_TITLE:
        return sentence.rstrip(".")
    head = sentence[:_SHORT_TITLE]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(",;:–— ") + "…"
