"""Reports that give different figures for the same thing: both belong into the answer, side by side, with their dates.

In: the ranked sentences for a question. Out: for each other article whose best sentence is nearly as good and gives
another figure of the same kind, that sentence beside the best one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.ranking import Pick
from rag.answering.statements import TextOf
from rag.text.words import STOP_WORDS, stem

# Log-odds behind the best sentence: on questions with two known reports the second one lies 0.4 to 3 behind.
NEAR = 3.0
MOST = 3  # reports side by side: more is a list
_NUMBER = re.compile(r"\d[\d,.:]*\d|\d")
_BEHIND = re.compile(r"\s+[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+")
_ROUGH = frozenset("more than about at least some around nearly almost over up to between just only well less".split())


def other_reports(picks: Sequence[Pick], text_of: TextOf) -> list[Pick]:
    """The best sentence and those of other articles with another figure for the same thing; [] when none differs."""
    near = [pick for pick in picks if pick.score >= picks[0].score - NEAR]
    found: dict[str, tuple[Pick, Figure]] = {}  # by article
    for pick in near:
        figure = _figure(pick, text_of)
        article_id = pick.candidate.passage.article_id
        if figure is None or article_id in found or len(found) == MOST:
            continue
        if all(_differ(figure, known) for _, known in found.values()):
            found[article_id] = pick, figure
    return [pick for pick, _ in found.values()] if len(found) > 1 else []


def short_text(pick: Pick, text_of: TextOf) -> str:
    """The short answer of a sentence, "" when it has none."""
    text = text_of(pick.candidate.passage.article_id) or ""
    return text[slice(*pick.short)] if pick.short else ""


Figure = tuple[frozenset[str], frozenset[str]]  # numbers; stems of the words beside them


def _figure(pick: Pick, text_of: TextOf) -> Figure | None:
    """The numbers of the short answer and what they count; None when it is no figure."""
    text = short_text(pick, text_of)
    numbers = frozenset(value.replace(",", "") for value in _NUMBER.findall(text))
    if not numbers or pick.short is None:
        return None
    if text[-1:].isdigit():  # "33", of "33 minutes shorter": what it counts stands behind it
        behind = _BEHIND.match((text_of(pick.candidate.passage.article_id) or "")[pick.short[1] : pick.span[1]])
        text += behind.group() if behind else ""
    units = frozenset(stem(word) for word in _WORD.findall(text.lower()) if word not in _ROUGH | STOP_WORDS)
    return numbers, units


def _differ(one: Figure, other: Figure) -> bool:
    """Whether two figures cannot both be right: other numbers, and no sign that they count other things."""
    alike = not one[1] or not other[1] or bool(one[1] & other[1])
    return alike and not one[0] & other[0]
