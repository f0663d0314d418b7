"""When the articles do not say: what must stand in the evidence, how sure an answer is, what a refusal may claim."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

from rag.answering.query.analysis import Question
from rag.answering.reading.ranking import ScoredSentence
from rag.answering.reading.windows import Window
from rag.models.calibration import Calibration
from rag.models.logits import sigmoid
from rag.schema import Candidate, WindowReading
from rag.text.aliases import aliases
from rag.text.numbers import Figure, figures, one_of, rejoined

REFUSAL = "The articles do not say."

Occurs = Callable[[Sequence[str]], bool]  # whether the collection holds these words


def missing_terms(question: Question, candidates: Sequence[Candidate], occurs: Occurs) -> tuple[str, ...]:
    """Names of the question that no article, title, outlet or author holds."""
    near = "\n".join(f"{one.title}\n{one.publisher or ''}\n{one.passage.text}" for one in candidates)
    lacking = [name for name in question.names if not any(_is_known(form, near, occurs) for form in aliases(name))]
    return _joined(lacking, question.text)


def _is_known(name: str, near: str, occurs: Occurs) -> bool:
    return holds(near, name) or occurs(name.lower().split())


def _joined(names: Sequence[str], text: str) -> tuple[str, ...]:
    """The names, those that stand side by side in the question as one: "Mount Brask"."""
    found: list[str] = []
    for name in names:
        if found and holds(text, f"{found[-1]} {name}"):
            found[-1] = f"{found[-1]} {name}"
        else:
            found.append(name)
    return tuple(found)


def allowed(window: Window, question: Question) -> bool:
    """Whether a window holds every phrase that the question puts in quotation marks."""
    return all(holds(window.article, phrase) for phrase in question.phrases)


def shut_out(sentence: ScoredSentence, question: Question) -> bool:
    """Whether a sentence, or the title of its article, holds a word that the question leaves out."""
    told = f"{sentence.window.title}\n{sentence.text}"
    return any(holds(told, word) for word in question.left_out)


def named_first(ranked: Sequence[ScoredSentence], question: Question) -> tuple[ScoredSentence, ...]:
    """The sentences with the best one first that holds the phrases and figures which the question names.

    None at all when neither a sentence nor the title of its article holds the figures: what is shown is about others.
    """
    if not question.figures and not question.phrases:
        return tuple(ranked)
    fitting = [one for one in ranked if bears(f"{one.window.title}\n{one.text}", question)]
    first = next((one for one in fitting if _names(one.text, question)), None)
    if first is None:
        return tuple(fitting if question.figures else ranked)
    surest = max(first.score, ranked[0].score)
    return (replace(first, score=surest), *(one for one in ranked if one is not first))


def holds_phrases(sentence: ScoredSentence, question: Question) -> bool:
    """Whether a sentence has all that the question puts in quotation marks: word for word what it asks about."""
    return bool(question.phrases) and all(holds(sentence.text, phrase) for phrase in question.phrases)


def bears(text: str, question: Question) -> bool:
    """Whether a text gives every figure by which the question says what it is about."""
    return not question.figures or all(holds_figure(text, one) for one in question.figures)


def _names(sentence: str, question: Question) -> bool:
    return bears(sentence, question) and all(holds(sentence, phrase) for phrase in question.phrases)


def refusal_text(missing: Sequence[str], question: str = "") -> str:
    """The refusal, with what was looked for and is in no article; the word that opens the question may be no name."""
    opening = f"{question.split(maxsplit=1)[0]} " if question else ""
    named = [rest for term in missing if (rest := f"{term} ".removeprefix(opening).strip())]
    if not named:
        return REFUSAL
    listed = " or ".join(f"“{term}”" for term in named)
    return f"{REFUSAL} No article mentions {listed}."


def holds_figure(text: str, wanted: Figure) -> bool:
    """Whether a text gives this figure, in any spelling: "$44bn" as "44 billion dollars", "53,537" as "53 537"."""
    return any(one.may_be(wanted) for one in (*figures(one_of(text)), *rejoined(text)))


def holds(text: str, words: str) -> bool:
    """Whether a text holds these words as whole words, however they are spaced, quoted or written large."""
    pattern = r"\W+".join(re.escape(word) for word in re.findall(r"\w+", words))
    return bool(pattern) and re.search(rf"(?<!\w){pattern}(?!\w)", text, re.I) is not None


# --- how sure an answer is

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
