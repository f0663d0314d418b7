"""What a statement asserts that can be looked up (quoted words, figures, dates, names), and what of it a source lacks.

Rules only. Both sides are normalised: 1,000 is one thousand, 25 May is May 25, Washington is the US.
"""

from __future__ import annotations

import re
from calendar import day_name
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.text.moments import Moment, implied, moments, weekdays
from rag.text.names import STYLES, aliases, is_known, names_in
from rag.text.numbers import Figure, figures, rejoined
from rag.text.quotations import quotations
from rag.text.words import STOP_WORDS, stem, words

_SPLIT = re.compile(r"\s*(?:\.{3}|…|\[[^\]]*\])\s*")
_QUOTES = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "`": "'", "–": "-", "—": "-"}
)
_NOT_WORDS = re.compile(r"[^\w%$€£'-]+")
_NEIGHBOURS = re.compile(r"(?<![\w’'])([^\W\d_a-z][\w’'-]+) (?=([^\W\d_a-z][\w-]+))")
SHARED_STEM = 4  # letters: "Norwegian" is Norway's, "Californian" California's
# Endings of plain words that open a sentence with a capital: "Officials said", "Researchers found".
_PLAIN_OPENING = re.compile(r"(?:ers|ors|ists|ials|ants|ents|ings?|tion|ment|ly|ed|ness|ies|ists?|als|ives?|s)$", re.I)


@dataclass(frozen=True, slots=True)
class Source:
    """The text that a statement must rest on, taken apart once."""

    plain: str  # for quoted words
    words: frozenset[str]
    stems: frozenset[str]
    capitals: frozenset[str]  # lower-case forms of words that stand with a capital
    named: frozenset[tuple[str, str]]  # neighbouring words with capitals: ("greta", "vance")
    figures: tuple[Figure, ...]
    moments: tuple[Moment, ...]
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class Missing:
    """What a statement says and its source lacks."""

    quotes: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def hard(self) -> tuple[str, ...]:
        """What by itself shows that the source does not bear the statement out."""
        return (*self.quotes, *self.figures, *self.dates, *self.names)


def source(text: str, published: date | None = None) -> Source:
    """The source made of a passage with its title and outlet, published on a day."""
    named, rest = moments(text)
    years = (Figure(float(published.year), str(published.year)),) if published else ()
    dated = tuple(Figure(float(one.year), str(one.year)) for one in named if one.year)
    own = frozenset(words(text))
    return Source(
        plain=_plain(text),
        words=own,
        stems=frozenset(map(stem, own)),
        named=frozenset((one.lower(), two.lower()) for one, two in _NEIGHBOURS.findall(text)),
        capitals=frozenset(word for found in re.findall(r"\b[^\W\d_a-z]\w*", text) for word in words(found)),
        figures=(*figures(rest), *rejoined(rest), *dated, *years),
        moments=(*named, *implied(text, published)),
        weekdays=weekdays(text) | (frozenset({published.weekday()}) if published else frozenset()),
    )


def missing(statement: str, *sources: Source) -> Missing:
    """What the statement asserts and none of the sources holds."""
    named, rest = moments(statement)
    held_moments = [moment for one in sources for moment in one.moments]
    held_figures = [figure for one in sources for figure in one.figures]
    held_days = {day for one in sources for day in one.weekdays}
    days = [day_name[day] for day in weekdays(statement) if day not in held_days and not named]
    return Missing(
        quotes=tuple(part for part in quoted(statement) if not any(part in one.plain for one in sources)),
        figures=tuple(one.written for one in figures(rest) if not any(one.agrees(other) for other in held_figures)),
        dates=(*(one.written for one in named if not any(one.agrees(other) for other in held_moments)), *days),
        names=_missing_names(statement, sources),
    )


def quoted(statement: str) -> tuple[str, ...]:
    """The words inside quotation marks, for comparing; a quotation with an omission gives its parts."""
    inner = [statement[start + 1 : end - 1] for start, end in quotations(statement) if end - start > 2]
    return tuple(plain for text in inner for part in _SPLIT.split(text) if (plain := _plain(part).strip()))


def _plain(text: str) -> str:
    return _NOT_WORDS.sub(" ", text.translate(_QUOTES).lower()).replace(" '", " ").replace("' ", " ")


def _missing_names(statement: str, sources: Sequence[Source]) -> tuple[str, ...]:
    """The names that no source has; a capital word that opens the sentence and may be none is left out."""
    names: list[str] = []
    for name in names_in(statement):
        if any(character.isdigit() for character in name) or any(holds_name(name, one) for one in sources):
            continue
        at_start = statement.lstrip("\"'“‘ ").startswith(name) and " " not in name
        if not (at_start and _PLAIN_OPENING.search(name)):
            names.append(name)
    return tuple(names)


def holds_name(name: str, held: Source) -> bool:
    """Whether a source has the name: all its words, an obvious other name, or the place that an adjective means."""
    if all(_word_held(word, held) for word in words(name) if word not in STOP_WORDS or name.isupper()):
        return True
    return any(
        all(word in held.words for word in words(form))
        for form in aliases(name)[1:]
        if (len(form) > 2 or form.isupper())
        and is_known(form) == is_known(name)  # who speaks for a country is not the country
        and not (name.endswith(f" {form}") and _is_somebody_else(name, form, held))
    )


def _is_somebody_else(name: str, surname: str, held: Source) -> bool:
    """Whether the source gives the surname of a full name to a person of another first name."""
    first = name.split()[0].lower()
    return any(two == surname.lower() and one != first and one not in STYLES for one, two in held.named)


def _word_held(word: str, held: Source) -> bool:
    plain = word.removesuffix("'s").removesuffix("'")
    if plain in held.words or stem(plain) in held.stems or f"{plain}'s" in held.words:
        return True
    return len(plain) > SHARED_STEM and any(
        other[:SHARED_STEM] == plain[:SHARED_STEM] and len(other) >= SHARED_STEM and _same_root(other, plain)
        for other in held.capitals
    )


def _same_root(one: str, other: str) -> bool:
    """Whether two capital words differ only in an ending such as -an, -ian, -ese or -ish."""
    shared = len([1 for a, b in zip(one, other, strict=False) if a == b])
    tails = one[shared:], other[shared:]
    return all(len(tail) <= 5 for tail in tails) and any(
        tail.endswith(("an", "ans", "ese", "ish", "n", "ic", "i", "s")) for tail in tails
    )
