"""Reports that give different figures for the same thing: both belong into the answer, side by side, with their dates.

In: the ranked sentences for a question. Out: for each other article whose best sentence is nearly as good and gives
another figure of the same kind, that sentence beside the best one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rag.answering.ranking import Pick
from rag.answering.statements import TextOf
from rag.text.words import STOP_WORDS, stem

# Log-odds behind the best sentence: on questions with two known reports the second one lies 0.4 to 3 behind.
NEAR = 3.0
MOST = 3  # reports side by side: more is a list
_NUMBER = re.compile(r"\d[\d,.:]*\d|\d")
# What a number counts: a scale or none, and a word; "34 billion dollars", "37 people".
_COUNTED = re.compile(r"(?: ?%| (?:thousand|million|billion|trillion)\b)?(?P<what> [^\W\d_]+)?")
_CURRENCIES = ("$", "€", "£", "¥")
LONGEST_VALUE = 5  # words: a longer short answer holds more than the figure
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


def value_text(pick: Pick, text_of: TextOf) -> str:
    """The figure of a sentence as its article has it, with what it counts: "37 people", "2:11:53", "4 August 2020"."""
    text = text_of(pick.candidate.passage.article_id) or ""
    number = _NUMBER.search(text, *pick.short) if pick.short else None
    if pick.short is None or number is None:
        return ""
    short = text[slice(*pick.short)]
    if not short.endswith(number.group()) and len(short.split()) <= LONGEST_VALUE:
        return short
    start = number.start() - (text[number.start() - 1 : number.start()] in _CURRENCIES)
    counted = _COUNTED.match(text, number.end(), pick.span[1])
    end = counted.end() if counted else number.end()
    if counted and counted["what"] and counted["what"].strip().lower() in STOP_WORDS:
        end = counted.start("what")
    return text[start:end]


class Figure(NamedTuple):
    """What a short answer says in numbers."""

    numbers: frozenset[str]
    units: frozenset[str]  # stems of the words beside them
    clock: bool  # a time of day or of a race, as 2:11:53


def _figure(pick: Pick, text_of: TextOf) -> Figure | None:
    """The numbers of the short answer and what they count; None when it is no figure."""
    text = (text_of(pick.candidate.passage.article_id) or "")[slice(*pick.short)] if pick.short else ""
    numbers = frozenset(value.replace(",", "") for value in _NUMBER.findall(text))
    if not numbers:
        return None
    value = value_text(pick, text_of)  # "33 minutes", where the short answer is "33"
    words = _WORD.findall(f"{text} {value}".lower())
    units = frozenset(stem(word) for word in words if word not in _ROUGH | STOP_WORDS)
    return Figure(numbers, units, any(":" in one for one in numbers))


def _differ(one: Figure, other: Figure) -> bool:
    """Whether two figures cannot both be right: other numbers, and no sign that they count other things."""
    alike = not one.units or not other.units or bool(one.units & other.units)
    return alike and one.clock == other.clock and not one.numbers & other.numbers
