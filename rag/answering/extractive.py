"""An answer made of sentences quoted word for word: the best ones, what they need beside them, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from rag.answering.attribution import CONTINUED
from rag.answering.citations import cite
from rag.answering.differences import other_reports, value_text
from rag.answering.introductions import asked_about, can_introduce
from rag.answering.neighbours import block
from rag.answering.questions import Question, text_stems
from rag.answering.ranking import Pick
from rag.answering.statements import TextOf, statements
from rag.schema import AnswerSentence, Citation, Difference
from rag.text.sentences import Span, split_sentences

# Log-odds: a further sentence is quoted when it is that near to the best one. On four sets 1.0 quotes 1.3 to 1.7
# sentences a question, which hold the answer for 5 to 12 points more questions than the best sentence alone; 2.0 gains
# 2 to 6 points more with a third more sentences.
KEEP = 1.0
KEEP_STATEMENT = 1.6  # several people speak for one side, in sentences that share few words
UNSAID = 0.1  # the best sentence's chance below which nobody's words were found, when somebody's are asked for
SAME_FACT = 0.6  # Jaccard of stems from which two sentences state one fact: syndicated copies and light rewrites


class Report(NamedTuple):
    """What one of several differing reports says, and the quoted sentence that says it."""

    value: str
    article_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Draft:
    """The quoted sentences, citations not numbered yet, and the short answer when the reader gave one."""

    sentences: tuple[AnswerSentence, ...] = ()
    short: str | None = None
    reports: tuple[Report, ...] = ()  # of one thing, where they differ


def draft(question: Question, picks: Sequence[Pick], text_of: TextOf) -> Draft:
    """The best of the ranked sentences, joined with the neighbours they need; empty when nothing can be quoted."""
    if question.speaker and picks and picks[0].chance < UNSAID:
        return Draft()
    chosen, copies = _choose(picks, question, text_of)
    if question.speaker:
        chosen = _gone_on(chosen, picks, question, text_of)
    differing = other_reports(question, picks, text_of) if question.wants_figure else []
    chosen = [*chosen, *(pick for pick in differing if pick not in chosen)]
    sentences = tuple(sentence for pick in chosen for sentence in _sentences(pick, copies, text_of))
    unique = tuple({sentence.citations[0]: sentence for sentence in sentences}.values())
    reports = tuple(
        Report(value_text(pick, text_of), pick.candidate.passage.article_id, pick.span) for pick in differing
    )
    return Draft(unique, _short(question.text, picks, unique), reports)


def _choose(
    picks: Sequence[Pick], question: Question, text_of: TextOf
) -> tuple[list[Pick], dict[tuple[str, int], list[Pick]]]:
    """The sentences to quote, and the same facts found in other articles."""
    chosen: list[Pick] = []
    copies: dict[tuple[str, int], list[Pick]] = {}
    for pick in picks:
        if pick.score < picks[0].score - (KEEP_STATEMENT if question.speaker else KEEP):
            break
        twin = next((one for one in chosen if _same_fact(one, pick, text_of)), None)
        if twin is not None:
            copies.setdefault(_key(twin), []).append(pick)
        elif len(chosen) < question.limit:
            chosen.append(pick)
    return chosen, copies


def _gone_on(chosen: Sequence[Pick], picks: Sequence[Pick], question: Question, text_of: TextOf) -> list[Pick]:
    """The statements chosen, each with the next sentence when the speaker goes on in it and there is room."""
    by_place = {_key(pick): pick for pick in picks}
    found = list(chosen)
    for pick in chosen:
        article_id, position = pick.candidate.passage.article_id, pick.position + 1
        following = by_place.get((article_id, position))
        said = statements(text_of(article_id) or "", question.speaker or "")
        room = len(found) < question.limit and position < len(said)
        if following and following not in found and room and said[position] >= CONTINUED:
            found.insert(found.index(pick) + 1, following)
    return found


def _same_fact(one: Pick, other: Pick, text_of: TextOf) -> bool:
    words, more = text_stems(_text(one, text_of)), text_stems(_text(other, text_of))
    return len(words & more) >= SAME_FACT * max(1, len(words | more))


def _sentences(pick: Pick, copies: dict[tuple[str, int], list[Pick]], text_of: TextOf) -> list[AnswerSentence]:
    """The picked sentence with the neighbours it needs, in the order of the article."""
    text = text_of(pick.candidate.passage.article_id) or ""
    spans = split_sentences(text)
    first, last = block(text, spans, pick.position)
    sentences = []
    for position in range(first, last + 1):
        citations = [cite(pick.candidate, text, *spans[position])]
        if position == pick.position:
            citations += _other_places(pick, copies, text_of)
        sentences.append(AnswerSentence(text[slice(*spans[position])], tuple(citations), round(pick.chance, 3), True))
    return sentences


def _other_places(pick: Pick, copies: dict[tuple[str, int], list[Pick]], text_of: TextOf) -> list[Citation]:
    """Where other articles state the same fact, one place an article, two at most."""
    places: dict[str, Citation] = {}
    for copy in copies.get(_key(pick), []):
        article_id = copy.candidate.passage.article_id
        if article_id != pick.candidate.passage.article_id:
            places.setdefault(article_id, cite(copy.candidate, text_of(article_id) or "", *copy.span))
    return list(places.values())[:2]


def _short(question: str, picks: Sequence[Pick], sentences: Sequence[AnswerSentence]) -> str | None:
    """The short answer in the best of the quoted sentences that has one."""
    places = {(place.article_id, place.start): place.quote for one in sentences for place in one.citations}
    for pick in picks:
        quote = places.get((pick.candidate.passage.article_id, pick.span[0]))
        if quote is not None and pick.short is not None:
            short = quote[pick.short[0] - pick.span[0] : pick.short[1] - pick.span[0]]
            who = asked_about(question)
            before = quote[: max(0, pick.short[0] - pick.span[0])]
            return short if short and (who is None or can_introduce(who, short, before)) else None
    return None


def merge(drafts: Sequence[Draft]) -> Draft:
    """The drafts of a question's parts as one; a sentence that answers two parts is quoted once."""
    reports = tuple(report for part in drafts for report in part.reports)
    sentences = {sentence.citations[0]: sentence for part in drafts for sentence in part.sentences}
    shorts = [part.short for part in drafts if part.short]
    return replace(
        drafts[0],
        sentences=tuple(sentences.values()),
        short=shorts[0] if len(drafts) == 1 and shorts else None,
        reports=reports,
    )


def differences(reports: Sequence[Sequence[Report]], sentences: Sequence[AnswerSentence]) -> tuple[Difference, ...]:
    """The differing reports of each part with their citations as numbered in the answer, oldest first."""
    places = {(place.article_id, place.start): place for one in sentences for place in one.citations}
    found = []
    for several in reports:
        cited = [
            (one.value, places[one.article_id, one.span[0]])
            for one in several
            if (one.article_id, one.span[0]) in places
        ]
        cited.sort(key=lambda both: both[1].published or date.min)
        if len(cited) > 1:
            values, citations = zip(*cited, strict=True)
            found.append(Difference(values=values, citations=citations))
    return tuple(found)


def _key(pick: Pick) -> tuple[str, int]:
    return pick.candidate.passage.article_id, pick.position


def _text(pick: Pick, text_of: TextOf) -> str:
    return (text_of(pick.candidate.passage.article_id) or "")[slice(*pick.span)]
