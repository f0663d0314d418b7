"""Dates of a column: 11/01/2023 is read as the other dates of the column are.

In: the values of a column. Out: what reads them: a date, or None where a value holds none that is sure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from rag.text.foreign_dates import stated_date

_STAMPS = {9: 1, 10: 1, 12: 1000, 13: 1000}  # figures of a time since 1970 in seconds or milliseconds
_NUMBERS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?!\d)")
_SERIALS = range(25_569, 73_051)  # days as spreadsheets count them, with the time as a fraction: 1970 to 2099
_DAY_ZERO = date(1899, 12, 30)
_CENTURY = 70  # two digits from here on are of the 1900s, as in the C library


def day_reader(values: Iterable[str]) -> Callable[[str], date | None]:
    """What reads the dates of a column; a day above 12 in any value says which number is the day in all of them."""
    pairs = [match for value in values if (match := _NUMBERS.match(value.strip()))]
    first = any(int(pair[1]) > 12 for pair in pairs)
    second = any(int(pair[2]) > 12 for pair in pairs)
    known = first != second

    def read(value: str) -> date | None:
        value = value.strip()
        whole, _, fraction = value.replace(",", ".").partition(".")
        number = int(whole) if f"{whole}{fraction}".isdecimal() and whole else 0
        if number in _SERIALS:
            return _DAY_ZERO + timedelta(days=number)
        if number and len(whole) in _STAMPS:
            return datetime.fromtimestamp(number // _STAMPS[len(whole)], UTC).date()
        numbers = _NUMBERS.match(value)
        if numbers and known:
            day, month = (numbers[1], numbers[2]) if first else (numbers[2], numbers[1])
            return _date(numbers[3], month, day)
        return stated_date(value)

    return read


def _date(year: str, month: str, day: str) -> date | None:
    number = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= _CENTURY else 2000)
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None
