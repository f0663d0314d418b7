"""Dates named in running text, compared as far as they are given: "25 May" is "May 25" and 2022-05-25; "in May 2022".

Pure text. Months alone and weekdays count too; "may" is a month only beside a figure or where it cannot be a verb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from rag.text.dates import MONTH_FORMS, WEEKDAYS, parse_date
from rag.text.dates import MONTH_NUMBERS as MONTHS
from rag.text.dates import MONTHS as NAMES
from rag.text.words import words

_MONTH = rf"(?P<month>{MONTH_FORMS})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s*(?P<year>(?:1[5-9]|20)\d\d)\b)?"
_FORMS = (
    re.compile(r"\b(?P<year>(?:1[5-9]|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b"),
    re.compile(rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}{_YEAR}", re.I),
    re.compile(rf"\b{_MONTH}\s+{_DAY}(?!\d|,?\d|\s*(?:%|per|million|billion|people))\b{_YEAR}", re.I),
    re.compile(rf"\b{_MONTH}\s+(?P<year>(?:1[5-9]|20)\d\d)\b", re.I),
)
_ALONE = re.compile(
    rf"\b(?P<month>{'|'.join(name for name in NAMES if name != 'May')})\b|"
    r"\b(?:in|of|since|last|early|late|mid|until|by|next|this|from|between|and)[ -](?P<may>May)\b"
)
_WEEKDAYS = tuple(map(str.lower, WEEKDAYS))
_NEAR = timedelta(days=90)  # a day this near to an article's own, before or ahead, is of the nearest year
# What makes a day one to come, in the words before it or with a verb anywhere: "before her term ends on 31 August".
_AHEAD = re.compile(
    r"\b(?:ends?|expires?|due|begins?|starts?|opens?|closes?|takes? (?:place|effect)|until|next|scheduled|planned|"
    r"expected|set for|runs? (?:until|to))\b[^.;:]{0,60}$",
    re.I,
)
_TO_COME = re.compile(r"\b(?:will|shall|is to|are to|going to|plans? to)\b", re.I)
_ON_WEEKDAY = re.compile(rf"\b(?:on |last |(?P<next>next ))(?P<weekday>{'|'.join(WEEKDAYS)})\b(?!s| (?:and|or|to)\b)")
_SHIFT = {"today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1}


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as far as a text gives it."""

    month: int
    day: int | None = None
    year: int | None = None
    written: str = ""

    def agrees(self, other: Moment) -> bool:
        """Whether `other`, from the source, bears this date out; what either leaves open does not count against it."""
        days = self.day is None or self.day == other.day
        years = self.year is None or other.year is None or self.year == other.year
        return self.month == other.month and days and years


def moments(text: str) -> tuple[tuple[Moment, ...], str]:
    """The dates of a text, and the text with spaces in their place, so that their figures are not read again."""
    found: list[Moment] = []
    rest = text
    for form in (*_FORMS, _ALONE):
        for match in form.finditer(rest):
            if moment := _moment(match):
                found.append(moment)
                rest = rest[: match.start()] + " " * len(match.group()) + rest[match.end() :]
    return tuple(found), rest


def weekdays(text: str) -> frozenset[int]:
    """The weekdays named in a text, Monday is 0."""
    named = {word.removesuffix("'s").removesuffix("s") for word in words(text)}
    return frozenset(number for number, day in enumerate(_WEEKDAYS) if day in named)


def last_weekday(weekday: int, published: date) -> date:
    """The last such weekday up to a day, that day included."""
    return published - timedelta(days=(published.weekday() - weekday) % 7)


def implied(text: str, published: date | None) -> tuple[Moment, ...]:
    """The dates that weekdays and "yesterday" mean in a text published on a day: the nearest before and after it."""
    if published is None:
        return ()
    days = [published, *(published + timedelta(days=_SHIFT[word]) for word in words(text) if word in _SHIFT)]
    for weekday in weekdays(text):
        before = last_weekday(weekday, published)
        days += [before, before - timedelta(days=7), before + timedelta(days=7)]
    return tuple(Moment(day.month, day.day, day.year) for day in days)


def day_named(sentence: str, published: date | None) -> date | None:
    """The day that a sentence names; one without a year is near the day on which its article was published.

    "On Sunday" is the last one up to that day, or the next one behind what is to come ("will open on Sunday").
    """
    if when := parse_date(sentence):
        return when
    named = next((one for one in moments(sentence)[0] if one.day and not one.year), None)
    if published is None:
        return None
    if named is None or named.day is None:
        return _weekday_named(sentence, published)
    ahead = bool(_TO_COME.search(sentence) or _AHEAD.search(sentence[: sentence.index(named.written)]))
    try:
        when = date(published.year, named.month, named.day)
        return _nearest(when, published, ahead=ahead)
    except ValueError:  # 31 June, or 29 February of a common year
        return None


def _weekday_named(sentence: str, published: date) -> date | None:
    """The day of the first weekday that stands for a single day; None without one."""
    match = _ON_WEEKDAY.search(sentence)
    if match is None:
        return None
    before = sentence[: match.start()]
    weekday = _WEEKDAYS.index(match["weekday"].lower())
    if match["next"] or _TO_COME.search(before) or _AHEAD.search(before):
        return published + timedelta(days=(weekday - published.weekday() - 1) % 7 + 1)
    return last_weekday(weekday, published)


def _nearest(when: date, published: date, *, ahead: bool) -> date:
    """The day in the year that the tense allows: one to come is not past, one that is told is not far ahead."""
    years = [when.replace(year=when.year + shift) for shift in (-1, 0, 1)]
    near = min(years, key=lambda day: abs(day - published))
    if abs(near - published) <= _NEAR:
        return near
    return min(day for day in years if day > published) if ahead else max(day for day in years if day <= published)


def _moment(match: re.Match[str]) -> Moment | None:
    parts = match.groupdict()
    named = parts.get("month") or parts.get("may") or ""
    month = int(named) if named.isdigit() else MONTHS.get(named.lower(), 0)
    day = int(parts["day"]) if parts.get("day") else None
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return None
    return Moment(month, day, int(parts["year"]) if parts.get("year") else None, match.group())
