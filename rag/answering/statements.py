"""Which candidates hold statements of a speaker: those are read first, and their lack counts against an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

from rag.answering.attribution import MENTION, STATEMENT, statement_scores
from rag.answering.freshness import worth_reading
from rag.answering.questions import Question, coverage
from rag.schema import Candidate
from rag.text.names import pattern
from rag.text.sentences import split_sentences

TextOf = Callable[[str], str | None]  # the cleaned text of an article by id; None when it is gone

LIFT = 0.3  # of the retrieval score (0..1), for a passage with a statement of the speaker: it is read earlier
LONG_TEXT = 400_000  # characters; reading for speakers takes 1.1 s a million, and no article is that long
ON_TOPIC = 0.5  # share of the question's words from which a passage speaks of the same thing


@lru_cache(maxsize=512)
def statements(text: str, speaker: str) -> tuple[float, ...]:
    """How far each sentence of a text is a statement of the speaker, computed once; () for a text beyond LONG_TEXT."""
    if len(text) > LONG_TEXT:
        return ()
    return statement_scores(text, split_sentences(text), speaker)


def best_statement(candidate: Candidate, speaker: str, text_of: TextOf) -> float:
    """How far the passage holds a statement of the speaker; words of the speaker's own publication are statements."""
    text, passage = text_of(candidate.passage.article_id), candidate.passage
    if text is None:
        return 0.0
    if own_words(candidate, speaker):
        return STATEMENT
    whole = statements(text, speaker)
    if not whole:
        return max(statements(passage.text, speaker), default=0.0)
    inside = [
        score
        for (start, end), score in zip(split_sentences(text), whole, strict=True)
        if passage.start <= (start + end) // 2 < passage.end
    ]
    return max(inside, default=0.0)


def own_words(candidate: Candidate, speaker: str) -> bool:
    """Whether the article was published by the speaker, so that all of it is the speaker's."""
    return bool(candidate.publisher and pattern(speaker).search(candidate.publisher))


def speaker_first(
    candidates: Sequence[Candidate], speaker: str | None, text_of: TextOf, today: date | None = None
) -> list[Candidate]:
    """The candidates in the order of reading: by retrieval score, lifted when fresh or when the speaker speaks."""

    def worth(candidate: Candidate) -> float:
        """Of reading the candidate before others."""
        said = best_statement(candidate, speaker, text_of) if speaker is not None else 0.0
        return worth_reading(candidate, today) + LIFT * said

    return sorted(candidates, key=worth, reverse=True)


def silence(question: Question, candidates: Sequence[Candidate], text_of: TextOf) -> float:
    """0 when the speaker is heard on the topic, or nobody is asked for; 0.25 when only named; else 1."""
    if question.speaker is None:
        return 0.0
    on_topic = [one for one in candidates if coverage(question, f"{one.title}\n{one.passage.text}") >= ON_TOPIC]
    loudest = max((best_statement(one, question.speaker, text_of) for one in on_topic), default=0.0)
    return 0.0 if loudest > MENTION else 0.25 if loudest else 1.0
