"""The offline answer: from candidates and readings to quoted sentences, or to an honest refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.answering import ranking
from rag.answering.citations import cite, stands
from rag.answering.extractive import Draft, draft
from rag.answering.questions import analyse
from rag.answering.ranking import NOTHING, rank
from rag.answering.refusal import Occurs, confidence, features, missing_terms, weights_for
from rag.answering.statements import TextOf, silence
from rag.schema import Candidate, Citation, Reading

CLOSEST = 3  # passages shown when nothing answers


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of a question got."""

    question: str  # stand-alone
    draft: Draft
    confidence: float
    missing: tuple[str, ...]  # names and figures of the question that no article holds


def answer_part(
    question: str,
    candidates: Sequence[Candidate],
    readings: Sequence[Reading | None],
    *,
    reader_name: str,
    refuse_below: float,
    text_of: TextOf,
    occurs: Occurs,
    today: date | None = None,
) -> Part:
    """The quoted answer to one question; its draft is empty when the articles do not say."""
    asked = analyse(question)
    missing = missing_terms(asked, candidates, occurs)
    silent = silence(asked, candidates, text_of)
    picks = rank(asked, candidates, readings, text_of, ranking.weights_for(reader_name), today)
    best, leading = (picks[0].score, picks[0].candidate) if picks else (NOTHING, None)
    found = features(asked, candidates, readings, missing, silent, best, leading)
    sure = confidence(found, weights_for(reader_name))
    made = Draft() if sure < refuse_below else draft(asked, picks, text_of)
    return Part(question, made, sure, missing)


def closest(candidates: Sequence[Candidate], text_of: TextOf) -> tuple[Citation, ...]:
    """The nearest passages, numbered from 1; those of articles that have changed meanwhile are left out."""
    places = []
    for candidate in candidates:
        passage = candidate.passage
        text = text_of(passage.article_id)
        if text is not None and stands(passage, text):
            places.append(cite(candidate, text, passage.start, passage.end))
    return tuple(replace(place, number=number) for number, place in enumerate(places[:CLOSEST], start=1))
