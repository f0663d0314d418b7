"""Figures in running text as numbers: 1,000 and "one thousand", 1.2 million, 5 %, "two dozen", "half".

Pure text: no model. Years are figures like others; what is a date is taken out by the caller beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_UNITS = {
    word: value
    for value, word in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen"
        ).split()
    )
}
_TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_ORDINALS = {
    word: value
    for value, word in enumerate("third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 3)
}
_SCALES = {
    "dozen": 12, "dozens": 12, "hundred": 100, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "mn": 1e6,
    "billion": 1e9, "bn": 1e9, "b": 1e9, "trillion": 1e12, "tn": 1e12,
}  # fmt: skip
_TOKEN = re.compile(
    r"(?P<digits>\d{1,3}(?:\.\d{3}){2,}(?!\.?\d)|\d+(?:[,\u2009\u202f']\d{3})*(?:\.\d+)?)(?:(?:st|nd|rd|th)\b)?|"
    r"(?P<word>[a-z]+)|(?P<other>\S)",
    re.I,
)
# A space inside a number, as converters of pages and PDFs put it: "235, 000", "235 000", "98. 7".
_PULLED_APART = re.compile(r"(?<![\d.,])(?P<head>\d{1,3})(?P<groups>(?:,? \d{3})+)(?![\d])|(?<=\d)\. (?=\d)")
_CURRENCIES = ("$", "€", "£", "¥")
ROUGH = frozenset("about around nearly almost some roughly approximately over under least most than up".split())
_ABOUT_TOLERANCE = 0.1  # "about 1,200" for 1,150
_ABOUT_REACH = 3  # words before a figure in which "about" may stand


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as a text gives it."""

    value: float
    written: str
    unit: float = 1.0  # of the last digit written: 0.1 million in "1.2 million"
    about: bool = False  # said to be rough

    def agrees(self, other: Figure) -> bool:
        """Whether `other`, from the source, bears this figure out: the same, rounded to it, or near a rough one."""
        apart = abs(self.value - other.value)
        rounded = self.unit != 1.0 and apart <= self.unit / 2
        near = self.about and not other.about and apart <= _ABOUT_TOLERANCE * abs(other.value)
        return _same(self.value, other.value) or rounded or near

    def may_be(self, other: Figure) -> bool:
        """Whether both can be the same number, however each is written: "53.537" is 53,537 in much of Europe."""
        return any(_same(one, two) for one in self.values for two in other.values)

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers that it may stand for, as it is read first: a point before three digits may be one between
        thousands."""
        whole, _, decimals = self.written.partition(".")
        grouped = whole.isdecimal() and decimals.isdecimal() and len(whole) <= 3 == len(decimals) and whole[0] != "0"
        return (self.value, self.value * 1000) if grouped else (self.value,)


def _same(one: float, other: float) -> bool:
    return abs(one - other) < 1e-9 * max(1.0, abs(other))


def figures(text: str) -> tuple[Figure, ...]:
    """The figures of a text, in order. "one" alone is mostly a pronoun and is left out."""
    return tuple(figure for _, figure in _placed(text))


def as_written(text: str, held: Sequence[Figure]) -> str:
    """The text with its figures as a source writes them: "1,250,000" for "1.25 million"."""
    known = {one.written.lower() for one in held}
    for start, figure in reversed(_placed(text)):
        same = [one for one in held if figure.agrees(one)]
        if same and figure.written.lower() not in known:
            nearest = min(same, key=lambda one: abs(one.value - figure.value))
            text = text[:start] + nearest.written + text[start + len(figure.written) :]
    return text


def _placed(text: str) -> list[tuple[int, Figure]]:
    """Each figure with the place where it begins."""
    found: list[tuple[int, Figure]] = []
    tokens = [(match, match.group().lower()) for match in _TOKEN.finditer(text)]
    place = 0
    while place < len(tokens):
        read = _read(tokens, place)
        if read is None:
            place += 1
            continue
        value, unit, after = read
        start = tokens[place][0].start()
        written = text[start : tokens[after - 1][0].end()]
        before = {word for _, word in tokens[max(0, place - _ABOUT_REACH) : place]}
        if written.lower() != "one":
            found.append((start, Figure(value, written, unit, bool(before & ROUGH))))
        place = after
    return found


def one_of(text: str) -> str:
    """The text with "a hundred million" as "one hundred million", which is read as a figure."""
    for scale in ("dozen", "hundred", "thousand", "trillion", "billion", "million"):
        text = text.replace(f"a {scale}", f"one {scale}")
    return text


def rejoin(text: str) -> str:
    """The text with its numbers in one piece: "235,000" for "235, 000"."""
    return _PULLED_APART.sub(_in_one_piece, text)


def rejoined(text: str) -> tuple[Figure, ...]:
    """The figures of a text that spaces have pulled apart; none for most texts."""
    whole = rejoin(text)
    if whole == text:
        return ()
    written = {one.value for one in figures(text)}
    return tuple(one for one in figures(whole) if one.value not in written)


def _in_one_piece(found: re.Match[str]) -> str:
    return found["head"] + found["groups"].replace(", ", ",").replace(" ", ",") if found["head"] else "."


def _read(tokens: list[tuple[re.Match[str], str]], place: int) -> tuple[float, float, int] | None:
    """Value, unit of the last digit and the place after the number that begins at `place`; None when none does."""
    match, word = tokens[place]
    if match["digits"]:
        points = match["digits"].count(".") == 1  # more of them stand between thousands
        plain = "".join(sign for sign in match["digits"] if sign.isdecimal() or (points and sign == "."))
        if (year := _second_year(tokens, place, plain)) is not None:
            return year, 1.0, place + 1
        decimals = len(plain.partition(".")[2])
        scale, after = _scaled(tokens, place + 1, match)
        return float(plain) * scale, 10.0**-decimals * scale, after
    if word == "half":
        scale, after = _scaled(tokens, place + 1, None)
        skipped = tokens[place + 1][1] if place + 1 < len(tokens) else ""
        if skipped in ("a", "an"):
            scale, after = _scaled(tokens, place + 2, None)
        return (0.5 * scale, 1.0, after) if scale > 1 else None
    if word in _ORDINALS:
        return float(_ORDINALS[word]), 1.0, place + 1
    return _spelt(tokens, place)


def _second_year(tokens: list[tuple[re.Match[str], str]], place: int, digits: str) -> float | None:
    """2019 for the second number of "2018-19"; None when the number is no such year."""
    if place < 2 or len(digits) != 2 or tokens[place - 1][1] not in "-–/":
        return None
    first = tokens[place - 2][0]
    joined = first.end() + 1 == tokens[place][0].start()
    year = first.group()
    of_century = len(year) == 4 and year.isdecimal() and year[:2] in ("19", "20")
    if not joined or not of_century or digits <= year[2:]:
        return None
    return float(year[:2] + digits)


def _spelt(tokens: list[tuple[re.Match[str], str]], place: int) -> tuple[float, float, int] | None:
    """A number in words: "twenty-one", "three hundred and five thousand"; "dozens" and "thousands" alone are none."""
    total, current, after, seen = 0.0, 0.0, place, False
    while after < len(tokens):
        word = tokens[after][1]
        if word in _UNITS or word in _TENS:
            current += _UNITS.get(word, 0) or _TENS.get(word, 0)
            seen = True
        elif seen and word in _SCALES and len(word) > 2:
            current = max(1.0, current) * _SCALES[word]
            if _SCALES[word] >= 1e3:
                total, current = total + current, 0.0
        elif not (seen and word in ("and", "-") and _goes_on(tokens, after)):
            break
        after += 1
    return (total + current, 1.0, after) if seen else None


def _goes_on(tokens: list[tuple[re.Match[str], str]], link: int) -> bool:
    """Whether a number goes on behind a hyphen ("twenty-one") or "and" ("two hundred and five", not "two and six")."""
    before = tokens[link - 1][1]
    after = tokens[link + 1][1] if link + 1 < len(tokens) else ""
    small = after in _UNITS or after in _TENS
    return small and (before in _TENS if tokens[link][1] == "-" else before in _SCALES)


def _scaled(tokens: list[tuple[re.Match[str], str]], place: int, digits: re.Match[str] | None) -> tuple[float, int]:
    """The scale words behind digits ("1.2 million", "5bn", "44 thousand million"), and the place after them.

    One letter only when glued, or behind the sign of a currency: "5 m" is a length, "£5 m" is none.
    """
    if place >= len(tokens):
        return 1.0, place
    match, word = tokens[place]
    glued = digits is not None and match.start() == digits.end()
    money = digits is not None and place > 1 and tokens[place - 2][1] in _CURRENCIES
    if word not in _SCALES or (len(word) == 1 and not (glued or money)):
        return 1.0, place
    if word == "thousand" and place + 1 < len(tokens) and tokens[place + 1][1] == "million":
        return 1e9, place + 2
    return _SCALES[word], place + 1
