"""What a refusal shows: the nearest passages, and the sentence that contradicts what the question presumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.answering.citations import cite, stands
from rag.answering.reading.ranking import ScoredSentence
from rag.models.calibration import Calibration
from rag.schema import Candidate, Citation

CLOSEST = 3  # passages shown when nothing answers
CORRECTING = 1  # sentences that correct a premise


def closest(candidates: Sequence[Candidate], text_of: Callable[[str], str | None]) -> tuple[Citation, ...]:
    """The nearest passages, numbered from 1; those of articles that have changed meanwhile are left out."""
    places = []
    for candidate in candidates:
        passage = candidate.passage
        text = text_of(passage.article_id)
        if text is not None and stands(passage, text):
            places.append(cite(candidate, text, passage.start, passage.end))
    return tuple(replace(place, number=number) for number, place in enumerate(places[:CLOSEST], start=1))


def corrections(ranked: Sequence[ScoredSentence], calibration: Calibration) -> tuple[Citation, ...]:
    """The sentence that says otherwise than the question presumes, where the reader is sure of one."""
    found = sorted(ranked, key=lambda one: -one.sentence.corrects)[:CORRECTING]
    sure = [one for one in found if one.sentence.corrects >= calibration.corrects_from]
    places = (cite(one.candidate, one.window.article, *one.span) for one in sure)
    return tuple(replace(place, number=number) for number, place in enumerate(places, start=1))
