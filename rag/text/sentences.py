"""Sentence boundaries with character offsets.

In: any text. Out: spans that cover every non-space character of it, in order, without overlap.
Rules only (no model): a boundary needs a terminator, then a space, then something that can open a sentence.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.text.words import STOP_WORDS

Span = tuple[int, int]

# Abbreviations after which a full stop does not end a sentence, as they stand in news text (lower case, without the
# stop).
_TITLES = frozenset(
    "mr mrs ms dr prof rev hon gen col lt sgt capt cmdr adm maj sen rep gov pres st messrs mme mlle "
    "vs etc no nos vol fig al approx dept est inc ltd co corp bros jr sr cf eg ie viz op ed pp".split()
)
_MONTHS = frozenset("jan feb mar apr jun jul aug sep sept oct nov dec".split())
# These close a name or a sentence alike ("Acme Inc. He left."): the word after decides.
_MAY_END = frozenset("inc ltd co corp bros jr sr etc al".split())

_OPENERS = "\"'“‘«»„‚‹›([{¿¡—–-•"
_CLOSERS = "\"'”’»›)]}«‹“‘"  # glued to the terminator each of them closes: „Gut.“ and »Gut.« as well as “Good.”
# An ASCII or full-width terminator, its closing quotes or brackets (in French behind a space), then white space (or
# nothing, for CJK).
_CANDIDATE = re.compile(
    rf"(?:[.!?…]+(?:[{re.escape(_CLOSERS)}]|[ \u00a0\u202f][»›](?=\s|$))*(?=\s))|(?:[。！？]+[」』”’）]*)"
)
_LINE_BREAK = re.compile(r"[ \t\r\f\v]*\n\s*")
_LAST_WORD = re.compile(r"([^\s(\[{“\"'‘—–-]+)$")
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_NO_OPENING = frozenset({"may", "no"})  # "7 p.m. May 7", "the U.S. No. 1"


@lru_cache(maxsize=4096)
def split_sentences(text: str) -> tuple[Span, ...]:
    """Spans (start, end) of the sentences of `text`, in order; a line break always ends a sentence.

    Leading and trailing white space belongs to no span. An empty or blank text has none.
    """
    spans: list[Span] = []
    for start, end in _lines(text):
        spans.extend(_split_line(text, start, end))
    return tuple(spans)


def _lines(text: str) -> list[Span]:
    """Spans of the non-blank lines."""
    lines: list[Span] = []
    start = 0
    for match in _LINE_BREAK.finditer(text):
        lines.append((start, match.start()))
        start = match.end()
    lines.append((start, len(text)))
    return [trimmed for line in lines if (trimmed := _trim(text, *line))]


def _split_line(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    for match in _CANDIDATE.finditer(text, start, end):
        if match.end() < end and _is_boundary(text, match, start, end):
            if span := _trim(text, start, match.end()):
                spans.append(span)
            start = match.end()
    if span := _trim(text, start, end):
        spans.append(span)
    return spans


def _is_boundary(text: str, match: re.Match[str], start: int, end: int) -> bool:
    """Whether the terminator `match` ends a sentence that began at `start`."""
    mark = match.group()
    if mark[0] in "。！？":
        return True
    following = text[match.end() : match.end() + 24].lstrip()
    if not following or not _can_open(following):
        return False
    if mark[0] != "." or mark.startswith(".."):
        return True
    word_match = _LAST_WORD.search(text, max(start, match.start() - 40), match.start())
    word = word_match.group(1).lower() if word_match else ""
    if len(mark) > 1:  # a closing quote or bracket after the stop: only an initial would still go on
        return True
    if word in _MAY_END or _is_initialism(word):
        return _opens_with_function_word(following)
    if word in _TITLES or (len(word) == 1 and word.isalpha()):
        return False
    return not (word in _MONTHS and following[0].isdigit())


def _opens_with_function_word(following: str) -> bool:
    """Whether a text begins with a word such as "The" or "We’re", written large: no name goes on with it."""
    first = _WORD.match(following)
    word = first.group().replace("’", "'") if first else ""
    large = word[:1].isupper() and word[1:] == word[1:].lower()
    return large and word.lower() in STOP_WORDS - _NO_OPENING


def _is_initialism(word: str) -> bool:
    """True for 'u.s', 'p.m', 'e.g': letters parted by stops."""
    return "." in word and all(len(part) == 1 and part.isalpha() for part in word.split("."))


def _can_open(following: str) -> bool:
    """Whether a sentence may begin with `following`: capital, digit, opening mark, or a script without case."""
    first = following[0]
    if first in _OPENERS:
        rest = following.lstrip(_OPENERS + " ")
        return not rest or not rest[0].islower()
    return not first.islower() and first not in ",;:.!?)]}%"


def _trim(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
