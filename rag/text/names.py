"""Names in text: which ones it holds.

'US' the country and 'us' the pronoun are told apart by capitals, or by the article before them in lower-case questions.
Pure text: no model.
"""

from __future__ import annotations

import re
from itertools import chain

from rag.text.aliases import GROUPS
from rag.text.dates import MONTHS, WEEKDAYS
from rag.text.words import STOP_WORDS, words

# Words that look like names only because a question or a sentence begins with them.
_NOT_NAMES = STOP_WORDS.union(
    "according tell give list name explain describe show please since many much mr mrs ms dr sir prof yes anything "
    "anyone anybody others another instead exactly besides".split(),
    (name.lower() for name in (*MONTHS, *WEEKDAYS)),
)
# What stands before a surname and is no first name.
STYLES = frozenset("mr mrs ms dr president minister chancellor secretary king queen pope sir the chief judge".split())
_LINKS = r"(?:of|the|de|da|di|du|del|van|von|der|bin|al|and|for|la|le)"
_CAPITAL = r"[A-ZÀ-ÖØ-ÞĀ-ŽА-Я][\w'’.&-]*"
# No name goes on behind a full stop ("Jon Berg. The UN"), but behind initials and titles ("Jon F. Holm", "Gov. Holm").
_TITLES = r"(?<=\b(?:Mrs|Gov|Gen|Sen|Rep|Rev|Col|Sgt|Maj|Adm|Inc|Ltd|Hon)\.)|(?<=\b(?:Prof|Capt|Corp)\.)"
_GOES_ON = rf"(?:(?<![^\W\d_A-ZÀ-Þ]{{2}}\.)|{_TITLES})"
_RUN = re.compile(rf"{_CAPITAL}(?:{_GOES_ON}\s+(?:{_LINKS}\s+){{0,2}}{_CAPITAL})*")
_NUMBER = re.compile(r"[$€£]?\b\d[\d,.]*\b%?")
_LOWER_CAPS = re.compile(r"\bthe (us|uk|eu|un)\b|\b(us|uk|eu|un) (?=state|government|president|officials?|congress)")


def names_in(text: str) -> tuple[str, ...]:
    """The names of a text in order, each once: runs of capitalised words, and known names in lower-case questions."""
    found: list[str] = []
    if not text.isupper():
        for match in _RUN.finditer(text):
            found.extend(_trimmed(match.group()))
    if not found:
        found = list(_known_in_lower_case(text))
    return tuple(dict.fromkeys(found))


def numbers_in(text: str) -> tuple[str, ...]:
    """The figures of a text in order, years included, without currency and percent signs."""
    return tuple(dict.fromkeys(m.group().strip("$€£%.,") for m in _NUMBER.finditer(text)))


def _trimmed(run: str) -> list[str]:
    """A capitalised run without question words and titles at its ends."""
    parts = list(map(_without_possessive, run.split()))
    while parts and parts[0].lower().strip(".'’") in _NOT_NAMES and parts[0] not in {"WHO", "US"}:
        parts = parts[1:]
    while parts and parts[-1].lower().strip(".") in _NOT_NAMES and parts[-1] not in {"WHO", "US"}:
        parts = parts[:-1]
    joined = " ".join(parts).strip(".,'’-")
    return [joined] if len(joined) > 1 else []


def _without_possessive(word: str) -> str:
    ends = 2 if word.endswith(("'s", "’s")) else int(word.endswith(("'", "’")))
    return word[: len(word) - ends]


def _known_in_lower_case(text: str) -> tuple[str, ...]:
    """Known names in a question typed without capitals."""
    found = [(m.start(), (m.group(1) or m.group(2)).upper()) for m in _LOWER_CAPS.finditer(text)]
    held = " ".join(["", *(word.removesuffix("'s") for word in words(text)), ""])
    for form in chain.from_iterable(GROUPS):
        if len(form) > 4 and form.lower() not in STOP_WORDS and f" {form.lower()} " in held:
            found.append((text.find(form.lower()), form))
    return tuple(name for _, name in sorted(found))


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name for the lexical index, lower case, without stop words."""
    return tuple(word.removesuffix("'s") for word in words(name) if word not in STOP_WORDS or name.isupper())
