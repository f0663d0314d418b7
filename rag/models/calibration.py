"""What turns a reader's logits into probabilities: fitted weights, by the fingerprint of the reader they belong to.

They are data (`weights/calibration.json`), written by `python -m training.calibrate`. A reader without an entry gets
neutral ones, and its answers say so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from rag.errors import ModelError
from rag.models.session import HINT, WEIGHTS


@dataclass(frozen=True, slots=True)
class SentenceWeights:
    """Logistic weights of "this sentence belongs in the answer"."""

    evidence: float = 1.0  # of the reader's logit of the sentence
    answers: float = 0.5  # of its logit of the window
    fused: float = 0.0  # of the retriever's score of the window's best passage, 0..1
    fresh: float = 0.0  # of how new the article was on that day, 0..1; it orders, and makes nothing surer
    told: float = 0.0  # of whether its article was quoted earlier in the conversation, 0 or 1
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class TogetherWeights:
    """Logistic weights of "this sentence belongs in the answer", once the best ones were read side by side."""

    score: float = 1.0  # of the logit that its own windows give
    evidence: float = 0.0  # of the reader's logit of the sentence in the digest
    answers: float = 0.0  # of its logit of the digest
    bias: float = 0.0

    @property
    def counts(self) -> bool:
        """Whether the digest is worth reading."""
        return bool(self.evidence or self.answers)


@dataclass(frozen=True, slots=True)
class AnswerWeights:
    """Logistic weights of "the sentences shown answer the question", for the signals of `reading.refusal`."""

    best: float = 1.0
    several: float = 0.0
    answers: float = 0.0
    together: float = 0.0
    fused: float = 0.0
    corrects: float = 0.0
    missing: float = -2.5
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class ShortWeights:
    """Logistic weights of "this short answer is right"."""

    margin: float = 1.0  # of the best span against none
    bias: float = -2.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """All weights and thresholds of one reader. Thresholds of heads are logits, those of answers are probabilities."""

    sentence: SentenceWeights = SentenceWeights()
    together: TogetherWeights = TogetherWeights()
    answer: AnswerWeights = AnswerWeights()
    short: ShortWeights = ShortWeights()
    refuse_below: float = 0.5
    short_from: float = 0.85
    needs_from: float = 0.0
    corrects_from: float = 0.0
    speaker_from: float = 0.0
    verdict_from: float = 0.0
    fitted: bool = False  # False: neutral values, for want of an entry


_PARTS = {"sentence": SentenceWeights, "together": TogetherWeights, "answer": AnswerWeights, "short": ShortWeights}


def calibration_for(fingerprint: str) -> Calibration:
    """The calibration of the reader with this fingerprint; neutral values when there is none."""
    held = _entries().get(fingerprint)
    return Calibration() if held is None else held


@cache
def _entries() -> Mapping[str, Calibration]:
    try:
        held = json.loads((WEIGHTS / "calibration.json").read_text(encoding="utf-8"))
        return {name: _calibration(entry) for name, entry in held["readers"].items()}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"The reader's calibration cannot be read: {error}.", HINT) from error


def _calibration(entry: Mapping[str, Any]) -> Calibration:
    """An entry of the file, by names; an unknown name is an error."""
    unknown = entry.keys() - {one.name for one in fields(Calibration)}
    if unknown:
        raise ValueError(f"unknown {sorted(unknown)[0]}")
    made = {name: kind(**entry[name]) for name, kind in _PARTS.items()}
    return Calibration(**{**entry, **made, "fitted": True})
