"""Misspelt words of a question, corrected by the words of the articles; initials, by the name they stand for.

Only what no article holds and no English vocabulary knows is changed, and only to what the library has: a name that is
merely absent stays, so that it is told to be absent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

from rag.forks import RenewedLock
from rag.library import Library
from rag.models.encoder import load_tokenizer
from rag.schema import Candidate, Filters
from rag.text.words import STOP_WORDS, stem

if TYPE_CHECKING:
    from spellchecker import SpellChecker
    from tokenizers import Tokenizer

SHORTEST = 5  # letters of a word that is corrected: shorter ones have too many neighbours
LONG = 8  # letters from which two of them may be wrong
SAME_START = 1  # letters that are taken to be right
MOST = 2  # words corrected: a question with more unknown ones is in another language, or about something else
COMPARED = 5  # words of the library that are looked at more closely
SEEN = 5  # passages in which the usual form of a word is looked for
READ = 12  # passages in which the name behind initials is looked for
_WORD = re.compile(r"(?<![\w'’])[^\W\d_]+(?!\w|['’](?!s\b))")  # not the parts of "wasn't"; of "Ada's" the name
_INITIALS = re.compile(r"\b[A-Z]{3,6}\b")
_CONTRACTIONS = frozenset(word.replace("'", "") for word in STOP_WORDS)  # "wasnt" is no misspelt word
_SMALL = r"(?:(?:of|the|and|for|de|du|la)\s+)?"  # words that initials leave out

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
    initials = bool(_INITIALS.fullmatch(typed)) and not question.isupper()
    if not initials and (len(typed) < SHORTEST or is_english(typed.lower())):
        return None
    if library.store.search_lexical([typed.lower()], 1, Filters()):
        return None
    return _written_out(typed, question, library) if initials else _alike(typed, library)


def _alike(typed: str, library: Library) -> str | None:
    """The word of the library that is nearest in spelling; of two, an English one for a word without capitals."""
    plain, root = typed.lower(), stem(typed.lower())
    limit = 2 if len(plain) >= LONG else 1
    known = library.store.words_alike(plain[:SAME_START], len(root) - limit, len(root) + limit)
    near = [(OSA.distance(root, term, score_cutoff=limit), -count, term) for term, count in known]
    terms = [term for distance, _, term in sorted(near) if distance <= limit][:COMPARED]
    found = [word for term in terms if (word := _surface(term, plain, library))]
    found = [word for word in found if OSA.distance(plain, word.lower()) <= limit]
    if not found:
        return None
    best = min(found, key=lambda word: (OSA.distance(plain, word.lower()), typed.islower() and not is_english(word)))
    return best.upper() if typed.isupper() else best


def _surface(term: str, typed: str, library: Library) -> str | None:
    """The word of that stem nearest to what was typed, as the articles write it most often."""
    found = library.store.search_lexical([term], SEEN, Filters())
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
    form = re.compile(r"\b" + rf"\s+{_SMALL}".join(rf"{letter}[\w’'-]+" for letter in initials) + r"\b")
    for one in candidates:
        if found := form.search(f"{one.title}\n{one.passage.text}"):
            return " ".join(found.group().split())
    return None


@lru_cache(maxsize=4096)
def is_english(word: str) -> bool:
    """Whether it is in the encoder's vocabulary (30,000 words, names among them) or in an English dictionary."""
    with _lock:
        return len(_tokenizer().encode(word, add_special_tokens=False).ids) == 1 or word in _dictionary()


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    return load_tokenizer(None)


@lru_cache(maxsize=1)
def _dictionary() -> SpellChecker:
    from spellchecker import SpellChecker  # 0.3 s to read its words: only when the encoder does not know one

    return SpellChecker(language="en", distance=1)
