"""Where passages say what a statement states: the run of sentences that holds most of it, and what others add.

In: a statement and the passages it may rest on. Out: the sentences to read it against, in the order of the texts. One
sentence mostly says it all; what sums up several is read against all that it sums up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from rag.answering.verification.coverage import Weighed, coverage, text_stems, weigh
from rag.schema import Candidate
from rag.text.numbers import rejoin
from rag.text.sentences import Span, split_sentences
from rag.text.words import words

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
    main = max(runs, key=lambda run: _held(asked, statement, run.text))
    found, gathered = [main], coverage(asked, main.text)
    pool = [place for place in _sentences(candidates) if not _within(place, main)]
    room = MOST_SENTENCES - len(split_sentences(main.text))
    while room > 0 and pool:
        so_far = " ".join(place.text for place in found)
        with_it = [(coverage(asked, f"{so_far} {place.text}"), place) for place in pool]
        more, best = max(with_it, key=itemgetter(0))
        if more < gathered + LEAST_GAIN:
            break
        found.append(best)
        pool.remove(best)
        gathered, room = more, room - 1
    closest = max(found, key=lambda place: pairs_held(statement, place.text))
    return Evidence(main, tuple(found[1:]), closest, gathered)


def best_run(statement: str, text: str, longest: int = LONGEST_RUN) -> Span:
    """The run of neighbouring sentences of a passage that holds most of the statement's words, as short as can be."""
    spans = split_sentences(text) or ((0, len(text)),)
    asked = weigh(statement)
    best, found = -1.0, spans[0]
    for first in range(len(spans)):
        for last in range(first, min(first + longest, len(spans))):
            run = (spans[first][0], spans[last][1])
            value = _held(asked, statement, rejoin(text[slice(*run)])) - RUN_COST * (last - first)
            if value > best + 1e-9:
                best, found = value, run
    return found


def best_place(statement: str, candidate: Candidate, longest: int = LONGEST_RUN) -> Place:
    """The best run of a passage, as a place in it."""
    return Place(candidate, best_run(statement, candidate.passage.text, longest))


def pairs_held(statement: str, text: str) -> float:
    """The share of the statement's neighbouring content words that are neighbours in the text too, either way round."""
    mine, theirs = text_stems(statement).pairs, text_stems(text).pairs
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


def neighbourhood(place: Place) -> str:
    """The text of a run with the sentence before it and the one after it."""
    text, last = place.candidate.passage.text, place.span[1]
    after = [end for start, end in split_sentences(text) if start >= last]
    return f"{widened(place)}{text[last : after[0]]}" if after else widened(place)


def _held(asked: Weighed, statement: str, text: str) -> float:
    """How much of the statement a text holds: its words, and that they stand together."""
    return coverage(asked, text) + 0.3 * pairs_held(statement, text)


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
