"""Questions that a statement answers, one a part of it: "Who was booked into the county jail?", in the order of words.

A passage that bears a statement out answers them all. So whoever can say whether a passage answers a question can say
whether it holds each part of a statement, in its place: the idea of QAGS (Wang, Cho and Lewis 2020), with blanks in the
place of questions that a model writes.
"""

from __future__ import annotations

import re

from rag.text.sentences import Span
from rag.text.words import STOP_WORDS

MOST_BLANKS = 6  # questions of one statement: each is read like any other
LONGEST_BLANK = 5  # words
_WORD = re.compile(r"[\w$£€%.,'’-]*\w%?")
_ARTICLE = re.compile(r"\b(?:the|a|an|his|her|its|their)\s+$", re.I)


def probes(statement: str) -> tuple[str, ...]:
    """The questions, at most MOST_BLANKS; none for a statement without a part that could be left out."""
    return tuple(_question(statement, blank) for blank in _blanks(statement)[:MOST_BLANKS])


def _blanks(statement: str) -> list[Span]:
    """Runs of content words behind a function word, or at the beginning, and all that hold a figure."""
    words = [(*found.span(), found.group().lower()) for found in _WORD.finditer(statement)]
    found: list[Span] = []
    first = 0
    while first < len(words):
        if words[first][2] in STOP_WORDS:
            first += 1
            continue
        last = first
        while last + 1 < len(words) and last - first < LONGEST_BLANK - 1 and _goes_on(statement, words, last):
            last += 1
        span = words[first][0], words[last][1]
        opens = first == 0 or words[first - 1][2] in STOP_WORDS
        if opens or any(map(str.isdigit, statement[slice(*span)])):
            found.append(span)
        first = last + 1
    return found


def _goes_on(statement: str, words: list[tuple[int, int, str]], last: int) -> bool:
    """Whether the next word belongs to the same run: a content word with nothing but space between."""
    return words[last + 1][2] not in STOP_WORDS and not statement[words[last][1] : words[last + 1][0]].strip()


def _question(statement: str, blank: Span) -> str:
    start, end = blank
    article = _ARTICLE.search(statement[:start])
    start = article.start() if article else start
    asked = "who" if start == 0 else "what"
    return f"{statement[:start]}{asked}{statement[end:]}".rstrip(" .") + "?"
