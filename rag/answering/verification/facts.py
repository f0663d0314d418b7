"""What speaks against a statement: what its source lacks, what is denied, which names and figures are swapped.

Rules only, each a pure function of texts; `verifier.py` weighs them. Both sides are normalised: 1,000 is one thousand,
25 May is May 25, Washington is the US. A swapped name mostly stands somewhere else in the passage, where looking it up
finds it: laying the statement beside the sentences it comes from shows the swap.
"""

from __future__ import annotations

import re
from calendar import day_name
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from rag.answering.verification.evidence import Evidence, best_run, pairs_held, widened
from rag.schema import Candidate
from rag.text.aliases import aliases, is_known
from rag.text.moments import Moment, implied, moments, weekdays
from rag.text.names import STYLES, names_in
from rag.text.numbers import Figure, figures, rejoined
from rag.text.quotations import quotations
from rag.text.words import STOP_WORDS, stem, stems, words

# --- what can be looked up: quoted words, figures, dates, names

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


# --- what a passage has against it

NEGATED_REACH = 60  # characters behind a negative word in which the three words stand that it denies
LONG_ENOUGH = 300  # characters: a shorter text may have no capital inside a sentence because it names nobody
SAME_WORDS = 0.4  # pairs of words held from which a statement is a sentence with changes, not one worded anew

_CAPITAL = re.compile(r"[a-z,] [A-ZÀ-Þ]")
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|refus\w+|den(?:y|ied|ies)|fail(?:s|ed)?|rejects?|"
    r"rejected|unable|lacks?|hardly)\b|n['’]t\b",
    re.I,
)

_SENTENCE_END = re.compile(r"[.!?][\"”’')\]]*\s")
LONGEST_SWAP = 5  # words: longer stretches that differ are worded anew, not swapped
_TOKEN = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")


def contradicting(statement: str, evidence: Evidence, *, alone: bool) -> tuple[str, ...]:
    """What the statement has in the place of other names, figures or dates of the passages that it comes from.

    `alone`: the statement rests on one passage alone, so figures that it has beside others of the run are strange too.
    """
    found: list[str] = []
    for one in evidence.candidates:
        text = one.passage.text
        told = text[slice(*best_run(statement, text, 1))]
        if pairs_held(statement, told) >= SAME_WORDS:
            found += _strange(swapped(statement, told, names=has_capitals(text)), text)
    if alone:
        found += _strange(displaced(statement, widened(evidence.closest)), evidence.closest.candidate.passage.text)
    return tuple(dict.fromkeys(found))


def _strange(written: Sequence[str], text: str) -> list[str]:
    """What of this is no figure of the text."""
    held = rejoined(text)
    return [one for one in written if not _among(one, held)]


def has_capitals(text: str) -> bool:
    """Whether words inside sentences have capitals; in a text without, nobody can be told by name."""
    return _CAPITAL.search(text) is not None


def is_caseless(text: str) -> bool:
    """Whether a text is written without capitals, as transcripts and some converted pages are."""
    return len(text) >= LONG_ENOUGH and not has_capitals(text)


def denied(text: str, of: str) -> bool:
    """Whether a text denies what it shares with another: an odd number of negative words before words of the other.

    A negative word reaches to the end of its sentence; the last word of a text denies all of it.
    """
    shared = frozenset(stems(of))
    found = 0
    for match in _NEGATIVE.finditer(text):
        rest = text[match.end() : match.end() + NEGATED_REACH]
        after = stems(_SENTENCE_END.split(rest, maxsplit=1)[0])[:3]
        found += bool(shared & frozenset(after)) or not stems(rest)
    return found % 2 == 1


def source_of(candidate: Candidate) -> Source:
    """A passage with its title, outlet and date, taken apart."""
    text = f"{candidate.title}\n{candidate.publisher or ''}\n{candidate.passage.text}"
    return source(text, candidate.published)


def _among(written: str, held: Sequence[Figure]) -> bool:
    return bool(held) and any(one.agrees(other) for one in figures(written) for other in held)


def swapped(statement: str, run: str, *, names: bool = True) -> tuple[str, ...]:
    """Names (where they can be told by their capitals) and figures that stand where the source has others."""
    mine, theirs = _tokens(statement), _tokens(run)
    matcher = SequenceMatcher(None, [key for key, _ in mine], [key for key, _ in theirs], autojunk=False)
    found: list[str] = []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "replace" and max(end - start, other_end - other_start) <= LONGEST_SWAP:
            ours = " ".join(word for _, word in mine[start:end])
            held = " ".join(word for _, word in theirs[other_start:other_end])
            found += _differing(ours, held, names=names)
    return tuple(found)


def displaced(statement: str, run: str) -> tuple[str, ...]:
    """Figures and dates of the statement that the run lacks while it has others that the statement lacks."""
    (mine, my_rest), (theirs, their_rest) = moments(statement), moments(run)
    numbers, held = figures(my_rest), figures(their_rest)
    strange = [one.written for one in numbers if not any(one.agrees(other) for other in held)]
    if not strange or all(any(one.agrees(other) for one in numbers) for other in held):
        strange = []
    days = [one.written for one in mine if not any(one.agrees(other) for other in theirs)]
    if not days or all(any(one.agrees(other) for one in mine) for other in theirs):
        days = []
    return (*strange, *days)


def _differing(ours: str, held: str, *, names: bool) -> list[str]:
    """What of our stretch is a name or figure that the other stretch has another of."""
    found: list[str] = []
    numbers, others = figures(ours), figures(held)
    if others:
        found += [one.written for one in numbers if not any(one.agrees(other) for other in others)]
    mine, theirs = (_names(ours), _names(held)) if names else ([], [])
    if theirs and mine:
        known = source(held)
        found += [name for name in mine if not holds_name(name, known)]
        found = [] if any(holds_name(name, source(ours)) for name in theirs) and not numbers else found
    return found


def _names(text: str) -> list[str]:
    """Words with a capital that are not plain openings or titles."""
    return [
        word.removesuffix("'s").removesuffix("’s")
        for word in _TOKEN.findall(text)
        if word[0].isupper() and word.lower() not in STOP_WORDS and word.lower() not in STYLES
    ]


def _tokens(text: str) -> tuple[tuple[str, str], ...]:
    """The words of a text, each with the form by which it is compared."""
    return tuple((stem(word.lower().removesuffix("'s").removesuffix("’s")), word) for word in _TOKEN.findall(text))
