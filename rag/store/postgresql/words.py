"""Passages as PostgreSQL's text vectors, with the words that SQLite's FTS5 makes of them (porter unicode61).

Of 14,690 words of the demo's lines six differ, by a letter of the stem; accents go in every script.

PostgreSQL's own parser makes one word of "u.s.-led" or a path, leaves stop words out, and stems by a dictionary of the
server. The same words on both databases give the same rankings, and a library can move between them.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import defaultdict
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
MOST_LETTERS = 250  # of a word: an entry of the index may have 2,046 bytes
LAST_PLACE = 16_383  # in a text vector; what stands after it shares the last place
SHORTEST, LONGEST = 3, 64  # bytes of a word that FTS5's porter stems

_local = threading.local()


def stems(text: str) -> list[str]:
    """The words in order: lower case, without accents, stemmed."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))
    return [_stem(word[:MOST_LETTERS]) for word in _WORD.findall(text.lower())]


def vector(title: str, text: str) -> tuple[str, int]:
    """A passage with its title as a text vector, titles' words of weight A; and how many words it has."""
    places: dict[str, list[str]] = defaultdict(list)
    of_title, of_text = stems(title), stems(text)
    for place, stem in enumerate(of_title, start=1):
        places[stem].append(f"{min(place, LAST_PLACE)}A")
    for place, stem in enumerate(of_text, start=len(of_title) + 2):  # a phrase does not reach from title to text
        places[stem].append(f"{min(place, LAST_PLACE)}")
    written = " ".join(f"'{stem}':{','.join(found)}" for stem, found in places.items())
    return written, len(of_title) + len(of_text)


def phrase(word: str, weight: str = "") -> str:
    """What is sought for a word of a question, as a text query: its parts one after the other; "" when it has none."""
    return " <-> ".join(f"'{stem}'{weight and ':' + weight}" for stem in stems(word))


@lru_cache(maxsize=262_144)
def _stem(word: str) -> str:
    if not SHORTEST <= len(word.encode()) < LONGEST:
        return word
    stemmer = getattr(_local, "stemmer", None)  # a stemmer keeps state while it works: one a thread
    if stemmer is None:
        stemmer = _local.stemmer = snowballstemmer.stemmer("porter")
    return str(stemmer.stemWord(word))
