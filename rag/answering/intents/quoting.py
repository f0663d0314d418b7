"""Sentences of articles as citations: the one that speaks of a topic, or the one that an article begins with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rag.answering.citations import cited, marked, number
from rag.library import Library
from rag.schema import Answer, AnswerSentence, Article, Citation, Kind
from rag.text.sentences import Span, split_sentences
from rag.text.words import stems

SHORTEST = 30  # characters: a shorter sentence is a dateline or a heading, and tells nothing by itself
LEADING = 3  # sentences among which the lead is looked for


@dataclass
class Quoter:
    """Quotes articles of one library; each is read once."""

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
