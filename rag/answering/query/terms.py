"""The terms that a follow-up question leaves out, put behind it: "When will it ship? (Apple, headset)".

Which words of the conversation belong to the question is a decision of the reader's network (term resolution:
Voskarides and others, "Query Resolution for Conversational Search with Limited Supervision", 2020). The question itself
is never changed, so what is searched can always be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.text.words import content_words, stem

MOST_TERMS = 5  # phrases behind a question; more would drown it
LONGEST_PHRASE = 6  # words
LONGEST_NAME = 4  # words: a longer run of capitals is a headline

_WORD = re.compile(r"[^\W_]+(?:[-’'.&][^\W_]+)*")
_LINK = re.compile(r"^(?: of | of the | the | de | and | & | ?, | ?[-–] ?| )$")


def with_terms(question: str, terms: Sequence[str]) -> str:
    """The question with the terms behind it in brackets; as it is without any."""
    asked = " ".join(question.split())
    return f"{asked} ({', '.join(terms)})" if terms else asked


def phrases(turns: Sequence[str], chosen: Sequence[Sequence[tuple[int, int]]], question: str) -> tuple[str, ...]:
    """The chosen words of each turn, neighbours joined, latest turn first; none that a fuller one or the question has.

    `chosen` holds, for each turn, the spans of its chosen words in order.
    """
    known = {stem(word) for word in content_words(question)}
    found: list[tuple[str, frozenset[str]]] = []
    for text, spans in zip(reversed(turns), reversed(chosen), strict=True):
        for phrase in _joined(text, spans):
            own = frozenset(stem(word) for word in content_words(phrase)) - known
            if own and not any(own <= held for _, held in found):
                found = [*((one, held) for one, held in found if not held <= own), (phrase, own)]
    return tuple(phrase for phrase, _ in found[:MOST_TERMS])


def whole_names(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with the rest of the name that each is part of: of "United States", "States" alone says little."""
    everything = words(text)
    chosen = set(spans)
    for run in _capital_runs(text, everything):
        if len(run) <= LONGEST_NAME and chosen & set(run):
            chosen |= set(run)
    return sorted(chosen)


def _capital_runs(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Runs of words with capitals, parted by single blanks; a word that opens a sentence belongs to none."""
    run: list[tuple[int, int]] = []
    for start, end in spans:
        opens = start == 0 or text[:start].rstrip()[-1:] in '.!?:“"‘('
        if run and not (text[start].isupper() and text[run[-1][1] : start] == " "):
            yield run
            run = []
        if text[start].isupper() and (run or not opens):
            run.append((start, end))
    if run:
        yield run


def words(text: str) -> list[tuple[int, int]]:
    """The spans of the words of a text."""
    return [match.span() for match in _WORD.finditer(text)]


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """Runs of chosen words with what stands between them, where that is a blank or a small link."""
    runs: list[list[tuple[int, int]]] = []
    for span in spans:
        if runs and len(runs[-1]) < LONGEST_PHRASE and _LINK.match(text[runs[-1][-1][1] : span[0]]):
            runs[-1].append(span)
        else:
            runs.append([span])
    return [" ".join(text[run[0][0] : run[-1][1]].split()) for run in runs]
