"""The plain reader: picks sentences by meaning and words, without trained weights.

It stands in where the trained reader's files are missing, behind the same seam (`schema.PassageReader`).
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.models.logits import sigmoid
from rag.schema import Embedder, Reading
from rag.text.sentences import Span, split_sentences
from rag.text.words import stems

MAX_EMBEDDED = 32  # sentences embedded a call: 32 cost about 80 ms on two cores; the others are judged by words alone
UNSEEN_SIMILARITY = 0.25  # what a sentence that was not embedded is taken to have: the median over news questions

# Logistic weights (bias, best similarity, best coverage) of "this passage answers": AUC .986 on news.
_BIAS, _SIMILARITY, _COVERAGE = -6.0, 6.0, 4.5


class PlainReader:
    """Scores sentences by embedding similarity and shared words.

    >>> PlainReader(embedder).read("When was it lit?", ["It was lit in 1874."])[0].answerable  # doctest: +SKIP
    """

    name = "plain"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
        """One reading a passage, in the same order; no short answers."""
        asked = frozenset(stems(question))
        heads = list(titles) if titles is not None else [""] * len(passages)
        spans = [split_sentences(passage) for passage in passages]
        around = [_coverage(asked, f"{head}\n{passage}") for head, passage in zip(heads, passages, strict=True)]
        words = [
            [0.75 * _coverage(asked, passage[slice(*span)]) + 0.25 * whole for span in own]
            for passage, own, whole in zip(passages, spans, around, strict=True)
        ]
        similar = self._similarities(question, passages, spans, words)
        return [
            _reading(own, whole, score, near)
            for own, whole, score, near in zip(spans, around, words, similar, strict=True)
        ]

    def _similarities(
        self, question: str, passages: Sequence[str], spans: Sequence[tuple[Span, ...]], words: Sequence[list[float]]
    ) -> list[list[float]]:
        """Cosine of question and sentence for the sentences that look best by words, the median for the rest."""
        ranked = sorted(
            (
                (score - 0.01 * place, place, number)
                for place, own in enumerate(words)
                for number, score in enumerate(own)
            ),
            reverse=True,
        )[:MAX_EMBEDDED]
        similar = [[UNSEEN_SIMILARITY] * len(own) for own in spans]
        if ranked:
            texts = [passages[place][slice(*spans[place][number])] for _, place, number in ranked]
            cosines = self._embedder.embed_passages(texts) @ self._embedder.embed_query(question)
            for (_, place, number), cosine in zip(ranked, cosines.tolist(), strict=True):
                similar[place][number] = float(cosine)
        return similar


def _coverage(asked: frozenset[str], text: str) -> float:
    """Share of the question's stems that a text holds; 1.0 for a question without any."""
    return len(asked & frozenset(stems(text))) / len(asked) if asked else 1.0


def _reading(spans: tuple[Span, ...], around: float, words: list[float], similar: list[float]) -> Reading:
    scored = tuple(
        (*span, round(min(1.0, 0.5 * max(0.0, near) + 0.45 * word), 4))
        for span, word, near in zip(spans, words, similar, strict=True)
    )
    if not scored:
        return Reading(0.0)
    return Reading(sigmoid(_BIAS + _SIMILARITY * max(similar) + _COVERAGE * around), sentences=scored)
