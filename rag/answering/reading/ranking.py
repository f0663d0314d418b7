"""In what order: candidates before they are read, every sentence that was read, and the set of them to show.

In: candidates, windows and what the reader says of them. Out: scored sentences, best first; the chosen ones in the
order to show. Of two that fit a question alike the fresher one comes first, as it is meant more often.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import exp

from rag.answering.reading.windows import Digest, Window
from rag.models.calibration import Calibration
from rag.models.logits import sigmoid
from rag.schema import Candidate, Filters, SentenceReading, WindowReading
from rag.text.dates import date_line
from rag.text.sentences import Span

# --- how fresh an article was on the day of the question

DAYS = 30.0  # in which it falls to 1/e; 7 days measure alike
# Of freshness beside the fused score (0..1) in the order of reading. Passage MRR@10 of that order with 0 / .1 / .2:
# dev_300 .854 / .871 / .874, dev_1000 .782 / .824 / .841, by the date of each question. The least of these gains is
# kept: a fresh article must not hide an older one that says it better.
LEAD = 0.1
AHEAD = timedelta(days=1)  # that an outlet's date may be ahead of the day of a question asked elsewhere on the globe


def freshness(published: date | None, today: date | None) -> float:
    """1 for an article of today, falling with its age; 0 without dates, and for articles of a later day."""
    if published is None or today is None or published > today:
        return 0.0
    return exp(-(today - published).days / DAYS)


def worth_reading(candidate: Candidate, today: date | None) -> float:
    """What candidates are put in order by before they are read: the fused score with the lead of a fresh article."""
    return candidate.score + LEAD * freshness(candidate.published, today)


def fresh_first(candidates: Sequence[Candidate], today: date | None) -> list[Candidate]:
    """The candidates in the order in which they are worth reading; their scores stay as they are."""
    return sorted(candidates, key=lambda one: worth_reading(one, today), reverse=True)


def as_on(day: date | None, filters: Filters) -> Filters:
    """The filters for a question asked as on another day: what was published later was not known."""
    return replace(filters, known_on=day + AHEAD) if day else filters


# --- sentences that were read

MOST = 6  # sentences shown
LEAST = 0.2  # probability below which a further sentence is noise
DAY_WORDS = 3  # "9 October 2013": a line that ends with a day is the head of a report
SHORTEST = 3  # words: less is a label or the name of whoever speaks next

_FINISHED = re.compile(r"[.!…。！][\"'”’»)\]]*$|[\"”’»]$")
_ROW = re.compile(r"^(?:[-–—•*·]|\(?\w{1,2}[.)])\s|\d[\d.,:]*(?:[^\d.,:].*)?\s\S?\d|\s[/|]\s|:\s*\d")


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of an article that may be shown."""

    window: Window
    reading: WindowReading
    sentence: SentenceReading
    position: int  # among the article's sentences
    span: Span  # in the article's text
    score: float  # logit that it belongs in the answer
    lead: float = 0.0  # of a fresh article over others that answer as well: it orders, and makes nothing surer

    @property
    def chance(self) -> float:
        """Probability that it belongs in the answer."""
        return sigmoid(self.score)

    @property
    def candidate(self) -> Candidate:
        """The passage that it was found by."""
        return self.window.candidate

    @property
    def text(self) -> str:
        """The sentence."""
        return self.window.text[self.span[0] - self.window.start : self.span[1] - self.window.start]

    @property
    def title(self) -> str:
        """Of its article."""
        return self.window.title

    @property
    def short_span(self) -> Span | None:
        """The best short answer in it, in the article's text."""
        found = self.sentence.short
        return (self.window.start + found[0], self.window.start + found[1]) if found else None

    @property
    def key(self) -> tuple[str, int]:
        """Its place: article and position."""
        return self.window.article_id, self.position


def rank(
    windows: Sequence[Window],
    readings: Sequence[WindowReading],
    calibration: Calibration,
    today: date | None = None,
    told: Collection[str] = (),
) -> list[ScoredSentence]:
    """Every sentence that can be shown, best first; one that stands in several windows has the mean of its scores.

    `told` are the ids of the articles that the conversation is about.
    """
    found: dict[tuple[str, int], list[ScoredSentence]] = {}
    for window, reading in zip(windows, readings, strict=True):
        by_span = {(one.start, one.end): one for one in reading.sentences}
        for number, span in enumerate(window.spans):
            read = by_span.get(span)
            if read is None or not can_stand(window.text[slice(*span)]):
                continue
            made = _scored(window, reading, read, window.first + number, calibration, today)
            if window.article_id in told:
                made = replace(made, score=made.score + calibration.sentence.told)
            found.setdefault(made.key, []).append(made)
    return sorted(map(_mean, found.values()), key=lambda one: (-one.score - one.lead, one.key))


def _mean(several: Sequence[ScoredSentence]) -> ScoredSentence:
    """A sentence as its surest window reads it, with the mean score of all its windows."""
    best = max(several, key=lambda one: one.score)
    return replace(best, score=sum(one.score for one in several) / len(several))


def compared(
    ranked: Sequence[ScoredSentence], made: Digest, whole: WindowReading, calibration: Calibration
) -> list[ScoredSentence]:
    """The sentences of the digest by what their windows and the digest say of them, then the others as they were."""
    weights = calibration.together
    found = made.said(whole)
    beside = [
        replace(
            one,
            score=weights.bias
            + weights.score * one.score
            + weights.evidence * found[one.key].evidence
            + weights.answers * whole.answers,
        )
        for one in ranked
        if one.key in found
    ]
    best = sorted(beside, key=lambda one: (-one.score - one.lead, one.key))
    return [*best, *(one for one in ranked if one.key not in found)]


def choose(ranked: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """The sentences to show, best first: the set with the highest expected F1 (Lewis 1995) under their probabilities.

    What it adds up to when all are unsure is one sentence; when many are sure, as for a list, up to MOST.
    """
    total = sum(one.chance for one in ranked)
    found, best, size = 0.0, 0.0, 0
    for count, one in enumerate(ranked[:MOST], start=1):
        if count > 1 and one.chance < LEAST:
            break
        found += one.chance
        value = 2 * found / (count + total)
        if value > best:
            best, size = value, count
    return list(ranked[:size])


def in_reading_order(chosen: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """The run of neighbours with the best sentence first, then the others; each as it stands in its article.

    Two sentences in three that stand before the best one in its article, but not beside it, are less apt than it:
    on asks dev the first sentence shown is right for .68 of the questions in this order, .62 in plain reading order.
    """
    articles = list(dict.fromkeys(one.window.article_id for one in chosen))
    placed = sorted(chosen, key=lambda one: (articles.index(one.window.article_id), one.position))
    runs: list[list[ScoredSentence]] = []
    for one in placed:
        if runs and runs[-1][-1].key == (one.window.article_id, one.position - 1):
            runs[-1].append(one)
        else:
            runs.append([one])
    runs.sort(key=lambda run: chosen[0] not in run)
    return [one for run in runs for one in run]


def can_stand(sentence: str) -> bool:
    """Whether a line can be shown: a finished sentence or the row of a list, no heading and no question."""
    if len(sentence.split()) < SHORTEST:
        return False
    if _FINISHED.search(sentence):
        return True
    heads = sentence.endswith(("?", ":")) or date_line(" ".join(sentence.split()[-DAY_WORDS:]))
    return not heads and bool(_ROW.search(sentence))


def _scored(
    window: Window,
    reading: WindowReading,
    read: SentenceReading,
    position: int,
    calibration: Calibration,
    today: date | None,
) -> ScoredSentence:
    weights = calibration.sentence
    candidate = window.candidate
    score = (
        weights.bias
        + weights.evidence * read.evidence
        + weights.answers * reading.answers
        + weights.fused * candidate.score
    )
    lead = weights.fresh * freshness(candidate.published, today)
    span = (window.start + read.start, window.start + read.end)
    return ScoredSentence(window, reading, read, position, span, score, lead)
