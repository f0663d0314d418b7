"""Where passages say what a statement states: the run of sentences that holds most of it, and what others add.

In: a statement and the passages it may rest on. Out: the sentences to read it against, in the order of the texts, and
how much of it stands there in the same words. One sentence mostly says it all; what sums up several is read against all
that it sums up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.models.logits import ramp
from rag.schema import Candidate
from rag.text.aliases import aliases, is_known
from rag.text.names import name_words, names_in, numbers_in
from rag.text.numbers import rejoin
from rag.text.sentences import Span, split_sentences
from rag.text.words import content_words, stem, stems, words

# --- how much of a text another one holds

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
    return _covered(wanted, frozenset(stems(text)))


def _covered(wanted: Weighed, held: frozenset[str]) -> float:
    """The same for a text's stems."""
    if not wanted.weights:
        return 1.0
    total = sum(wanted.weights.values())
    found = sum(weight for word, weight in wanted.weights.items() if word in held or _otherwise(wanted, word, held))
    return found / total


def surroundings(candidate: Candidate) -> str:
    """A passage with its title and date, as far as a text may refer to them."""
    published = candidate.published.strftime("%d %B %Y") if candidate.published else ""
    return f"{candidate.title}\n{published}\n{candidate.passage.text}"


Pairs = frozenset[frozenset[str]]  # stems of neighbouring words


@dataclass(frozen=True, slots=True)
class TextStems:
    """The stems of a text's content words, and which of them are neighbours."""

    held: frozenset[str]
    pairs: Pairs


def text_stems(text: str) -> TextStems:
    """The stems of a text."""
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


# --- the sentences that hold most of a statement

LONGEST_RUN = 3  # sentences that one citation may cover: what a fluent sentence sums up is rarely spread wider
RUN_COST = 0.08  # coverage that a further sentence must bring, so that a citation stays as short as it can
MOST_SENTENCES = 4  # of all the evidence: more would drown what bears the statement out
LEAST_GAIN = 0.05  # coverage that a sentence from elsewhere must add

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_ASIDE = re.compile(r",[^,.;:]{1,80}(?=,)| [–—] [^–—.;:]{1,80}(?= [–—] )")
# What somebody is, before their name: "environment minister Ada Holm".
_ROLE = re.compile(r"(?<=\s)(?:[a-z][\w’'-]*\s+){1,5}(?=[A-ZÀ-Þ][\w’'-]+\s+[A-ZÀ-Þ])")


@dataclass(frozen=True, slots=True)
class Place:
    """Sentences of one passage."""

    candidate: Candidate
    span: Span  # in the passage's text

    @property
    def text(self) -> str:
        """The sentences, with their numbers in one piece."""
        return rejoin(self.candidate.passage.text[slice(*self.span)])


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentences that together hold most of a statement."""

    main: Place  # the run that holds most of it
    added: tuple[Place, ...]  # single sentences, of this passage or others, that hold more
    closest: Place  # the one of these whose words stand most as in the statement: what it may have been copied from
    gathered: float  # weighted share of the statement's words that all of it holds, 0..1

    @property
    def places(self) -> tuple[Place, ...]:
        """All of it, in the order of the passages in their articles."""
        return tuple(sorted((self.main, *self.added), key=_in_order))

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The passages that it comes from, the one with the run first."""
        found = {place.candidate.passage.id: place.candidate for place in (self.main, *self.added)}
        return tuple(found.values())

    @property
    def text(self) -> str:
        """All of it, to be read."""
        return " ".join(place.text for place in self.places)


def gather(statement: str, candidates: Sequence[Candidate]) -> Evidence:
    """The evidence of one passage or more: the best run of any, then the sentences that add most."""
    asked = weigh(statement)
    runs = [best_place(statement, one) for one in candidates]
    pairs = text_stems(statement).pairs
    main = max(runs, key=lambda run: _held(asked, pairs, text_stems(run.text)))
    held = frozenset(stems(main.text))
    found, gathered = [main], _covered(asked, held)
    pool = [(place, frozenset(stems(place.text))) for place in _sentences(candidates) if not _within(place, main)]
    room = MOST_SENTENCES - len(split_sentences(main.text))
    while room > 0 and pool:
        with_it = [_covered(asked, held | own) for _, own in pool]
        more = max(with_it)
        if more < gathered + LEAST_GAIN:
            break
        best, own = pool.pop(with_it.index(more))
        found.append(best)
        gathered, held, room = more, held | own, room - 1
    closest = max(found, key=lambda place: pairs_held(statement, place.text))
    return Evidence(main, tuple(found[1:]), closest, gathered)


def best_run(statement: str, text: str, longest: int = LONGEST_RUN) -> Span:
    """The run of neighbouring sentences of a passage that holds most of the statement's words, as short as can be."""
    spans = split_sentences(text) or ((0, len(text)),)
    asked, pairs = weigh(statement), text_stems(statement).pairs
    best, found = -1.0, spans[0]
    for first in range(len(spans)):
        for last in range(first, min(first + longest, len(spans))):
            run = (spans[first][0], spans[last][1])
            value = _held(asked, pairs, text_stems(rejoin(text[slice(*run)]))) - RUN_COST * (last - first)
            if value > best + 1e-9:
                best, found = value, run
    return found


def best_place(statement: str, candidate: Candidate, longest: int = LONGEST_RUN) -> Place:
    """The best run of a passage, as a place in it."""
    return Place(candidate, best_run(statement, candidate.passage.text, longest))


def pairs_held(statement: str, text: str) -> float:
    """The share of the statement's neighbouring content words that are neighbours in the text too, either way round."""
    return _shared(text_stems(statement).pairs, text_stems(text).pairs)


def _shared(mine: Pairs, theirs: Pairs) -> float:
    return len(mine & theirs) / len(mine) if mine else 0.0


def stands_in(statement: str, text: str) -> bool:
    """Whether a text holds each sentence of a statement word for word, but for what can be left out without harm.

    That is what the text has in brackets, between commas or dashes, and what somebody is before their name.
    """
    pieces = [_in_words(statement[start:end]) for start, end in split_sentences(statement)]
    return bool(pieces) and all(any(piece in form for form in _shorter(text)) for piece in pieces)


def widened(place: Place) -> str:
    """The text of a run with the sentence before it, where pronouns of the run have their names."""
    text, (first, last) = place.candidate.passage.text, place.span
    before = [start for start, end in split_sentences(text) if end <= first]
    return text[before[-1] if before else first : last]


def _held(asked: Weighed, pairs: Pairs, text: TextStems) -> float:
    """How much of a statement with these pairs of words a text holds: its words, and that they stand together."""
    return _covered(asked, text.held) + 0.3 * _shared(pairs, text.pairs)


def _sentences(candidates: Sequence[Candidate]) -> list[Place]:
    return [Place(one, span) for one in candidates for span in split_sentences(one.passage.text)]


def _within(place: Place, run: Place) -> bool:
    same = place.candidate.passage.id == run.candidate.passage.id
    return same and run.span[0] <= place.span[0] and place.span[1] <= run.span[1]


def _in_order(place: Place) -> tuple[str, int, int]:
    passage = place.candidate.passage
    return passage.article_id, passage.start, place.span[0]


def _shorter(text: str) -> tuple[str, ...]:
    """The words of a text as they stand, without brackets, and without each of the asides."""
    plain = _BRACKETS.sub(" ", text)
    asides = [*_ASIDE.finditer(plain), *_ROLE.finditer(plain)]
    forms = (text, plain, *(f"{plain[: aside.start()]} {plain[aside.end() :]}" for aside in asides))
    return tuple(map(_in_words, forms))


def _in_words(text: str) -> str:
    return f" {' '.join(words(text))} "


# --- statements that are cut and pasted

LEAST_PIECE = 2  # content words in a row that count as copied
COPIED_FROM, COPIED_FULL = 0.8, 0.9  # share of a statement in copied pieces: from where it counts, and counts whole

Piece = tuple[int, int, int]  # words, sentence of the text, place in it


def spliced(statement: str, text: str) -> float:
    """0 for a statement that is worded anew or copied from one sentence, 1 for one pasted together; 0..1."""
    mine = stems(statement)
    pieces = [piece for piece in _pieces(mine, text) if piece[0] >= LEAST_PIECE]
    if len({sentence for _, sentence, _ in pieces}) < 2:
        return 0.0
    copied = sum(size for size, _, _ in pieces) / len(mine)
    return ramp(copied, COPIED_FROM, COPIED_FULL)


def _pieces(mine: Sequence[str], text: str) -> list[Piece]:
    """The statement as the longest pieces that a sentence of the text has in a row, from left to right."""
    sentences = [stems(text[start:end]) for start, end in split_sentences(text)]
    places = [(number, place) for number, sentence in enumerate(sentences) for place in range(len(sentence))]
    found: list[Piece] = []
    at = 0
    while at < len(mine):
        pieces = ((_common(mine, at, sentences[number], place), number, place) for number, place in places)
        best = max(pieces, key=lambda one: (one[0], _continues(found, *one[1:])), default=(0, 0, 0))
        if best[0]:
            found.append(best)
        at += max(1, best[0])
    return found


def _common(one: Sequence[str], at: int, other: Sequence[str], place: int) -> int:
    """How many words two texts share in a row from these places on."""
    size = 0
    while at + size < len(one) and place + size < len(other) and one[at + size] == other[place + size]:
        size += 1
    return size


def _continues(found: Sequence[Piece], number: int, place: int) -> bool:
    """Whether a piece goes on in the sentence that the last one came from."""
    return bool(found) and found[-1][1] == number and place >= found[-1][2]
