"""Citations: the exact place a sentence rests on, numbered in reading order; the events of an answer with its marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rag.schema import Answer, AnswerSentence, Candidate, Citation, Event, Passage, SentenceDone, TextDelta

UNVERIFIED = "[not verified]"  # behind a sentence of a chat model that the articles do not bear out


def cite(candidate: Candidate, article_text: str, start: int, end: int) -> Citation:
    """The citation of `article_text[start:end]`, not numbered yet; `candidate` gives the article's head."""
    if not 0 <= start < end <= len(article_text):
        raise ValueError(f"no passage at {start}:{end} in a text of {len(article_text)} characters")
    return _citation(candidate, start, end, article_text[start:end])


def cite_within(candidate: Candidate, start: int, end: int) -> Citation:
    """The citation of characters `start` to `end` of the passage itself, not numbered yet."""
    passage = candidate.passage
    return _citation(candidate, passage.start + start, passage.start + end, passage.text[start:end])


def _citation(candidate: Candidate, start: int, end: int, quote: str) -> Citation:
    return Citation(
        number=0,
        article_id=candidate.passage.article_id,
        title=candidate.title,
        start=start,
        end=end,
        quote=quote,
        publisher=candidate.publisher,
        published=candidate.published,
        url=candidate.url,
        version=candidate.version,
        also=candidate.also,
    )


def holds(citation: Citation, article_text: str | None) -> bool:
    """Whether the article (None when it is gone) still says the quoted words at the cited place."""
    return article_text is not None and article_text[citation.start : citation.end] == citation.quote


def stands(passage: Passage, article_text: str | None) -> bool:
    """Whether the article (None when it is gone) still holds the passage at its place."""
    return article_text is not None and article_text[passage.start : passage.end] == passage.text


def number(sentences: Iterable[AnswerSentence]) -> tuple[AnswerSentence, ...]:
    """The sentences with citations numbered from 1 in reading order; the same place has the same number."""
    numbers: dict[tuple[str, int, int], int] = {}
    numbered: list[AnswerSentence] = []
    for sentence in sentences:
        citations = tuple(
            replace(citation, number=numbers.setdefault(_place(citation), len(numbers) + 1))
            for citation in sentence.citations
        )
        numbered.append(sentence._replace(citations=citations))
    return tuple(numbered)


def cited(sentences: Iterable[AnswerSentence]) -> tuple[Citation, ...]:
    """Every citation of the numbered sentences once, by number."""
    found = {citation.number: citation for sentence in sentences for citation in sentence.citations}
    return tuple(found[key] for key in sorted(found))


def marked(sentence: AnswerSentence) -> str:
    """The sentence followed by its marks: 'It rained. [1][2]'; one that was checked in vain says so."""
    marks = "".join(f"[{citation.number}]" for citation in sentence.citations)
    return " ".join(part for part in (sentence.text, marks, "" if sentence.verified else UNVERIFIED) if part)


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.article_id, citation.start, citation.end


def told(answer: Answer) -> Iterator[Event]:
    """The events of an answer's text."""
    end = 0
    for sentence in answer.sentences:
        start, end = end, answer.text.index(marked(sentence), end) + len(marked(sentence))
        yield TextDelta(answer.text[start:end])
        yield SentenceDone(sentence)
    if end < len(answer.text):
        yield TextDelta(answer.text[end:])
