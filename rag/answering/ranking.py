"""Which sentences answer: every sentence that was read, with a score from the reader, the retriever and the words.

The weights are fitted by `python -m training.selection` on questions whose answers are known.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from rag.answering.attribution import speaks
from rag.answering.citations import stands
from rag.answering.freshness import freshness
from rag.answering.introductions import asked_about
from rag.answering.odds import chance, log_odds
from rag.answering.questions import Question, coverage
from rag.answering.refusal import surroundings
from rag.answering.selection import fits_kind
from rag.answering.statements import TextOf, own_words, statements
from rag.schema import Candidate, Reading
from rag.text.sentences import Span, split_sentences

SHORTEST = 4  # words: less is a label or the name of whoever speaks next
NOTHING = -10.0  # log-odds, where no sentence was read
INTRODUCED = 4.0  # times the kind: to "Who is Ada Holm?" the reader takes any sentence with another person in it
SPEAKS_MOST = 0.9  # what a reported statement counts where no speaker is asked for by name


class Features(NamedTuple):
    """What is known of a sentence; each is a weighted term of its score."""

    read: float  # log-odds of the reader that this sentence answers
    short: float  # log-odds of the best short answer in it against none
    around: float  # share of the question's words in its passage and title
    fused: float  # the retriever's score of its passage
    dense: float  # cosine of question and passage
    kind: float  # whether it holds the kind of thing asked for
    statement: float  # how far it is a statement of the speaker asked for; 0.5 when none is
    unfinished: float  # 1 for questions, headlines and captions: they repeat what a sentence says better
    fresh: float  # how new its article was on the day of the question, 0..1


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the features; the weighted sum without `fresh` is the log-odds that the sentence holds the answer."""

    features: Features
    bias: float


TRAINED = Weights(
    Features(
        read=0.35, short=0.35, around=2.3, fused=5.2, dense=1.9, kind=0.5, statement=4.0, unfinished=-0.5, fresh=1.25
    ),
    bias=-7.4,
)
# The plain selector gives one score a sentence and no short answers.
PLAIN = Weights(
    Features(
        read=3.0, short=0.0, around=1.4, fused=3.0, dense=2.0, kind=0.5, statement=4.0, unfinished=-2.2, fresh=1.5
    ),
    bias=-5.0,
)


def weights_for(reader_name: str) -> Weights:
    """The weights fitted for a reader."""
    return PLAIN if reader_name == "plain" else TRAINED


@dataclass(frozen=True, slots=True)
class Pick:
    """A sentence of an article that may be quoted."""

    candidate: Candidate
    position: int  # among the article's sentences
    span: Span  # in the article's text
    score: float  # log-odds that it holds the answer
    short: Span | None = None  # the best short answer in it, in the article's text
    lead: float = 0.0  # of a fresh article over others that answer as well: it orders, and makes nothing surer

    @property
    def chance(self) -> float:
        """Probability that it holds the answer."""
        return chance(self.score)


def rank(
    question: Question,
    candidates: Sequence[Candidate],
    readings: Sequence[Reading | None],
    text_of: TextOf,
    weights: Weights = TRAINED,
    today: date | None = None,
) -> list[Pick]:
    """Every sentence that was read, best first; `today` is the day of the question."""
    best: dict[tuple[str, int], Pick] = {}
    for candidate, reading in zip(candidates, readings, strict=True):
        for position, span, features, short in sentence_features(question, candidate, reading, text_of, today):
            lead = weights.features.fresh * features.fresh
            score = weights.bias + sum(w * f for w, f in zip(weights.features, features, strict=True)) - lead
            key = (candidate.passage.article_id, position)
            if key not in best or best[key].score < score:
                best[key] = Pick(candidate, position, span, score, short, lead)
    return sorted(best.values(), key=lambda pick: -pick.score - pick.lead)


def sentence_features(
    question: Question, candidate: Candidate, reading: Reading | None, text_of: TextOf, today: date | None = None
) -> Iterator[tuple[int, Span, Features, Span | None]]:
    """Position, place, features and short answer of each sentence of a passage; none when its article has changed."""
    text = text_of(candidate.passage.article_id)
    passage = candidate.passage
    if reading is None or text is None or not stands(passage, text):
        return
    sentences = split_sentences(text)
    said = statements(text, question.speaker) if question.speaker and not own_words(candidate, question.speaker) else ()
    around = coverage(question, surroundings(candidate))
    worth = INTRODUCED if asked_about(question.text) else 1.0
    for position in _within(sentences, passage.start, passage.end):
        span = sentences[position]
        sentence = text[slice(*span)]
        place = _in_reading(span, passage.start, reading)
        if place is None or len(sentence.split()) < SHORTEST:
            continue
        statement = said[position] if said else SPEAKS_MOST * speaks(sentence)
        short = _short(reading, place)
        yield (
            position,
            span,
            Features(
                read=log_odds(reading.sentences[place][2]),
                short=log_odds(short[2] if short else reading.answerable),
                around=around,
                fused=candidate.score,
                dense=candidate.dense or 0.0,
                kind=fits_kind(question.text, sentence) * worth,
                statement=statement if question.wants_statement else 0.5,
                unfinished=float(sentence[-1:] not in '.!”"’)…。！'),
                fresh=freshness(candidate.published, today),
            ),
            (passage.start + short[0], passage.start + short[1]) if short else None,
        )


def _short(reading: Reading, place: int) -> tuple[int, int, float] | None:
    """The best short answer in a sentence of the passage; readers that give one a passage have it in one sentence."""
    if reading.shorts:
        return reading.shorts[place]
    start, end, _ = reading.sentences[place]
    if reading.start is None or reading.end is None or not start <= reading.start < end:
        return None
    return reading.start, min(reading.end, end), reading.answerable


def _within(sentences: tuple[Span, ...], start: int, end: int) -> range:
    """Positions of the sentences that a passage touches."""
    first = max(0, bisect_right(sentences, (start, start)) - 1)
    return range(first, bisect_left(sentences, (end, end)))


def _in_reading(span: Span, offset: int, reading: Reading) -> int | None:
    """The number of the reading's sentence that is the article's sentence `span`; None when the passage lacks it."""
    middle = (span[0] + span[1]) // 2 - offset
    inside = [number for number, (start, end, _) in enumerate(reading.sentences) if start <= middle < end]
    return max(inside, key=lambda number: reading.sentences[number][2], default=None)
