"""When a question's answer should come from: "since March", "in May 2022", "last week" as dates of publication.

In: a question and today's date. Out: the period with the words that name it. dateparser reads the dates; what stands
around them (since, before, between ...) is read here. A bare year ("in 2022") is no period: articles tell of a year
long after it, and the year stays a word of the search.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

from rag.schema import Filters, Period
from rag.text.dates import MONTH_FORMS

REPORTED_WITHIN = timedelta(days=14)  # what happened on a day or in a month is still reported some days later

_MONTH = rf"(?:{MONTH_FORMS})"
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = rf"(?:{_NTH} {_MONTH}(?: \d{{4}})?|{_MONTH} {_NTH}(?:,? \d{{4}})?|\d{{4}}-\d\d-\d\d)"
_WHOLE_MONTH = rf"{_MONTH}(?: \d{{4}})?(?! ?\d)"
_RECENT = r"yesterday|last (?:week|month|year)"
_DATE = rf"(?:{_DAY}|{_WHOLE_MONTH}|(?:19|20)\d\d|{_RECENT})"
_UNIT = r"(?P<unit>day|week|month|year)"
_COUNT = r"(?P<count>\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve|few|couple of)"
_FORMS = {
    "between": rf"\b(?:between|from) (?P<first>{_DATE}) (?:and|to|until|till) (?P<last>{_DATE})\b",
    "since": rf"\b(?:since|after|from) (?P<first>{_DATE})(?: on(?:wards?)?)?\b",
    "until": rf"\b(?:before|until|till|up to) (?P<last>{_DAY}|{_WHOLE_MONTH}|{_RECENT})\b",
    "past": rf"\b(?:in|over|during|within) the (?:last|past) {_COUNT} {_UNIT}s?\b",
    "named": rf"\b(?:(?:in|over|during) )?(?P<way>this|last|(?:the )?past) {_UNIT}\b(?!['’]s)",
    "day": rf"\b(?:on )?(?P<first>yesterday|today)\b(?!['’]s)|\bon (?P<on>{_DAY})\b",
    "month": rf"\b(?:in|during) (?P<first>{_WHOLE_MONTH})\b",
}
_PATTERNS = {form: re.compile(pattern, re.I) for form, pattern in _FORMS.items()}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_NUMBERS = {
    word: n for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
} | {"few": 4, "couple of": 2}


def read_period(question: str, today: date, *, reported_within: timedelta = REPORTED_WITHIN) -> Period | None:
    """The period that a question names, or None; what is of a day or a month is reported that much later at most."""
    for form, pattern in _PATTERNS.items():
        found = pattern.search(question)
        if found is None:
            continue
        given = {name: value for name, value in found.groupdict().items() if value}
        since, until = _bounds(form, given, today, reported_within)
        if _is_past(since, until, today):
            return Period(found.group(), since, until)
    return None


def within(filters: Filters, period: Period) -> Filters:
    """The filters narrowed to the period; what the user has set already stays."""
    return replace(filters, since=filters.since or period.since, until=filters.until or period.until)


def without(question: str, period: Period | None) -> str:
    """The question without the words of the period, which the filters stand for."""
    if period is None or period.words not in question:
        return question
    rest = " ".join(question.replace(period.words, " ", 1).split())
    return re.sub(r"\s*,?\s*([?.!])$|^,\s*", r"\1", rest)


def _is_past(since: date | None, until: date | None, today: date) -> bool:
    """Whether articles can be of that time: it has begun, and it does not end before it begins."""
    if since is None:
        return until is not None and until <= today
    return since <= min(today, until or today)


def _bounds(form: str, given: dict[str, str], today: date, later: timedelta) -> tuple[date | None, date | None]:
    if form == "past":
        count = given["count"].lower()
        days = _DAYS[given["unit"].lower()] * (int(count) if count.isdigit() else _NUMBERS[count])
        return today - timedelta(days=days), today
    if form == "named":
        return _named(given["way"].lower(), given["unit"].lower(), today)
    first, last = given.get("first") or given.get("on"), given.get("last")
    since = _start(first, today) if first else None
    until = _end(last, today, closed=form == "between") if last else None
    if form in ("day", "month") and since and first:
        until = _end(first, today, closed=True)
        until = until + later if until else None
    return since, until


def _named(way: str, unit: str, today: date) -> tuple[date, date]:
    """ "This week" begins on Monday; "last month" is the whole month before; "the past year" ends today."""
    if way.endswith("past"):
        return today - timedelta(days=_DAYS[unit]), today
    if unit == "week":
        start, length = today - timedelta(days=today.weekday()), timedelta(days=6)
        return (start, today) if way == "this" else (start - timedelta(days=7), start - timedelta(days=7) + length)
    start = today.replace(day=1) if unit == "month" else today.replace(month=1, day=1)
    if way == "this":
        return start, today
    before = start - timedelta(days=1)
    return (before.replace(day=1) if unit == "month" else before.replace(month=1, day=1)), before


def _start(words: str, today: date) -> date | None:
    """The first day of what the words name."""
    if words.lower() in ("last week", "last month", "last year"):
        return _named("last", words.split()[1].lower(), today)[0]
    return _parse(words, today)


def _end(words: str, today: date, *, closed: bool) -> date | None:
    """The last day that the words let in: of "before March" the day before it, of "to March" its last day."""
    start = _start(words, today)
    if start is None or not closed:
        return start - timedelta(days=1) if start else None
    if len(words) == 4 and words.isdecimal():
        return start.replace(month=12, day=31)
    if re.fullmatch(_WHOLE_MONTH, words, re.I):
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return start


def _parse(words: str, today: date) -> date | None:
    """A date as dateparser reads it, in the past where the year is not told; 0.3 s to import, so only when needed."""
    import dateparser

    settings = {
        "RELATIVE_BASE": datetime(today.year, today.month, today.day),
        "PREFER_DATES_FROM": "past",
        "PREFER_DAY_OF_MONTH": "first",
        "PREFER_MONTH_OF_YEAR": "first",
    }
    found = dateparser.parse(words, languages=["en"], settings=settings)
    return found.date() if found else None
