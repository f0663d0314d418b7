"""From chosen sentences to an answer: each quoted with what it leans on, the same fact elsewhere cited beside it.

Where nothing answers, or not yet: the nearest passages, and the sentence that contradicts what the question presumes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from rag.answering.citations import cite, cite_within, stands
from rag.answering.extractive.conflicts import other_reports, value_text
from rag.answering.reading.ranking import ScoredSentence, can_stand, choose, in_reading_order
from rag.models.calibration import Calibration
from rag.models.logits import sigmoid
from rag.schema import AnswerSentence, Candidate, Citation, Difference, Verdict
from rag.text.extracts import best_sentence
from rag.text.sentences import split_sentences
from rag.text.words import stems

SAME_FACT = 0.6  # Jaccard of stems from which two sentences state one fact: syndicated copies and light rewrites
MOST_COPIES = 2  # other places cited beside a sentence
FARTHEST = 2  # sentences back that a forerunner may stand: what is quoted is the run from it on
VERDICTS: tuple[Verdict, ...] = ("yes", "no", "unclear")

FOUND = 4  # articles shown while they are read
CLOSEST = 3  # passages shown when nothing answers
CORRECTING = 1  # sentences that correct a premise


class Report(NamedTuple):
    """What one of several differing reports says, and where its sentence ends."""

    value: str
    article_id: str
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """The quoted sentences, citations not numbered yet, with what is known of them."""

    sentences: tuple[AnswerSentence, ...] = ()
    speakers: tuple[str | None, ...] = ()
    short: str | None = None
    verdict: Verdict | None = None
    reports: tuple[Report, ...] = ()  # of one thing, where they differ


def draft(ranked: Sequence[ScoredSentence], calibration: Calibration, question: str = "") -> Draft:
    """The best of the ranked sentences as an answer; reports of the same thing that differ join them."""
    distinct, copies = _distinct(ranked)
    chosen = in_reading_order(choose(distinct))
    shown = {one.key for one in chosen}
    sentences = tuple(_quoted(one, copies.get(one.key, ()), shown, calibration) for one in chosen)
    short = _short(chosen, sentences, calibration)
    differing = _differing(question, distinct, short[0]) if short else []
    added = [one for one in differing if one.key not in shown]
    return Draft(
        (*sentences, *(_quoted(one, (), shown, calibration) for one in added)),
        tuple(_speaker(one, calibration) for one in (*chosen, *added)),
        short[1] if short else None,
        _verdict(chosen, calibration),
        tuple(Report(value_text(one), one.window.article_id, one.span[1]) for one in differing),
    )


def differences(reports: Sequence[Report], sentences: Sequence[AnswerSentence]) -> tuple[Difference, ...]:
    """The differing reports with their citations as numbered in the answer, oldest first; none of fewer than two."""
    places = {(place.article_id, place.end): place for one in sentences for place in one.citations}
    cited = [(one.value, places[one.article_id, one.end]) for one in reports if (one.article_id, one.end) in places]
    if len(cited) < 2:
        return ()
    cited.sort(key=lambda both: both[1].published or date.min)
    values, citations = zip(*cited, strict=True)
    return (Difference(values=values, citations=citations),)


def _differing(question: str, ranked: Sequence[ScoredSentence], first: ScoredSentence) -> list[ScoredSentence]:
    """The sentence with the short answer and those of other articles with another figure for the same thing."""
    return other_reports(question, [first, *(one for one in ranked if one is not first)])


def _distinct(
    ranked: Sequence[ScoredSentence],
) -> tuple[list[ScoredSentence], dict[tuple[str, int], list[ScoredSentence]]]:
    """The sentences without those that state the fact of a better one, and these by that one's place."""
    kept: list[tuple[ScoredSentence, frozenset[str]]] = []
    copies: dict[tuple[str, int], list[ScoredSentence]] = {}
    for one in ranked[:40]:
        own = frozenset(stems(one.text))
        twin = next((other for other, words in kept if _alike(own, words)), None)
        if twin is None:
            kept.append((one, own))
        elif twin.window.article_id != one.window.article_id:
            copies.setdefault(twin.key, []).append(one)
    return [one for one, _ in kept], copies


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= SAME_FACT * max(1, len(one | other))


def _quoted(
    one: ScoredSentence, copies: Sequence[ScoredSentence], shown: set[tuple[str, int]], calibration: Calibration
) -> AnswerSentence:
    """The sentence with the run that it leans on, and the places that say the same."""
    article = one.window.article
    start = _start(one, shown, calibration)
    places = [cite(one.candidate, article, start, one.span[1])]
    others: dict[str, Citation] = {}
    for copy in copies:
        others.setdefault(copy.window.article_id, cite(copy.candidate, copy.window.article, *copy.span))
    text = " ".join(article[start : one.span[1]].split())  # a run may go over the end of a paragraph
    return AnswerSentence(text, (*places, *list(others.values())[:MOST_COPIES]), round(one.chance, 3), True)


def _start(one: ScoredSentence, shown: set[tuple[str, int]], calibration: Calibration) -> int:
    """Where the quotation begins: at the sentence itself, or at the forerunner that it needs and that is not shown."""
    before = one.position - one.window.first
    if one.sentence.needs < calibration.needs_from or not before or (one.window.article_id, one.position - 1) in shown:
        return one.span[0]
    by_start = {read.start: read for read in one.reading.sentences}
    spans = one.window.spans
    scored: list[tuple[float, int]] = []
    for at in range(before - 1, max(-1, before - 1 - FARTHEST), -1):
        if spans[at][0] not in by_start or not can_stand(one.window.text[slice(*spans[at])]):
            break  # no run over a heading
        scored.append((by_start[spans[at][0]].forerunner, at))
    return one.window.sentences[max(scored)[1]][0] if scored else one.span[0]


def _speaker(one: ScoredSentence, calibration: Calibration) -> str | None:
    """Who speaks in the sentence, where the reader names somebody in it or close before it."""
    found = one.reading.speaker
    if found is None or found[2] < calibration.speaker_from:
        return None
    start, end, _ = found
    read = one.sentence
    before = [span for span in one.window.spans if span[0] <= read.start][-3:]
    near = before[0][0] <= start < read.end if before else False
    return one.window.text[start:end] if near else None


def _short(
    chosen: Sequence[ScoredSentence], sentences: Sequence[AnswerSentence], calibration: Calibration
) -> tuple[ScoredSentence, str] | None:
    """The short answer in the best of the shown sentences, where it is likely enough to be right, and that sentence."""
    if not chosen:
        return None
    best, shown = max(zip(chosen, sentences, strict=True), key=lambda pair: pair[0].score)
    if best.sentence.short is None:
        return None
    start, end, margin = best.sentence.short
    weights = calibration.short
    sure = sigmoid(weights.bias + weights.margin * margin)
    text = best.window.text[start:end]
    return (best, text) if text in shown.text and sure >= calibration.short_from else None


def _verdict(chosen: Sequence[ScoredSentence], calibration: Calibration) -> Verdict | None:
    """What the best sentence's window says to a yes/no question."""
    if not chosen:
        return None
    best = max(chosen, key=lambda one: one.score)
    logits = best.reading.verdict
    if len(logits) != len(VERDICTS):
        return None
    place = max(range(len(logits)), key=logits.__getitem__)
    return VERDICTS[place] if logits[place] >= calibration.verdict_from else None


def found(question: str, candidates: Sequence[Candidate]) -> tuple[Citation, ...]:
    """A sentence of each of the best articles found, the one with most words of the question, numbered from 1.

    It can be shown before anything is read: it says where the answer is looked for, not that it is one.
    """
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        best.setdefault(candidate.passage.article_id, candidate)
    sought = frozenset(stems(question))
    places = [_extract(candidate, sought) for candidate in list(best.values())[:FOUND]]
    return tuple(replace(place, number=number) for number, place in enumerate(places, start=1))


def _extract(candidate: Candidate, sought: frozenset[str]) -> Citation:
    text = candidate.passage.text
    spans = split_sentences(text)
    standing = [span for span in spans if can_stand(text[slice(*span)])] or spans
    return cite_within(candidate, *(best_sentence(text, standing, sought) or standing[0]))


def closest(candidates: Sequence[Candidate], text_of: Callable[[str], str | None]) -> tuple[Citation, ...]:
    """The nearest passages, numbered from 1; those of articles that have changed meanwhile are left out."""
    places = []
    for candidate in candidates:
        passage = candidate.passage
        text = text_of(passage.article_id)
        if text is not None and stands(passage, text):
            places.append(cite(candidate, text, passage.start, passage.end))
    return tuple(replace(place, number=number) for number, place in enumerate(places[:CLOSEST], start=1))


def corrections(ranked: Sequence[ScoredSentence], calibration: Calibration) -> tuple[Citation, ...]:
    """The sentence that says otherwise than the question presumes, where the reader is sure of one."""
    found = sorted(ranked, key=lambda one: -one.sentence.corrects)[:CORRECTING]
    sure = [one for one in found if one.sentence.corrects >= calibration.corrects_from]
    places = (cite(one.candidate, one.window.article, *one.span) for one in sure)
    return tuple(replace(place, number=number) for number, place in enumerate(places, start=1))
