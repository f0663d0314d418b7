"""How sure an answer is: what speaks for and against it, and the fitted probability that it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from rag.answering.reading.ranking import ScoredSentence
from rag.models.calibration import Calibration
from rag.models.logits import sigmoid
from rag.schema import Candidate, WindowReading

SEVERAL = 5  # sentences: what is told about at length has more than one that fits
MOST_MISSING = 2  # names that count


@dataclass(frozen=True, slots=True)
class Signals:
    """What the confidence of an answer is made of; each has its weight in `AnswerWeights`."""

    best: float  # logit of the best sentence
    several: float  # mean logit of the best sentences
    answers: float  # logit of the surest window
    together: float  # logit of the best sentences read side by side; that of the surest window where they were not
    fused: float  # best retrieval score, 0..1
    corrects: float  # logit of the sentence that most contradicts what the question presumes
    missing: float  # names of the question that no article holds


def signals(
    ranked: Sequence[ScoredSentence],
    readings: Sequence[WindowReading],
    candidates: Sequence[Candidate],
    missing: Sequence[str],
    whole: WindowReading | None = None,
) -> Signals:
    """The signals of an answer whose sentences are chosen from `ranked`, which holds at least one.

    `whole` is what the reader says of the digest.
    """
    answers = max(one.answers for one in readings)
    scores = [one.score for one in ranked[:SEVERAL]]
    return Signals(
        best=scores[0],
        several=sum(scores) / len(scores),
        answers=answers,
        together=whole.answers if whole else answers,
        fused=max((one.score for one in candidates), default=0.0),
        corrects=max(one.sentence.corrects for one in ranked),
        missing=float(min(MOST_MISSING, len(missing))),
    )


def confidence(found: Signals, calibration: Calibration) -> float:
    """Probability that the sentences to show answer the question, 0..1."""
    weights = calibration.answer
    return sigmoid(weights.bias + sum(getattr(weights, one.name) * getattr(found, one.name) for one in fields(found)))
