"""What an answer is worth, in words: how sure it is and why, how fresh, how many independent sources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.schema import Answer, Citation

# Answer.confidence is a fitted probability: below .5 it is a refusal. Chosen so that each word covers a good part of
# the answers to the questions of benchmarks/gate.
SURE, LIKELY = 0.9, 0.75


def sources(citations: Sequence[Citation]) -> int:
    """Independent sources: outlets, each once, however many of its articles are cited."""
    return len({(one.publisher or "").casefold().strip() or one.article_id for one in citations})


def newest(citations: Sequence[Citation]) -> date | None:
    """The date of the newest source."""
    return max((one.published for one in citations if one.published), default=None)


def certainty(answer: Answer) -> str:
    """How sure the answer is, in a few words; never all of it when a chat model says more than could be verified."""
    if _in_part(answer):
        return "Supported in part"
    if answer.confidence >= SURE and not answer.differences:
        return "Well supported"
    return "Supported" if answer.confidence >= LIKELY else "Uncertain"


def reason(answer: Answer) -> str:
    """Why it is that sure, in one sentence."""
    count = sources(answer.citations)
    reported = "one outlet reports it" if count == 1 else f"{count} outlets report it"
    if _in_part(answer):
        return "What is marked as not verified needs a look of your own at the articles."
    if answer.differences:
        return "The articles give different figures or dates, which stand side by side above."
    if answer.confidence >= SURE:
        return f"The passages answer the question directly; {reported}."
    if answer.confidence >= LIKELY:
        return f"The passages fit the question well, if not in every word; {reported}."
    return f"The passages fit the question only in part; {reported}. Read them before you rely on this."


def _in_part(answer: Answer) -> bool:
    return any(not sentence.verified for sentence in answer.sentences)
