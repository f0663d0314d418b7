"""Dates as they stand in metadata and in lines such as "Published: 25 May 2022, 10:30".

In: one string. Out: a date, or None when it holds none that is sure (03/04/2022 may be March or April).
"""

from __future__ import annotations

import re
from datetime import date

WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
MONTHS = tuple("January February March April May June July August September October November December".split())
MONTH_NUMBERS = {form.lower(): number for number, name in enumerate(MONTHS, 1) for form in (name, name[:3])}
MONTH_NUMBERS["sept"] = 9
MONTH_FORMS = "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True))  # of an expression, the longest first
_MONTH = rf"(?P<month>{MONTH_FORMS})\b\.?"

_YEAR_FIRST = re.compile(r"(?<!\d)(?P<year>\d{4})([-/.]?)(?P<month>\d{2})\2(?P<day>\d{2})(?!\d)")
_DAY_FIRST = re.compile(
    rf"(?<!\w)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ .-]*{_MONTH}[ ,.-]*(?P<year>\d{{4}})(?!\d)", re.I
)
_MONTH_FIRST = re.compile(rf"(?<!\w){_MONTH} *(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ,]+(?P<year>\d{{4}})(?!\d)", re.I)
_NUMBERS = re.compile(r"(?<!\d)(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})(?!\d)")
_URL_STAMP = re.compile(r"[/=_-](?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?=[/_.&?-]|$)")
_URL_DATE = re.compile(r"/(?P<year>(?:19|20)\d{2})[/-](?P<month>\d{1,2}|[a-z]{3})[/-](?P<day>\d{1,2})(?=[/_-]|$)", re.I)

# What may stand around the date in a line that says nothing but when the article appeared.
_LINE_WORDS = re.compile(
    r"(?:first |last )?(?:published|updated|posted|modified|date|on|at|am|pm)\b\.?|"
    r"(?:gmt|utc|bst|cest|cet|edt|est|et|pdt|pst|pt)\b|"
    r"(?:mon|tues?|wed|thu(?:rs)?|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b\.?|"
    r"\d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?|"
    r"t\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:z|[+-]\d{2}:?\d{2})?|[\s,:;|·•–—()-]+",
    re.I,
)
# "LISBON, 25 May 2022 – The mayor said"; with an agency also "Lisbon, 25 May 2022 (Agency) – The mayor said"
_DATELINE = re.compile(
    r"(?P<place>[^\W\d_][^\d()–—;]{2,60}?),? (?P<when>(?:[A-Z]\w{2,9}\.? \d{1,2}|\d{1,2} [A-Z]\w{2,9}),? \d{4}),? ?"
    r"(?P<agency>[(/][^()/]{2,40}[)/])? ?(?:[–—]|-{1,2}\s)"
)
_WORD = re.compile(r"[^\W\d_]+")
_SMALL = 4  # letters of the words without a capital in the name of a place: "Rio de Janeiro", "STRATFORD upon AVON"
_LONGEST_DATELINE = 160  # characters
_OLDEST, _NEWEST = 1600, 2200


def parse_date(text: str) -> date | None:
    """The first date written in `text` that can be read in one way only, or None."""
    found = _find(text)
    return found[0] if found else None


def day_first(text: str) -> date | None:
    """The first date in figures, its day before its month: 05/10/2018 is in October."""
    match = _NUMBERS.search(text)
    return _build(match["year"], match["second"], match["first"]) if match else None


def date_in_url(url: str) -> date | None:
    """The date in an address such as https://example.org/2022/05/25/visit, or in /20220525/visit; None without."""
    match = _URL_DATE.search(url) or _URL_STAMP.search(url)
    return _build(match["year"], match["month"], match["day"]) if match else None


def date_line(line: str) -> date | None:
    """The date of a line that holds nothing but a date of publication, or None for every other line."""
    if len(line) > 120:
        return None
    found = _find(line)
    if found is None:
        return None
    when, start, end = found
    rest = line[:start] + " " + line[end:]
    second = _find(rest)  # "Published 25 May 2022, updated 26 May 2022"
    if second is not None:
        rest = rest[: second[1]] + " " + rest[second[2] :]
    return when if not _LINE_WORDS.sub("", rest) else None


def published_line(line: str) -> date | None:
    """The date of publication in such a line; None where it tells only when the text was changed ("Updated: ...")."""
    if date_line(line) is None:
        return None
    plain = line.lower()
    published = max(plain.find("published"), plain.find("posted"))
    changed = max(plain.find("updated"), plain.find("modified"))
    if changed >= 0 and published < changed:
        return parse_date(line[:changed])
    return parse_date(line[max(published, 0) :])


def dateline(paragraph: str) -> date | None:
    """The date at the head of a report, as in "LISBON, 25 May 2022 (Agency) – The mayor said"; None without one."""
    match = _DATELINE.match(paragraph[:_LONGEST_DATELINE])
    if match is None:
        return None
    words = _WORD.findall(match["place"].split(",")[0])
    large = [word for word in words if not word.islower() or len(word) > _SMALL]
    cased = all(map(str.isupper, large)) or (bool(match["agency"]) and all(map(str.istitle, large)))
    return parse_date(match["when"]) if large and cased else None


def _find(text: str) -> tuple[date, int, int] | None:
    """The earliest readable date in `text` with its place."""
    found: list[tuple[int, int, date]] = []
    for pattern in (_YEAR_FIRST, _DAY_FIRST, _MONTH_FIRST):
        for match in pattern.finditer(text):
            if when := _build(match["year"], match["month"], match["day"]):
                found.append((match.start(), match.end(), when))
                break
    for match in _NUMBERS.finditer(text):
        if when := _from_numbers(match):
            found.append((match.start(), match.end(), when))
            break
    if not found:
        return None
    start, end, when = min(found)
    return when, start, end


def _from_numbers(match: re.Match[str]) -> date | None:
    """25.05.2022 and 25/05/2022 and 05/25/2022; with a slash, two numbers up to 12 that differ could be either."""
    first, second = int(match["first"]), int(match["second"])
    if match["mark"] == "." or first > 12 or first == second:
        return _build(match["year"], str(second), str(first))
    return _build(match["year"], str(first), str(second)) if second > 12 else None


def _build(year: str, month: str, day: str) -> date | None:
    number = int(month) if month.isdigit() else MONTH_NUMBERS.get(month.lower(), 0)
    if not _OLDEST <= int(year) <= _NEWEST:
        return None
    try:
        return date(int(year), number, int(day))
    except ValueError:
        return None


def day_in_words(day: date | None) -> str:
    """A date as '24 May 2022'; empty for none."""
    return f"{day.day} {day:%B %Y}" if day else ""
