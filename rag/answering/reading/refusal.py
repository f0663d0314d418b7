"""When the articles do not say: how sure an answer is, and what a refusal may claim."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.answering.query.analysis import Question
from rag.answering.reading.ranking import ScoredSentence
from rag.answering.reading.windows import Window
from rag.models.calibration import Calibration
from rag.models.logits import sigmoid
from rag.schema import Candidate, WindowReading

REFUSAL = "The articles do not say."
MOST_MISSING = 2  # names that count

Occurs = Callable[[Sequence[str]], bool]  # whether the collection holds any of these words


def confidence(
    ranked: Sequence[ScoredSentence],
    readings: Sequence[WindowReading],
    candidates: Sequence[Candidate],
    missing: Sequence[str],
    calibration: Calibration,
) -> float:
    """Probability that the sentences to show answer the question, 0..1."""
    if not ranked:
        return 0.0
    weights = calibration.answer
    return sigmoid(
        weights.bias
        + weights.best * ranked[0].score
        + weights.answers * max(one.answers for one in readings)
        + weights.fused * max((one.score for one in candidates), default=0.0)
        + weights.missing * min(MOST_MISSING, len(missing))
    )


def missing_terms(question: Question, candidates: Sequence[Candidate], occurs: Occurs) -> tuple[str, ...]:
    """Names of the question that no article, title, outlet or author holds."""
    near = "\n".join(f"{one.title}\n{one.publisher or ''}\n{one.passage.text}" for one in candidates)
    lacking = [name for name in question.names if not _holds(near, name) and not occurs([name.lower()])]
    return _joined(lacking, question.text)


def _joined(names: Sequence[str], text: str) -> tuple[str, ...]:
    """The names, those that stand side by side in the question as one: "Mount Brask"."""
    found: list[str] = []
    for name in names:
        if found and re.search(rf"(?<!\w){re.escape(found[-1])} {re.escape(name)}(?!\w)", text):
            found[-1] = f"{found[-1]} {name}"
        else:
            found.append(name)
    return tuple(found)


def allowed(window: Window, question: Question) -> bool:
    """Whether a window holds every phrase that the question puts in quotation marks."""
    return all(_holds(window.article, phrase) for phrase in question.phrases)


def shut_out(sentence: ScoredSentence, question: Question) -> bool:
    """Whether a sentence holds a word that the question leaves out."""
    return any(_holds(sentence.text, word) for word in question.left_out)


def refusal_text(missing: Sequence[str]) -> str:
    """The refusal, with what was looked for and is in no article."""
    if not missing:
        return REFUSAL
    listed = " or ".join(f"“{term}”" for term in missing)
    return f"{REFUSAL} No article mentions {listed}."


def _holds(text: str, words: str) -> bool:
    """Whether a text holds these words as whole words, however they are spaced, quoted or written large."""
    pattern = r"\W+".join(re.escape(word) for word in re.findall(r"\w+", words))
    return bool(pattern) and re.search(rf"(?<!\w){pattern}(?!\w)", text, re.I) is not None
