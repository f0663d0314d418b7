"""Citations: the exact place a sentence rests on, numbered in reading order; sentences of articles as citations; the
events of an answer with its marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag.schema import (
    Answer,
    AnswerSentence,
    Article,
    Candidate,
    Citation,
    Event,
    Kind,
    Passage,
    SentenceDone,
    TextDelta,
)
from rag.text.sentences import Span, split_sentences
from rag.text.words import stems

if TYPE_CHECKING:
    from rag.library import Library

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


# --- sentences of articles as citations

SHORTEST = 30  # characters: a shorter sentence is a dateline or a heading, and tells nothing by itself
LEADING = 3  # sentences among which the lead is looked for


@dataclass
class Quoter:
    """Quotes articles of one library; each is read once.

    >>> Quoter(library).cite(article, (0, 24)).quote  # doctest: +SKIP
    'The pier opened in 1890.'
    """

    library: Library
    _articles: dict[str, Article | None] = field(default_factory=dict)

    def article(self, article_id: str) -> Article | None:
        """The article, None when it has gone."""
        if article_id not in self._articles:
            self._articles[article_id] = self.library.article(article_id)
        return self._articles[article_id]

    def told(self, article: Article) -> list[Span]:
        """The sentences of the article that tell something, in order."""
        return _told(article)

    def lead(self, article: Article) -> Citation | None:
        """The sentence that the article begins with."""
        spans = _told(article)
        return self.cite(article, spans[0]) if spans else None

    def on(self, article: Article, topic: str) -> Citation | None:
        """The sentence that holds most of the topic, the first of those that hold as much; the lead for no topic."""
        wanted = set(stems(topic))
        spans = _told(article)
        if not spans or not wanted:
            return self.lead(article)
        held = [len(wanted & set(stems(article.text[slice(*span)]))) for span in spans]
        return self.cite(article, spans[held.index(max(held))])

    def cite(self, article: Article, span: Span) -> Citation:
        """A place of the article, not numbered yet."""
        known = self.library.store.known(article.id)
        return Citation(
            number=0,
            article_id=article.id,
            title=article.title,
            start=span[0],
            end=span[1],
            quote=article.text[slice(*span)],
            publisher=article.publisher,
            published=article.published,
            url=article.url,
            version=known.text_digest if known else "",
            also=self.library.sources(article.id),
        )


def _told(article: Article) -> list[Span]:
    """The sentences that tell something; all of them when none is long enough."""
    spans = split_sentences(article.text)
    return [span for span in spans if span[1] - span[0] >= SHORTEST] or list(spans)


def own_answer(
    kind: Kind, question: str, sentences: Iterable[AnswerSentence], *, answered: bool = True, **more: object
) -> Answer:
    """An answer that the assistant gives without reading: numbered, marked and sure."""
    numbered = number(sentences)
    made = Answer(
        question=question,
        text=" ".join(map(marked, numbered)),
        answered=answered,
        sentences=numbered,
        citations=cited(numbered),
        confidence=1.0 if answered else 0.0,
        model="library",
        kind=kind,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # fields of Answer by their names


def said(text: str, citations: Sequence[Citation] = ()) -> AnswerSentence:
    """A sentence that is counted or known, not quoted: what it rests on is listed with it."""
    return AnswerSentence(text, tuple(citations), 1.0, True)


def quoted(citation: Citation) -> AnswerSentence:
    """A sentence of an article, word for word."""
    return AnswerSentence(citation.quote, (citation,), 1.0, True)
