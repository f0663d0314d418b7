"""Misspelt words of a question, corrected by the words of the articles; acronyms and names, one by the other.

Only what no article holds and no English vocabulary knows is changed, and only to what the library has: a name that is
merely absent stays, so that it is told to be absent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os.path import commonprefix
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

from rag.forks import RenewedLock
from rag.library import Library
from rag.models.encoder import load_tokenizer
from rag.schema import Candidate, Filters
from rag.text.words import STOP_WORDS, stem, words

if TYPE_CHECKING:
    from spellchecker import SpellChecker
    from tokenizers import Tokenizer

SHORTEST = 5  # letters of a word that is corrected: shorter ones have too many neighbours
LONG = 8  # letters from which two of them may be wrong
SAME_START = 1  # letters that are taken to be right
FEWEST_INITIALS, MOST_INITIALS = 3, 6  # letters
MOST_NAMES = 3  # added to a question
MOST = 2  # words corrected: a question with more unknown ones is in another language, or about something else
COMPARED = 5  # words of the library that are looked at more closely
SEEN = 5  # passages in which the usual form of a word is looked for
READ = 24  # passages in which the name behind initials is looked for
_WORD = re.compile(r"(?<![\w'’])[^\W\d_]+(?!\w|['’](?!s\b))")  # not the parts of "wasn't"; of "Ada's" the name
_LONG_NAME = r"[A-Z][\w’'-]+(?:[ -][\w’'-]+){1,8}"
_PAIR = re.compile(
    rf"(?P<name>{_LONG_NAME})\s*\((?P<short>[A-Z][A-Za-z]{{1,5}})\)|"
    rf"\b(?P<first>[A-Z][A-Za-z]{{1,5}})\s*\((?P<long>{_LONG_NAME})\)"
)
_CONTRACTIONS = frozenset(word.replace("'", "") for word in STOP_WORDS)  # "wasnt" is no misspelt word

# Endings of inflected words, and what their base forms have in their place.
_INFLECTIONS = (
    ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ied", "y"), ("ing", ""), ("ing", "e"), ("er", ""),
    ("er", "e"), ("ers", ""), ("ers", "e"), ("or", "e"), ("ors", "e"), ("ly", ""), ("ness", ""), ("able", ""),
    ("able", "e"), ("ation", "e"), ("ations", "e"),
)  # fmt: skip
_PREFIXES = ("un", "re", "non", "pre", "anti", "co", "mis", "over", "under")
# British spellings, and the American ones that dictionaries have.
_BRITISH = tuple(
    (re.compile(british), american)
    for british, american in (
        (r"is(?=(?:e|ed|es|er|ers|ing|ation|ations)$)", "iz"), (r"ys(?=(?:e|ed|es|er|ers|ing)$)", "yz"),
        (r"our", "or"), (r"[ao]e", "e"), (r"oeu", "eu"), (r"ogue", "og"), (r"re$", "er"), (r"res$", "ers"),
        (r"ence", "ense"), (r"ll", "l"), (r"^sc", "sk"), (r"que", "ck"), (r"^k", "c"),
    )
)  # fmt: skip
_ENDINGS = frozenset(
    "a al ally an ance e ed ence er ers es ic ical ing ingly ion ions ise ised ises ism ist ists ity ive ize ized izes "
    "less ly ment ments ness or ors s y ies ied able ation ations".split()
) | {""}
_lock = RenewedLock()


@dataclass(frozen=True, slots=True)
class Corrected:
    """A question as it is searched, and what was changed: (typed, searched)."""

    question: str
    changes: tuple[tuple[str, str], ...] = ()

    @property
    def note(self) -> str:
        """'Searched for “Castell”: no article has “Castel”.'"""
        after = " and ".join(f"“{new}”" for _, new in self.changes)
        before = " or ".join(f"“{old}”" for old, _ in self.changes)
        return f"Searched for {after}: no article has {before}." if self.changes else ""


def correct(question: str, library: Library) -> Corrected:
    """The question with its misspelt words and initials put right."""
    changes = [
        (typed, found)
        for typed in dict.fromkeys(_WORD.findall(question))
        if (found := _replacement(typed, question, library))
    ]
    if len(changes) > MOST:
        return Corrected(question)
    changed = question
    for typed, found in changes:
        changed = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", lambda _, new=found: new, changed)  # type: ignore[misc]
    return Corrected(changed, tuple(changes))


def _replacement(typed: str, question: str, library: Library) -> str | None:
    """What a word stands for; None for one that stays."""
    if typed.lower() in _CONTRACTIONS:
        return None
    initials = _are_initials(typed, FEWEST_INITIALS) and not question.isupper()
    if len(typed) < FEWEST_INITIALS or (not initials and is_english(typed.lower())):
        return None
    if library.store.search_lexical([typed.lower()], 1, Filters()):
        return None
    if initials or (typed.islower() and len(typed) <= MOST_INITIALS):
        found = _written_out(typed if initials else typed.upper(), question, library)
        if initials or found:
            return found
    return _alike(typed, library) if len(typed) >= SHORTEST else None


def _alike(typed: str, library: Library) -> str | None:
    """The word of the library that is nearest in spelling; of two, an English one for a word without capitals."""
    plain, root = typed.lower(), stem(typed.lower())
    limit = 2 if len(plain) >= LONG else 1
    known = library.store.words_alike(plain[:SAME_START], len(root) - limit, len(root) + limit)
    near = [(OSA.distance(root, term, score_cutoff=limit), -count, term) for term, count in known]
    terms = [term for distance, _, term in sorted(near) if distance <= limit][:COMPARED]
    found = [word for term in terms if (word := _surface(term, plain, library))]
    found = [
        word for word in found if OSA.distance(plain, word.lower()) <= limit and not _same_family(plain, word.lower())
    ]
    if not found:
        return None
    best = min(found, key=lambda word: (OSA.distance(plain, word.lower()), typed.islower() and not is_english(word)))
    return best.upper() if typed.isupper() else best


def _surface(term: str, typed: str, library: Library) -> str | None:
    """The word of that stem nearest to what was typed, as the articles write it most often.

    A stem may have a stem of its own ("commission", that of "commissioner"): an ending keeps the search from taking it.
    """
    found = [one for word in (term, f"{term}er") for one in library.store.search_lexical([word], SEEN, Filters())]
    held = library.store.candidates([one for one, _ in found])
    told = Counter(word for one in held.values() for word in _WORD.findall(f"{one.title}\n{one.passage.text}"))
    near = [(OSA.distance(typed, word.lower()), -told[word], word) for word in told if stem(word.lower()) == term]
    return min(near)[2] if near else None


def _written_out(initials: str, question: str, library: Library) -> str | None:
    """The name with these initials in the passages nearest to the question."""
    search = library.search(READ)
    return name_of(initials, search.retrieve(question).candidates)


def name_of(initials: str, candidates: Sequence[Candidate]) -> str | None:
    """The first name in the passages whose words begin with these letters."""
    small = r"[\s-]+(?:(?:of|the|and|for|de|du|la)\s+)*"  # what initials leave out
    capitals = [letter for letter in initials if letter.isupper()]
    form = re.compile(r"(?<![\w’'-])" + small.join(rf"{letter}[\w’'-]+" for letter in capitals) + r"(?!\w)")
    for one in candidates:
        if found := form.search(f"{one.title}\n{one.passage.text}"):
            return " ".join(found.group().split())
    return None


# --- acronyms and the names that they stand for


def other_names(question: str, library: Library) -> tuple[str, ...]:
    """What the articles also call the acronyms and the names of a question; none that it holds already."""
    if question.isupper():
        return ()
    found = [*_spelt_out(question, library), *_shortened(question, library)]
    return tuple(one for one in dict.fromkeys(found) if one.lower() not in question.lower())[:MOST_NAMES]


def _spelt_out(question: str, library: Library) -> Iterator[str]:
    """The names of the acronyms that were typed: paired by the articles, in capitals or (as "ecb") without."""
    typed = dict.fromkeys(word for word in _WORD.findall(question) if 1 < len(word) <= MOST_INITIALS)
    capital = [word for word in typed if _are_initials(word, 2)]
    lower = [word.upper() for word in typed if word.islower() and word not in STOP_WORDS and not is_english(word)]
    for acronym in capital or lower:
        names = (name for name, short in _pairs([acronym.lower()], library) if short.upper() == acronym.upper())
        name = next(names, None)
        if name is None and len(acronym) >= FEWEST_INITIALS:
            name = _beside(acronym, question, library)
        yield from [name] if name else []


def _shortened(question: str, library: Library) -> Iterator[str]:
    """The acronyms of the names that were typed, where the articles write them behind the name."""
    capitals = "".join(word[0] for word in _WORD.findall(question) if word[0].isupper())
    if len(capitals) >= FEWEST_INITIALS:
        plain = " ".join(question.lower().split())
        yield from (short for name, short in _pairs([plain], library) if name.lower() in plain)


def _pairs(wanted: Sequence[str], library: Library) -> Iterator[tuple[str, str]]:
    """The names with their acronyms ("European Central Bank (ECB)") in the passages that hold these words."""
    found = library.store.search_lexical(words(" ".join(wanted)), READ, Filters())
    for one in library.store.candidates([key for key, _ in found]).values():
        for match in _PAIR.finditer(f"{one.title}\n{one.passage.text}"):
            name, short = match["name"] or match["long"], match["short"] or match["first"]
            if fitting := name_of(short, [replace(one, title=name, passage=replace(one.passage, text=""))]):
                yield fitting, short


def _beside(acronym: str, question: str, library: Library) -> str | None:
    """The name with these initials in a passage that has the acronym too, or stands under such a title."""
    near = library.search(READ).retrieve(question).candidates
    return name_of(acronym, [one for one in near if acronym in _WORD.findall(f"{one.title}\n{one.passage.text}")])


def _are_initials(word: str, fewest: int) -> bool:
    """Whether a word is written as an acronym: "ECB", "BoJ"."""
    ends = word[0].isupper() and word[-1].isupper()
    return ends and word.isalpha() and fewest <= len(word) <= MOST_INITIALS


# --- words


def is_english(word: str) -> bool:
    """Whether it is in the encoder's vocabulary (30,000 words, names among them) or in an English dictionary.

    That of a plain inflection or of the American spelling counts for a word: "criticises" by "criticize".
    """
    return any(map(_is_known, _forms(word)))


def _is_known(word: str) -> bool:
    with _lock:
        return _ENGLISH.holds(word)


def _forms(word: str) -> Iterator[str]:
    """The word, its base forms, and each in American spelling; none that is too short to tell anything."""
    bases = [word, *(word.removesuffix(end) + more for end, more in _INFLECTIONS if word.endswith(end))]
    bases += [word.removeprefix(start) for start in _PREFIXES if word.startswith(start)]
    for base in bases:
        if len(base) >= SHORTEST - 1:
            yield base
            yield from (made for british, american in _BRITISH if (made := british.sub(american, base)) != base)


def _same_family(one: str, other: str) -> bool:
    """Whether two words differ by their endings alone ("criticise", "criticism"): neither is the other misspelt."""
    shared = len(commonprefix([one, other]))  # noqa: RUF071  # of words, not of paths
    return shared >= SHORTEST and {one[shared:], other[shared:]} <= _ENDINGS


class _English:
    """The words of English, each of the two lists read when it is first needed."""

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return load_tokenizer(None)

    @cached_property
    def _dictionary(self) -> SpellChecker:
        from spellchecker import SpellChecker  # 0.3 s to read its words: only when the encoder does not know one

        return SpellChecker(language="en", distance=1)

    def holds(self, word: str) -> bool:
        return len(self._tokenizer.encode(word, add_special_tokens=False).ids) == 1 or word in self._dictionary


_ENGLISH = _English()
