"""Reports that agree or differ: which outlets say the same, and other figures for the same thing, side by side.

In: the ranked sentences for a question. Out: for each other article whose best sentence is nearly as good and gives
another figure of the same kind, that sentence beside the best one. And for a sentence of an answer: the outlets that
say the same, copies of the story included; one that is cited for another part or gives another figure does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.reading.ranking import ScoredSentence
from rag.answering.verification.evidence import coverage, surroundings, weigh
from rag.schema import AnswerSentence, Citation
from rag.text.moments import Moment, moments
from rag.text.names import names_in, numbers_in
from rag.text.numbers import ROUGH
from rag.text.sentences import Span
from rag.text.words import STOP_WORDS, stem, stems

# Log-odds behind the best sentence: on questions with two known reports the second one lies 0.4 to 3 behind, and up to
# 6 where the reader does not see that the sentence answers, though it counts the very same.
NEAR, NEAR_SAME = 3.0, 6.0
ON_TOPIC = 0.65  # a passage with the same unit covers this share of what the best one covers of the question
MOST = 3  # reports side by side: more is a list
_NUMBER = re.compile(r"\d[\d,.:]*\d|\d")
# What a number counts: a scale or none, and a word; "34 billion dollars", "37 people".
_COUNTED = re.compile(r"(?: ?%| per ?cent\b| (?:thousand|million|billion|trillion)\b)?(?P<what> [^\W\d_]+)?")
_CURRENCIES = ("$", "€", "£", "¥")
LONGEST_VALUE = 5  # words: a longer short answer holds more than the figure
_WORD = re.compile(r"[^\W\d_]+")
_NO_UNITS = STOP_WORDS | ROUGH | {"just", "well", "less"} | frozenset("thousand million billion trillion per".split())
# What is counted in many words: "3,549 deaths", "killed 135 people", "the number of dead is put at 53,537".
_TOLLS = {
    "dead": re.compile(r"\b(?:dead|deaths?|die[ds]?|kill(?:s|ed|ing)?|victims?|fatalit\w+|lives|perished)\b", re.I),
    "hurt": re.compile(r"\b(?:injur\w+|hurt|wound(?:s|ed|ing)?)\b", re.I),
}
_TOLL_STEMS = frozenset(map(stem, "dead death deaths killed victims injured hurt wounded".split()))
_TOLL_REACH = 60  # characters between a number and the word that says what it counts
_PEOPLE = frozenset(map(stem, "people persons men women".split()))
# Records and results of women and of men are no two reports of one thing, nor are the ages of two persons.
_KINDS = {
    "women": re.compile(r"\b(?:wom[ae]n|female|girls?)\b", re.I),
    "men": re.compile(r"\b(?:m[ae]n|male|boys?)\b", re.I),
}
_EDGES = {
    "begin": re.compile(r"\b(?:beg[aiu]n\w*|start\w*|open(?:s|ed|ing)?|arriv\w+|launch\w*|took off|set out)\b", re.I),
    "end": re.compile(r"\b(?:end(?:s|ed|ing)?|finish\w*|clos(?:es?|ed|ing)|left|leav\w+|conclud\w+|return\w*)\b", re.I),
}
_YEARS = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
LONG_BEFORE = 2  # years: what is told of an earlier one is history beside a report of the day
_AGE = re.compile(r"\b(?:aged \d+|\d+[ -]years?[ -]old|, \d\d?,)", re.I)
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_DATE = "date"  # the unit of days, months and years

SAME = 0.5  # share of the words of the shorter of two sentences that agree
SAME_JACCARD = 0.4  # Jaccard of their words


def other_reports(question: str, ranked: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """The best sentence and those of other articles with another figure for the same thing; [] when none differs."""
    first = _figure(ranked[0]) if ranked else None
    if first is None:
        return []
    found = {ranked[0].candidate.passage.article_id: (ranked[0], first)}
    asked = weigh(question)
    told = ranked[0].window.article[slice(*ranked[0].span)]
    topic = ON_TOPIC * coverage(asked, surroundings(ranked[0].candidate))
    for pick in ranked[1:]:
        behind = ranked[0].score - pick.score
        if behind > NEAR_SAME or len(found) == MOST:
            break
        figure = _figure(pick)
        if figure is None or pick.candidate.passage.article_id in found:
            continue
        near = behind <= NEAR or figure.units & first.units - {_DATE}
        if not near or not all(_differ(figure, known) for _, known in found.values()):
            continue
        if _of_others(told, pick.window.article[slice(*pick.span)]) or _another_event(ranked[0], pick):
            continue
        if coverage(asked, surroundings(pick.candidate)) >= topic:
            found[pick.candidate.passage.article_id] = pick, figure
    return [pick for pick, _ in found.values()] if len(found) > 1 else []


def value_text(pick: ScoredSentence) -> str:
    """The figure of a sentence as its article has it, with what it counts: "37 people", "2:11:53", "4 August 2020"."""
    text = pick.window.article
    number = _NUMBER.search(text, *pick.short_span) if pick.short_span else None
    if pick.short_span is None or number is None:
        return ""
    short = text[slice(*pick.short_span)]
    if not short.endswith(number.group()) and len(short.split()) <= LONGEST_VALUE:
        return short
    start = number.start() - (text[number.start() - 1 : number.start()] in _CURRENCIES)
    counted = _COUNTED.match(text, number.end(), pick.span[1])
    end = counted.end() if counted else number.end()
    if counted and counted["what"] and counted["what"].strip().lower() in STOP_WORDS:
        end = counted.start("what")
    return text[start:end]


@dataclass(frozen=True, slots=True)
class Figure:
    """What a short answer says in numbers."""

    numbers: frozenset[str]
    units: frozenset[str]  # stems of the words beside them; "dead" and "hurt" for tolls
    clock: bool  # a time of day or of a race, as 2:11:53
    dates: tuple[Moment, ...] = ()


def _of_others(one: str, other: str) -> bool:
    """Whether two sentences speak of others: one of women and one of men, or of the ages of two persons."""
    kinds = [{name for name, form in _KINDS.items() if form.search(text)} for text in (one, other)]
    if all(kinds) and kinds[0].isdisjoint(kinds[1]):
        return True
    named = [{name.split()[-1] for name in names_in(text)} for text in (one, other)]
    return bool(_AGE.search(one) and _AGE.search(other)) and all(named) and named[0].isdisjoint(named[1])


def _another_event(one: ScoredSentence, other: ScoredSentence) -> bool:
    """Whether two sentences cannot be about one event: of other years, of others by name, its begin and its end, or in
    articles of which neither the titles nor the passages have a name or a word of the title in common."""
    said = [pick.window.article[slice(*pick.span)] for pick in (one, other)]
    if _other_years(one, other, said) or _apart_by([_edges(text) for text in said]):
        return True
    if _apart_by([{name.split()[-1] for name in names_in(text)} for text in said]):
        return True
    titles = [set(stems(pick.candidate.title)) for pick in (one, other)]
    inside = [set(stems(surroundings(pick.candidate))) for pick in (one, other)]
    return all(titles) and not (titles[0] & inside[1] or titles[1] & inside[0])


def _apart_by(kinds: Sequence[set[str]]) -> bool:
    """Whether both have something of a kind, and nothing in common."""
    return all(kinds) and kinds[0].isdisjoint(kinds[1])


def _other_years(one: ScoredSentence, other: ScoredSentence, said: Sequence[str]) -> bool:
    """Whether the sentences name other years, or one of them a year long before the other was written."""
    years = [set(_YEARS.findall(text)) for text in said]
    if _apart_by(years):
        return True
    for named, pick in ((years[0], other), (years[1], one)):
        written = pick.candidate.published
        if named and written and max(map(int, named)) < written.year - LONG_BEFORE:
            return True
    return False


def _edges(text: str) -> set[str]:
    """Whether a sentence tells of a beginning or of an end."""
    return {name for name, form in _EDGES.items() if form.search(text)}


def _figure(pick: ScoredSentence) -> Figure | None:
    """The numbers of the short answer and what they count; None when it is no figure."""
    text = pick.window.article
    short = text[slice(*pick.short_span)] if pick.short_span else ""
    numbers = frozenset(value.replace(",", "") for value in _NUMBER.findall(short))
    if pick.short_span is None or not numbers:
        return None
    value = value_text(pick)  # "33 minutes", where the short answer is "33"
    dates, _ = moments(value)
    if dates or _YEAR.fullmatch(value):
        return Figure(numbers, frozenset((_DATE,)), clock=False, dates=dates)
    words = _WORD.findall(f"{short} {value}".lower())
    beside = f"{text[pick.short_span[0] - 1 : pick.short_span[0]]}{short} {value}"
    signs = [sign for sign in (*_CURRENCIES, "%") if sign in beside]
    units = frozenset([*(stem(word) for word in words if word not in _NO_UNITS), *signs])
    number = _NUMBER.search(text, *pick.short_span)
    counts_people = not units - _PEOPLE or units & _TOLL_STEMS
    toll = _toll(text, pick.span, number.span()) if number and counts_people else None
    return Figure(numbers, frozenset((toll,)) if toll else units, any(":" in one for one in numbers))


def _toll(text: str, sentence: Span, number: Span) -> str | None:
    """Whether a number of people counts the dead or the hurt, by the word nearest to it in the sentence."""
    near = [
        (_apart(word.span(), number), name) for name, form in _TOLLS.items() for word in form.finditer(text, *sentence)
    ]
    apart, name = min(near, default=(_TOLL_REACH + 1, ""))
    return name if apart <= _TOLL_REACH else None


def _apart(one: Span, other: Span) -> int:
    return max(one[0] - other[1], other[0] - one[1], 0)


def _differ(one: Figure, other: Figure) -> bool:
    """Whether two figures cannot both be right: other numbers, and no sign that they count other things."""
    if _DATE in one.units | other.units:
        agree = any(mine.agrees(theirs) or theirs.agrees(mine) for mine in one.dates for theirs in other.dates)
        return one.units == other.units and not agree and not _same_year(one, other)
    alike = not one.units or not other.units or bool(one.units & other.units)
    return alike and one.clock == other.clock and not one.numbers & other.numbers


def _same_year(one: Figure, other: Figure) -> bool:
    """Whether one of two dates is a year alone, and the other lies in it."""
    return not (one.dates and other.dates) and bool(one.numbers & other.numbers)


def outlets_saying(sentence: AnswerSentence) -> tuple[str, ...]:
    """The outlets that say what the sentence says, in the order of their citations; each once."""
    names: dict[str, str] = {}
    for citation in sentence.citations:
        if not agrees(sentence.text, citation.quote):
            continue
        for name in (_outlet(citation), *(one.publisher or "" for one in citation.also)):
            if name:
                names.setdefault(name.casefold(), name)
    return tuple(names.values())


def agrees(text: str, quote: str) -> bool:
    """Whether two sentences say the same: most of their words, and no figure that the other lacks."""
    if text == quote:
        return True
    one, other = set(stems(text)), set(stems(quote))
    figures, others = set(numbers_in(text)), set(numbers_in(quote))
    if not one or not other or (figures and others and not (figures <= others or others <= figures)):
        return False
    shared = len(one & other)
    return shared >= SAME * min(len(one), len(other)) and shared >= SAME_JACCARD * len(one | other)


def _outlet(citation: Citation) -> str:
    return (citation.publisher or "").strip()
