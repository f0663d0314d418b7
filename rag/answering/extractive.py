"""An answer made of sentences quoted word for word: the best ones, what they need beside them, each with its place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.attribution import CONTINUED, speaks
from rag.answering.citations import cite
from rag.answering.neighbours import block
from rag.answering.questions import Question, coverage, text_stems
from rag.answering.refusal import surroundings
from rag.answering.selection import fits_kind, meant
from rag.answering.statements import TextOf, own_words, statements
from rag.schema import AnswerSentence, Candidate, Citation, Reading
from rag.text.sentences import Span, split_sentences

KEEP = 0.75  # picked sentences reach at least this share of the best score: 0.85 loses 4 of 58 answers, 0.7 gains none
# Reader's sentence score, words of the sentence, words around it, reader's passage score, retrieval, kind of answer.
# On the 58 answerable questions of news/dev_300 the first sentence holds the answer for .60 (reader alone .43), some
# sentence for .76 (reader alone .66); the figures move by one question around these weights.
WEIGHTS = (0.35, 0.2, 0.1, 0.15, 0.1, 0.1)
KEEP_STATEMENT = 0.7  # several people speak for one side, in sentences that share few words
UNSAID = 0.25  # a best score below this, when somebody's words are asked for: no sentence is a statement on the topic
SAME_FACT = 0.6  # Jaccard of stems from which two sentences state one fact: syndicated copies and light rewrites
SHORTEST = 4  # words: less is a label or the name of whoever speaks next
ASKS = 0.5  # a sentence that is itself a question answers none
HEADLINE = 0.6  # lines without a full stop are headlines and captions: they repeat what a sentence says better


@dataclass(frozen=True, slots=True)
class Pick:
    """A sentence of an article that may be quoted."""

    candidate: Candidate
    position: int  # among the article's sentences
    span: Span  # in the article's text
    score: float  # 0..1


@dataclass(frozen=True, slots=True)
class Draft:
    """The quoted sentences, citations not numbered yet, and the short answer when the reader gave one."""

    sentences: tuple[AnswerSentence, ...] = ()
    short: str | None = None


def draft(
    question: Question, candidates: Sequence[Candidate], readings: Sequence[Reading | None], text_of: TextOf
) -> Draft:
    """The best sentences for the question, joined with the neighbours they need; empty when nothing can be quoted."""
    picks = rank(question, candidates, readings, text_of)
    if question.speaker and picks and picks[0].score < UNSAID:
        return Draft()
    chosen, copies = _choose(picks, question, text_of)
    if question.speaker:
        chosen = _gone_on(chosen, picks, question, text_of)
    sentences = tuple(sentence for pick in chosen for sentence in _sentences(pick, copies, text_of))
    unique = tuple({sentence.citations[0]: sentence for sentence in sentences}.values())
    return Draft(unique, _short(candidates, readings, unique))


def rank(
    question: Question, candidates: Sequence[Candidate], readings: Sequence[Reading | None], text_of: TextOf
) -> list[Pick]:
    """Every sentence that was read, best first."""
    best: dict[tuple[str, int], Pick] = {}
    for candidate, reading in zip(candidates, readings, strict=True):
        for pick in _picks(question, candidate, reading, text_of):
            key = (candidate.passage.article_id, pick.position)
            if key not in best or best[key].score < pick.score:
                best[key] = pick
    return sorted(best.values(), key=lambda pick: -pick.score)


def _picks(question: Question, candidate: Candidate, reading: Reading | None, text_of: TextOf) -> list[Pick]:
    """The sentences of one passage, scored; none when the article has changed since it was retrieved."""
    text = text_of(candidate.passage.article_id)
    passage = candidate.passage
    if reading is None or text is None or text[passage.start : passage.end] != passage.text:
        return []
    sentences = split_sentences(text)
    said = statements(text, question.speaker) if question.speaker and not own_words(candidate, question.speaker) else ()
    around = coverage(question, surroundings(candidate))
    picks = []
    for position in _within(sentences, passage.start, passage.end):
        span = sentences[position]
        score = _reader_score(span, passage.start, reading)
        if score is None or len(text[slice(*span)].split()) < SHORTEST:
            continue
        value = _score(
            question, text[slice(*span)], meant(text, sentences, position), score, around, reading, candidate
        )
        if question.wants_statement:
            value *= 0.35 + 0.65 * (said[position] if said else 0.9 * speaks(text[slice(*span)]))
        picks.append(Pick(candidate, position, span, value))
    return picks


def _within(sentences: tuple[Span, ...], start: int, end: int) -> range:
    """Positions of the sentences that a passage touches."""
    first = max(0, bisect_right(sentences, (start, start)) - 1)
    return range(first, bisect_left(sentences, (end, end)))


def _reader_score(span: Span, offset: int, reading: Reading) -> float | None:
    """The reader's score of the article's sentence `span`; None when the passage does not hold it."""
    middle = (span[0] + span[1]) // 2 - offset
    scores = [score for start, end, score in reading.sentences if start <= middle < end]
    return max(scores, default=None)


def _score(
    question: Question, sentence: str, context: str, read: float, around: float, reading: Reading, candidate: Candidate
) -> float:
    """0..1 from what the reader, the words, the passage and the retriever say."""
    own = coverage(question, context)
    parts = (read, own, around, reading.answerable, candidate.score, fits_kind(question.text, sentence))
    value = sum(weight * part for weight, part in zip(WEIGHTS, parts, strict=True))
    if sentence.endswith("?"):
        return value * ASKS
    return value if sentence[-1:] in '.!”"’)…。！' else value * HEADLINE


def _choose(
    picks: Sequence[Pick], question: Question, text_of: TextOf
) -> tuple[list[Pick], dict[tuple[str, int], list[Pick]]]:
    """The sentences to quote, and the same facts found in other articles."""
    chosen: list[Pick] = []
    copies: dict[tuple[str, int], list[Pick]] = {}
    for pick in picks:
        if pick.score < (KEEP_STATEMENT if question.wants_statement else KEEP) * picks[0].score:
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
        sentences.append(
            AnswerSentence(text[slice(*spans[position])], tuple(citations), round(min(1.0, pick.score), 3), True)
        )
    return sentences


def _other_places(pick: Pick, copies: dict[tuple[str, int], list[Pick]], text_of: TextOf) -> list[Citation]:
    """Where other articles state the same fact, one place an article, two at most."""
    places: dict[str, Citation] = {}
    for copy in copies.get(_key(pick), []):
        article_id = copy.candidate.passage.article_id
        if article_id != pick.candidate.passage.article_id:
            places.setdefault(article_id, cite(copy.candidate, text_of(article_id) or "", *copy.span))
    return list(places.values())[:2]


def _short(
    candidates: Sequence[Candidate], readings: Sequence[Reading | None], sentences: Sequence[AnswerSentence]
) -> str | None:
    """The reader's short answer, when it stands inside a quoted sentence; the surest reading first."""
    ranked = sorted(
        ((reading, candidate) for reading, candidate in zip(readings, candidates, strict=True) if reading),
        key=lambda both: -both[0].answerable,
    )
    for reading, candidate in ranked:
        if reading.start is None or reading.end is None:
            continue
        start, end = candidate.passage.start + reading.start, candidate.passage.start + reading.end
        for sentence in sentences:
            for place in sentence.citations:
                if place.article_id == candidate.passage.article_id and place.start <= start < end <= place.end:
                    return place.quote[start - place.start : end - place.start]
    return None


def merge(drafts: Sequence[Draft]) -> Draft:
    """The drafts of a question's parts as one; a sentence that answers two parts is quoted once."""
    sentences = {sentence.citations[0]: sentence for part in drafts for sentence in part.sentences}
    shorts = [part.short for part in drafts if part.short]
    return replace(
        drafts[0], sentences=tuple(sentences.values()), short=shorts[0] if len(drafts) == 1 and shorts else None
    )


def _key(pick: Pick) -> tuple[str, int]:
    return pick.candidate.passage.article_id, pick.position


def _text(pick: Pick, text_of: TextOf) -> str:
    return (text_of(pick.candidate.passage.article_id) or "")[slice(*pick.span)]
