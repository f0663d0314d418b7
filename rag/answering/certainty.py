"""What an answer's probability is called, with every threshold in this place; docs/claims.md says what the words mean.

In: an Answer. Out: the words and the sentence that explains them, for every interface.
"""

from __future__ import annotations

from typing import Literal

from rag.schema import Answer, Difference

Certainty = Literal["Well supported", "Supported in part", "Uncertain"]

# Answer.confidence is a calibrated probability that the sentences shown answer the question.
WELL = 0.85  # of a hundred such answers, 85 or more hold what was asked
IN_PART = 0.6
MOST_TOLD = 0.95  # nothing is told to be surer than this
PLAIN = "plain"  # the reader that compares words only: what it finds is never well supported
QUOTED = "library"  # quotes what holds the words that were typed, without reading: there is nothing to judge
JUDGED = ("answer",)  # kinds of replies that are judged; the others count or quote


def certainty(answer: Answer) -> Certainty | None:
    """How sure the answer is; None for what is no answer to a question, was counted, or quoted without reading."""
    if answer.kind not in JUDGED or not answer.answered or answer.model == QUOTED:
        return None
    if answer.confidence < IN_PART:
        return "Uncertain"
    partly = unverified(answer) or answer.differences or answer.model == PLAIN
    return "Supported in part" if partly or answer.confidence < WELL else "Well supported"


def why(answer: Answer) -> str:
    """Why it is that sure, in one sentence of plain words."""
    if count := unverified(answer):
        told = "1 sentence was" if count == 1 else f"{count} sentences were"
        return f"{told} not found in the articles."
    if answer.model == PLAIN:
        return "Found by comparing words only, without the reader."
    if answer.differences and answer.confidence >= IN_PART:
        return f"{differing(answer.differences[0])}, which stand side by side."
    often = "more than 9" if answer.confidence >= MOST_TOLD else f"about {round(10 * answer.confidence)}"
    share = f"In our tests, {often} of 10 answers that look like this hold what was asked."
    return share if answer.confidence >= WELL else f"{share} Read the passages before you rely on it."


def differing(one: Difference) -> str:
    """What stands above figures that differ: those of later days are newer, those of one day contradict each other."""
    return "Later articles give other figures" if one.is_newer_each_time else "The articles give different figures"


def unverified(answer: Answer) -> int:
    """How many sentences of the answer are not borne out by the articles."""
    return sum(not sentence.verified for sentence in answer.sentences)
