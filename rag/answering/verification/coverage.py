"""How much of what a text says another one holds: the share of its words, by how much each matters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.schema import Candidate
from rag.text.names import aliases, is_known, name_words, names_in, numbers_in
from rag.text.words import content_words, stem, stems

NAME_WEIGHT = 2.5  # a name that is lacking tells more than a missing plain word
NUMBER_WEIGHT = 2.0
GENERIC_WEIGHT = 0.3  # words such as "say" and "happen" that any passage of news may or may not hold

_GENERIC = frozenset(
    stem(word)
    for word in (
        "say said tell told think claim happen happened give given name many much long last new first person people "
        "thing year time day week month article articles news according report reported call called make made take "
        "took come came get got go went find use know known mean want kind type number amount percentage following "
        "country company group"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The words of a text."""

    weights: dict[str, float]  # stems of the content words and how much each matters
    others: dict[str, tuple[frozenset[str], ...]]  # stems that mean the same name: 'us' is also {'unit', 'state'}
    names: tuple[str, ...]
    numbers: tuple[str, ...]


def weigh(text: str) -> Weighed:
    """The words of a text with their weights."""
    names = tuple(name for name in names_in(text) if name_words(name))
    numbers = numbers_in(text)
    return Weighed(_weights(text, names, numbers), _others(names), names, numbers)


def coverage(wanted: Weighed, text: str) -> float:
    """The weighted share of the words that `text` holds, 0..1; 1.0 where there are none."""
    if not wanted.weights:
        return 1.0
    held = text_stems(text).held
    total = sum(wanted.weights.values())
    found = sum(weight for word, weight in wanted.weights.items() if word in held or _otherwise(wanted, word, held))
    return found / total


def surroundings(candidate: Candidate) -> str:
    """A passage with its title and date, as far as a text may refer to them."""
    published = candidate.published.strftime("%d %B %Y") if candidate.published else ""
    return f"{candidate.title}\n{published}\n{candidate.passage.text}"


@dataclass(frozen=True, slots=True)
class TextStems:
    """The stems of a text's content words, and which of them are neighbours."""

    held: frozenset[str]
    pairs: frozenset[frozenset[str]]


@lru_cache(maxsize=8192)
def text_stems(text: str) -> TextStems:
    """The stems of a text, for many comparisons."""
    found = stems(text)
    return TextStems(frozenset(found), frozenset(map(frozenset, pairwise(found))))


def _otherwise(wanted: Weighed, word: str, held: frozenset[str]) -> bool:
    """Whether a text holds another name for the word of a name."""
    return any(other <= held for other in wanted.others.get(word, ()))


def _others(names: tuple[str, ...]) -> dict[str, tuple[frozenset[str], ...]]:
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for name in names:
        forms = tuple(frozenset(stems(form)) for form in aliases(name)[1:] if len(form) > 2) if is_known(name) else ()
        for word in name_words(name):
            found[stem(word)] = tuple(form for form in forms if form)
    return found


def _weights(text: str, names: tuple[str, ...], numbers: tuple[str, ...]) -> dict[str, float]:
    """How much each stem matters."""
    named = {stem(word) for name in names for word in name_words(name)}
    figures = set(numbers)
    weights: dict[str, float] = {}
    for word in content_words(text):
        root = stem(word)
        if root in _GENERIC:
            weights[root] = GENERIC_WEIGHT
        elif word in figures:
            weights[root] = NUMBER_WEIGHT
        else:
            weights[root] = NAME_WEIGHT if root in named else 1.0
    return weights
