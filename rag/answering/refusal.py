"""When the articles do not say: how sure an answer is, from several features, with every threshold in this place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answering.odds import chance
from rag.answering.questions import Question, coverage
from rag.schema import Candidate, Reading
from rag.text.names import aliases, name_words

REFUSAL = "The articles do not say."

Occurs = Callable[[Sequence[str]], bool]  # whether the collection holds any of these words


@dataclass(frozen=True, slots=True)
class Weights:
    """Logistic weights of the features; a confidence of 0.5 is where answering and refusing are equally right."""

    bias: float
    answerable: float  # the reader's best passage
    similarity: float  # the best cosine of question and passage
    coverage: float  # weighted share of the question's words in the best sentence's passage and its title
    missing: float  # each name or figure that the whole collection lacks
    best: float  # log-odds of the best sentence (see ranking.py)
    silence: float  # the speaker whose words are asked for says nothing in any candidate (see statements.py)


# Logistic regression on the 132 quiz questions of news/dev_300, half of them unanswerable there:
# AUC .988, balanced accuracy .947 (the best dense similarity alone: .956 and .886).
PLAIN = Weights(bias=-6.8, answerable=6.2, similarity=2.1, coverage=3.8, missing=-2.2, best=0.0, silence=-3.0)
# Fitted by training/refusal.py over fourteen passages on dev_300 and, with a third of its weight, on 300 questions of
# SQuAD, half of them with the paragraph that answers taken away. Beside the best sentence and the words of its passage,
# the best `answerable`, the similarity, the fused score and the lead over the next sentence added nothing; the words of
# whichever passage covers most were a point worse on all three sets. Balanced accuracy .955 and .79 there; .918 (AUC
# .977) on news/dev_1000, which it was not fitted on. Left free, `missing` comes to -1.7; more costs nothing, and a name
# that no article holds is a reason to refuse: the others were fitted with it at -2.6.
TRAINED = Weights(bias=-2.69, answerable=0.0, similarity=0.0, coverage=4.53, missing=-2.6, best=0.82, silence=-3.0)


@dataclass(frozen=True, slots=True)
class Features:
    """What confidence is made of; kept so that thresholds can be fitted."""

    answerable: float
    similarity: float
    coverage: float
    missing: int
    silence: float = 0.0
    best: float = 0.0


def weights_for(reader_name: str) -> Weights:
    """The weights fitted for a reader."""
    return PLAIN if reader_name == "plain" else TRAINED


def features(
    question: Question,
    candidates: Sequence[Candidate],
    readings: Sequence[Reading | None],
    missing: Sequence[str],
    silent: float = 0.0,
    best: float = 0.0,
    leading: Candidate | None = None,
) -> Features:
    """The features of a question and what was found for it; `leading` holds the best sentence."""
    return Features(
        answerable=max((reading.answerable for reading in readings if reading), default=0.0),
        similarity=max((candidate.dense or 0.0 for candidate in candidates), default=0.0),
        coverage=coverage(question, surroundings(leading)) if leading else 0.0,
        missing=len(missing),
        silence=silent,
        best=best,
    )


def confidence(found: Features, weights: Weights) -> float:
    """How sure it is that the articles answer, 0..1."""
    value = (
        weights.bias
        + weights.answerable * found.answerable
        + weights.similarity * found.similarity
        + weights.coverage * found.coverage
        + weights.missing * found.missing
        + weights.silence * found.silence
        + weights.best * found.best
    )
    return chance(value)


def missing_terms(question: Question, candidates: Sequence[Candidate], occurs: Occurs) -> tuple[str, ...]:
    """Names and figures of the question that no article holds, under no obvious other name; dates of articles count."""
    near = "\n".join(surroundings(candidate) for candidate in candidates).lower()
    years = {str(candidate.published.year) for candidate in candidates if candidate.published}
    names = [name for name in question.names if not _name_occurs(name, near, occurs)]
    numbers = [
        number
        for number in question.numbers
        if number not in years and number not in near and not occurs([number.lower()])
    ]
    return (*names, *numbers)


def refusal_text(missing: Sequence[str]) -> str:
    """The refusal, with what was looked for and is in no article."""
    if not missing:
        return REFUSAL
    listed = " or ".join(f"“{term}”" for term in missing)
    return f"{REFUSAL} No article mentions {listed}."


def surroundings(candidate: Candidate) -> str:
    """A passage with its title and date, as far as a question may refer to them."""
    published = candidate.published.strftime("%d %B %Y") if candidate.published else ""
    return f"{candidate.title}\n{published}\n{candidate.passage.text}"


def _name_occurs(name: str, near: str, occurs: Occurs) -> bool:
    """Whether each word of the name, or one of its other names, is somewhere in the collection."""
    if any(form.lower() in near for form in aliases(name)):
        return True
    return all(occurs([word]) for word in name_words(name))
