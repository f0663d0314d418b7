"""How far the sentences of a text are statements of a speaker: a claim that names one is held against them."""

from __future__ import annotations

from functools import lru_cache

from rag.answering.verification.attribution import statement_scores
from rag.schema import Candidate
from rag.text.names import pattern
from rag.text.sentences import split_sentences

LONG_TEXT = 400_000  # characters; reading for speakers takes 1.1 s a million, and no article is that long


@lru_cache(maxsize=512)
def statements(text: str, speaker: str) -> tuple[float, ...]:
    """How far each sentence of a text is a statement of the speaker, computed once; () for a text beyond LONG_TEXT."""
    if len(text) > LONG_TEXT:
        return ()
    return statement_scores(text, split_sentences(text), speaker)


def own_words(candidate: Candidate, speaker: str) -> bool:
    """Whether the article was published by the speaker, so that all of it is the speaker's."""
    return bool(candidate.publisher and pattern(speaker).search(candidate.publisher))
