"""Whether passages bear a statement out: rules on what can be looked up, word overlap, and the reader's own opinion.

In: one sentence of an answer and the passages it may rest on. Out: the places that say it, and a support of 0..1; for a
model's sentence its citations, or that it is not verified. The rules have a veto; all else goes through logistic
weights that `python -m training.verification` calibrates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import fmean
from typing import Protocol, runtime_checkable

from rag.answering.citations import cite, stands
from rag.answering.reading.windows import TextOf
from rag.answering.verification.evidence import (
    Evidence,
    Place,
    coverage,
    gather,
    pairs_held,
    spliced,
    stands_in,
    surroundings,
    weigh,
)
from rag.answering.verification.facts import Missing, Source, contradicting, denied, is_caseless, missing, source_of
from rag.answering.verification.probing import probes
from rag.models.logits import logit, ramp, sigmoid
from rag.schema import AnswerSentence, Candidate, Citation
from rag.text.numbers import as_written, rejoin

LOGIT_LIMIT = 6.0  # the reader's opinion beyond 0.25 % or 99.75 % tells nothing more
VERIFIED_FROM = 0.5
VETO = 0.3  # the most support that is left when a quotation, figure, date or name is not in the source
REWORDED, COPIED = 0.35, 0.65  # pairs of words held: up to here worded anew, from there on copied


@runtime_checkable
class Supports(Protocol):
    """A reader that judges statements, and says whether a passage answers questions."""

    def answerable(self, questions: Sequence[str], passage: str) -> list[float]:
        """Probability, for each question, that the passage answers it."""
        ...

    def support(self, statement: str, passages: Sequence[str]) -> list[float]:
        """Probability, for each passage, that it says what the statement states."""
        ...


@dataclass(frozen=True, slots=True)
class Weights:
    """Logistic weights of the features, in the order of `Features`."""

    bias: float
    features: tuple[float, ...]
    marked: float  # the share of true statements made by program that fall short: where the bias comes from


@dataclass(frozen=True, slots=True)
class Features:
    """What support is made of; kept so that weights can be fitted."""

    gathered: float  # weighted share of the statement's words in the evidence
    covered: float  # the same in its main run of sentences
    order: float  # share of the statement's pairs of neighbouring words in the place that is closest to it
    read: float  # the reader's logit of the evidence; 0 without a reader
    probed: float  # mean log-odds that it answers what the statement's parts answer; 0 without a reader
    lacking: float  # quotations, figures, dates and names that the passages do not hold, three at most
    negation: float  # one side denies what the other does not
    spliced: float  # it is pasted together from several sentences
    altered: float  # it is a sentence of the text with changes: 0 worded anew, or word for word; 1 copied but for these
    length: float  # log of its number of words


# Bias and the weights of `altered` and `length` come from true statements made by program, `marked` of which fall short
# however they are worded (`python -m training.verification`): how a statement is worded is no sign of truth, but a long
# one never has all words of its source, and one copied with changes has them whether it is true or not. The other
# weights and the shares were compared on the sets of benchmarks/verification.md, which tells what that is worth; those
# of the rules are a fit's: few statements made by program show what they see. In a text without capitals the rules on
# names are blind, so that a sentence with changes needs far more there.
READER = Weights(-5.4, (1.0, 2.0, 1.0, 1.0, 0.5, -1.0, -3.0, -1.0, 0.0, 1.3), marked=0.125)
READER_CASELESS = Weights(-9.6, (3.0, 6.0, 0.0, 1.0, 0.5, -1.0, -3.0, -2.0, -4.8, 1.4), marked=0.25)
# Without the reader's opinions.
PLAIN = Weights(-8.3, (2.0, 6.0, 1.0, 0.0, 0.0, -1.5, -4.5, -2.0, 0.0, 0.9), marked=0.25)
PLAIN_CASELESS = Weights(-5.6, (0.0, 6.0, 2.0, 0.0, 0.0, -1.5, -4.5, -2.0, -3.1, 0.6), marked=0.3)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How far passages bear a statement out."""

    evidence: Evidence
    support: float  # 0..1
    missing: Missing
    swapped: tuple[str, ...]  # names, figures and dates that stand where the passage has others
    features: Features

    @property
    def places(self) -> tuple[Place, ...]:
        """What to cite: the run of sentences that says most of it, and those of other passages that say the rest."""
        own = self.evidence.main.candidate.passage.id
        return (self.evidence.main, *(one for one in self.evidence.added if one.candidate.passage.id != own))


class Judge:
    """Judges statements against passages; without a reader by words and rules alone.

    >>> Judge(None, text_of).judge("The pier opened in 1890.", candidates).support  # doctest: +SKIP
    0.93
    """

    def __init__(self, reader: object, text_of: TextOf) -> None:
        self._reader = reader if isinstance(reader, Supports) else None
        self._text_of = text_of
        self._sources: dict[str, Source] = {}  # of the passages that were judged, by id

    def judge(self, statement: str, candidates: Sequence[Candidate]) -> Judgement:
        """The judgement on passages, one or more, taken together."""
        sources = [self._source(one) for one in candidates]
        lacks = missing(statement, *sources)
        told = as_written(statement, [figure for one in sources for figure in one.figures])
        evidence = gather(told, candidates)
        found = self._features(told, evidence, lacks)
        support = probability(found, self._weights(evidence.main.candidate))
        others = contradicting(statement, evidence, alone=len(candidates) == 1)
        return Judgement(evidence, min(support, VETO) if lacks.hard or others else support, lacks, others, found)

    def _source(self, candidate: Candidate) -> Source:
        """A passage taken apart, once for all statements."""
        found = self._sources.get(candidate.passage.id)
        if found is None:
            found = self._sources[candidate.passage.id] = source_of(candidate)
        return found

    def _weights(self, candidate: Candidate) -> Weights:
        """The weights for an article's text."""
        text = self._text_of(candidate.passage.article_id) or candidate.passage.text
        if is_caseless(text):
            return READER_CASELESS if self._reader else PLAIN_CASELESS
        return READER if self._reader else PLAIN

    def _features(self, statement: str, evidence: Evidence, lacks: Missing) -> Features:
        run, text = evidence.main.text, evidence.text
        order = pairs_held(statement, evidence.closest.text)
        return Features(
            gathered=evidence.gathered,
            covered=coverage(weigh(statement), run),
            order=order,
            read=self._opinion(statement, text),
            probed=self._probed(statement, text),
            lacking=float(min(3, len(lacks.hard))),
            negation=float(denied(statement, run) != denied(run, statement)),
            spliced=spliced(statement, rejoin(evidence.main.candidate.passage.text)),
            altered=0.0 if stands_in(statement, text) else ramp(order, REWORDED, COPIED),
            length=math.log(max(1, len(statement.split()))),
        )

    def _opinion(self, statement: str, text: str) -> float:
        """The reader's logit of the evidence."""
        return _bounded(self._reader.support(statement, [text])[0]) if self._reader else 0.0

    def _probed(self, statement: str, text: str) -> float:
        """How surely the evidence answers what the parts of the statement answer."""
        questions = probes(statement)
        if self._reader is None or not questions:
            return 0.0
        return fmean(map(_bounded, self._reader.answerable(questions, text)))


def verified(support: float) -> bool:
    """Whether this much support is enough."""
    return support >= VERIFIED_FROM


def probability(found: Features, weights: Weights) -> float:
    """Support, 0..1."""
    return sigmoid(weights.bias + sum(w * f for w, f in zip(weights.features, astuple(found), strict=True)))


def _bounded(probability: float) -> float:
    """Log-odds of an opinion, as far as they tell anything."""
    return max(-LOGIT_LIMIT, min(LOGIT_LIMIT, logit(probability)))


# --- a model's sentence with its citations

SEARCHED = 6  # other passages that are looked at together when the cited ones do not bear a claim out: some 20 ms


@dataclass(frozen=True, slots=True)
class Grounded:
    """A model's sentence as one of the answer, citations not numbered yet."""

    sentence: AnswerSentence
    unknown: int = 0  # numbers of passages that do not exist
    moved: bool = False  # it got other citations than those the model gave


class Grounding:
    """Grounds the sentences of one answer in the passages that the model was shown.

    >>> Grounding(judge, passages, text_of).ground("The pier opened in 1890.", [1]).sentence.verified  # doctest: +SKIP
    True
    """

    def __init__(self, judge: Judge, passages: Sequence[Candidate], text_of: TextOf) -> None:
        self._judge = judge
        self._passages = passages
        self._text_of = text_of

    def ground(self, text: str, numbers: Sequence[int]) -> Grounded:
        """A sentence that cites the passages of these numbers, from 1: verified with the places that bear it out, or
        unverified and without any."""
        known = [self._passages[number - 1] for number in numbers if 0 < number <= len(self._passages)]
        unknown = len(numbers) - len(known)
        own = self._judge.judge(text, known) if known else None
        if own and verified(own.support):
            also = self._saying_it_too(text, own, known)
            return Grounded(self._sentence(text, own.support, (*own.places, *also)), unknown)
        near = self._near(text, known)
        every = self._judge.judge(text, [*known, *near]) if near else None
        if every and verified(every.support):
            return Grounded(self._sentence(text, every.support, every.places), unknown, moved=True)
        support = round(own.support, 3) if own else 0.0
        return Grounded(AnswerSentence(text, (), support, verified=False), unknown)

    def _saying_it_too(self, statement: str, judged: Judgement, known: Sequence[Candidate]) -> list[Place]:
        """The places of cited passages that bear the statement out by themselves, though others do already."""
        cited_already = {place.candidate.passage.id for place in judged.places}
        rest = [one for one in known if one.passage.id not in cited_already]
        alone = [self._judge.judge(statement, [one]) for one in rest]
        return [one.evidence.main for one in alone if verified(one.support)]

    def _near(self, statement: str, known: Sequence[Candidate]) -> list[Candidate]:
        """The passages not cited that hold most of its words."""
        asked = weigh(statement)
        rest = [one for one in self._passages if one not in known]
        return sorted(rest, key=lambda one: -coverage(asked, surroundings(one)))[:SEARCHED]

    def _sentence(self, text: str, support: float, places: Sequence[Place]) -> AnswerSentence:
        citations = tuple(made for place in places if (made := self._citation(place)))
        return AnswerSentence(text, citations, round(support, 3), bool(citations))

    def _citation(self, place: Place) -> Citation | None:
        """The citation of a run of sentences; None when the article has changed meanwhile."""
        passage = place.candidate.passage
        text = self._text_of(passage.article_id)
        if text is None or not stands(passage, text):
            return None
        return cite(place.candidate, text, passage.start + place.span[0], passage.start + place.span[1])
