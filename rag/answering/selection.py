"""The plain reader: picks sentences by meaning and words, without trained weights.

It stands in where the trained reader's files are missing, behind the same seam (`schema.PassageReader`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.introductions import asked_about, introduces
from rag.answering.odds import chance
from rag.answering.questions import Question, analyse, coverage
from rag.schema import Embedder, Reading
from rag.text.sentences import Span, split_sentences

MAX_EMBEDDED = 32  # sentences embedded a call: 32 cost about 80 ms on two cores; the others are judged by words alone
UNSEEN_SIMILARITY = 0.25  # what a sentence that was not embedded is taken to have: the median over news questions

_FIGURE = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?|millions?|billions?|half)\b",
    re.I,
)
_DATE = re.compile(
    r"\b(?:1[89]|20)\d\d\b|\b(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?\b|"
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    r"|\b(?:yesterday|today|tomorrow|last|next|ago|century|o'clock|a\.m|p\.m)\b"
)
_NAME = re.compile(r"(?<!^)(?<![.!?“\"] )\b[A-ZÀ-Þ][\w’'-]+")
_LEANS = re.compile(r"[“\"‘']?(?:He|She|They|It|His|Her|Their|Its|This|These)\b")
_REASON = re.compile(
    r"\b(?:because|since|due to|so that|in order to|after|as a result|caused|reason|therefore|to "
    r"(?:avoid|protect|help|stop)|amid|over)\b"
)
_KINDS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(
            r"\bhow (?:many|much|old|long|far|tall|big|large|high|often)\b|\bpercent|\bwhat (?:number|"
            r"amount|age|price)",
            re.I,
        ),
        _FIGURE,
    ),
    (re.compile(r"\bwhen\b|\bwhat (?:year|day|date|month|time)\b|\bwhich (?:year|day|month)\b", re.I), _DATE),
    (re.compile(r"\bwho(?:m|se)?\b|\bwhere\b|\bwhich\b", re.I), _NAME),
    (re.compile(r"\bwhy\b|\breasons?\b", re.I), _REASON),
)

# Logistic weights (bias, best similarity, best coverage) of "this passage answers": AUC .986 on news.
_BIAS, _SIMILARITY, _COVERAGE = -6.0, 6.0, 4.5


class PlainReader:
    """Scores sentences by embedding similarity, weighted question words and the kind of answer that is asked for.

    >>> PlainReader(embedder).read("When was it lit?", ["It was lit in 1874."])[0].answerable  # doctest: +SKIP
    """

    name = "plain"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
        """One reading a passage, in the same order; no short answers."""
        asked = analyse(question)
        heads = list(titles) if titles is not None else [""] * len(passages)
        spans = [split_sentences(passage) for passage in passages]
        words = [
            _word_scores(asked, passage, head, own) for passage, head, own in zip(passages, heads, spans, strict=True)
        ]
        similar = self._similarities(question, passages, spans, words)
        return [
            _reading(asked, passage, head, own, score, near)
            for passage, head, own, score, near in zip(passages, heads, spans, words, similar, strict=True)
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


def fits_kind(question: str, sentence: str) -> float:
    """Whether a sentence holds the kind of thing asked for, a figure, date, name or reason: 0, 0.5 (no kind), 1."""
    if who := asked_about(question):
        return float(introduces(who, sentence))
    for asks, holds in _KINDS:
        if asks.search(question):
            return 1.0 if holds.search(sentence) else 0.0
    return 0.5


def _word_scores(asked: Question, passage: str, head: str, spans: tuple[Span, ...]) -> list[float]:
    """How well each sentence covers the question's words; its passage and title count a little."""
    around = coverage(asked, f"{head}\n{passage}")
    return [0.75 * coverage(asked, meant(passage, spans, number)) + 0.25 * around for number in range(len(spans))]


def meant(text: str, spans: tuple[Span, ...], number: int) -> str:
    """A sentence, with the one before it when it opens with a pronoun and speaks of what came before."""
    start, end = spans[number]
    leans = number > 0 and _LEANS.match(text[start:end])
    return text[spans[number - 1][0] if leans else start : end]


def _reading(
    asked: Question, passage: str, head: str, spans: tuple[Span, ...], words: list[float], similar: list[float]
) -> Reading:
    scored = tuple(
        (start, end, _sentence_score(asked, passage[start:end], word, near))
        for (start, end), word, near in zip(spans, words, similar, strict=True)
    )
    if not scored:
        return Reading(0.0)
    around = coverage(asked, f"{head}\n{passage}")
    return Reading(chance(_BIAS + _SIMILARITY * max(similar) + _COVERAGE * around), sentences=scored)


def _sentence_score(asked: Question, sentence: str, word: float, near: float) -> float:
    score = 0.45 * max(0.0, near) + 0.4 * word + 0.15 * fits_kind(asked.text, sentence)
    return round(min(1.0, score), 4)
