"""From a sentence that a model wrote to one of the answer: real, narrow, sufficient citations, or it is unverified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.citations import cite, stands
from rag.answering.reading.windows import TextOf
from rag.answering.verification.coverage import coverage, surroundings, weigh
from rag.answering.verification.evidence import Place
from rag.answering.verification.verifier import Judge, Judgement, verified
from rag.schema import AnswerSentence, Candidate, Citation

SEARCHED = 6  # other passages that are looked at together when the cited ones do not bear a claim out: some 20 ms


@dataclass(frozen=True, slots=True)
class Grounded:
    """A model's sentence as one of the answer, citations not numbered yet."""

    sentence: AnswerSentence
    unknown: int = 0  # numbers of passages that do not exist
    moved: bool = False  # it got other citations than those the model gave


class Grounding:
    """Grounds the sentences of one answer in the passages that the model was shown."""

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
