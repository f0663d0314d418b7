"""From a claim of a model to a sentence of the answer: real, narrow, sufficient citations, or it is unverified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.citations import cite, stands
from rag.answering.marks import Claim
from rag.answering.questions import analyse, coverage
from rag.answering.refusal import surroundings
from rag.answering.statements import TextOf
from rag.answering.verification import Judge, Judgement
from rag.schema import AnswerSentence, Candidate, Citation

SEARCHED = 4  # other passages that are looked at when the cited ones do not bear a claim out: each costs some 45 ms
ALSO = 0.6  # a second cited passage stays when it gives at least this share of the best support


@dataclass(frozen=True, slots=True)
class Grounded:
    """A claim as a sentence of the answer, citations not numbered yet."""

    sentence: AnswerSentence
    unknown: int = 0  # numbers of passages that do not exist
    moved: bool = False  # it got other citations than those the model gave


class Grounding:
    """Grounds the claims of one answer in the passages that the model was shown."""

    def __init__(self, judge: Judge, passages: Sequence[Candidate], text_of: TextOf) -> None:
        self._judge = judge
        self._passages = passages
        self._text_of = text_of

    def ground(self, claim: Claim) -> Grounded:
        """The sentence: verified with the places that bear it out, or unverified with those the model pointed at."""
        known = [self._passages[number - 1] for number in claim.numbers if 0 < number <= len(self._passages)]
        unknown = len(claim.numbers) - len(known)
        own = self._judged(claim.text, known)
        if own and self._judge.verified(own[0].support):
            kept = [one for one in own if one.support >= ALSO * own[0].support]
            return Grounded(self._sentence(claim.text, kept, verified=True), unknown)
        others = self._judged_apart(claim.text, self._near(claim.text, known))
        if others and self._judge.verified(others[0].support):
            return Grounded(self._sentence(claim.text, others[:1], verified=True), unknown, moved=True)
        return Grounded(self._sentence(claim.text, own, verified=False), unknown)

    def _judged(self, statement: str, known: Sequence[Candidate]) -> list[Judgement]:
        """Judgements on the cited passages, best first; what one lacks may stand in another."""
        judged = [self._judge.judge(statement, one, [other for other in known if other is not one]) for one in known]
        return sorted(judged, key=lambda one: -one.support)

    def _judged_apart(self, statement: str, passages: Sequence[Candidate]) -> list[Judgement]:
        return sorted((self._judge.judge(statement, one) for one in passages), key=lambda one: -one.support)

    def _near(self, statement: str, known: Sequence[Candidate]) -> list[Candidate]:
        """The passages not cited that hold most of the claim's words."""
        asked = analyse(statement)
        rest = [one for one in self._passages if one not in known]
        return sorted(rest, key=lambda one: -coverage(asked, surroundings(one)))[:SEARCHED]

    def _sentence(self, text: str, judged: Sequence[Judgement], *, verified: bool) -> AnswerSentence:
        citations = [place for one in judged if (place := self._place(one))]
        support = round(max((one.support for one in judged), default=0.0), 3)
        return AnswerSentence(text, tuple(citations), support, verified and bool(citations))

    def _place(self, judged: Judgement) -> Citation | None:
        """The citation of the judged run of sentences; None when the article has changed meanwhile."""
        passage = judged.candidate.passage
        text = self._text_of(passage.article_id)
        if text is None or not stands(passage, text):
            return None
        return cite(judged.candidate, text, *judged.span)
