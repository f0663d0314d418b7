"""Keywords in place of a question: the sentences that hold them, word for word, of the articles they fit best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.answering.intents.quoting import Quoter, own_answer, quoted
from rag.answering.intents.understanding import Wish
from rag.answering.query.time_filter import within
from rag.library import Library
from rag.schema import Answer, Article, Filters
from rag.text.sentences import Span, split_sentences
from rag.text.words import stems, words

LOOKED_AT = 24  # passages
MOST = 3  # articles quoted
LEAST = 0.6  # share of the keywords, weighed, that an article must hold of what the best one holds
IN_TITLE = 0.8  # what a keyword in the title counts beside one in the sentence
NEAR = 0.45  # cosine from which a passage that holds none of the keywords is shown for them
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion", "tn": "trillion"}
_SCALED = re.compile(r"(?<=\d)\s?(k|mn?|bn|tn)\b", re.I)


@dataclass(frozen=True, slots=True)
class Hit:
    """The best sentence of an article for the keywords."""

    article: Article
    span: Span
    worth: float


def keywords(wish: Wish, library: Library, filters: Filters, _today: date) -> Answer | None:
    """The sentences for the keywords; None when the articles hold nothing of them."""
    typed = _SCALED.sub(lambda found: f" {_SCALES[found[1].lower()]}", wish.question)
    wanted = within(filters, wish.period) if wish.period else filters
    search = library.search(LOOKED_AT, wanted)
    candidates = search.retrieve(typed).candidates
    quoter = Quoter(library)
    near: dict[str, float] = {}
    for one in candidates:
        near.setdefault(one.passage.article_id, one.dense or 0.0)
    found = [(key, article) for key in near if (article := quoter.article(key))]
    hits = [hit for key, article in found if (hit := _hit(article, typed, near[key]))]
    hits.sort(key=lambda one: -one.worth)
    chosen = [one for one in hits if one.worth >= LEAST * hits[0].worth][:MOST]
    if not chosen:
        return None
    sentences = [quoted(quoter.cite(one.article, one.span)) for one in chosen]
    made = own_answer("answer", wish.question, sentences)
    note = "Sentences with these words; ask a whole question for an answer."
    return replace(made, candidates=candidates, confidence=round(min(1.0, chosen[0].worth), 4), notes=(note,))


def _hit(article: Article, typed: str, near: float) -> Hit | None:
    """The sentence that holds most of the keywords that the title lacks; the first for those in the title."""
    wanted = list(dict.fromkeys([*stems(typed), *(word for word in words(typed) if word[:1].isdigit())]))
    title, spans = set(stems(article.title)) | set(words(article.title)), _spans(article)
    if not spans or not wanted:
        return None
    held = [_held(article.text[slice(*span)], wanted, title) for span in spans]
    best = max(held)
    if best <= 0 and near < NEAR:
        return None
    worth = max(best / len(wanted), near if best <= 0 else 0.0)
    return Hit(article, spans[held.index(best)], worth)


def _held(sentence: str, wanted: Sequence[str], title: set[str]) -> float:
    """How many keywords the sentence holds, those of its title counted for less."""
    inside = set(stems(sentence)) | set(words(sentence))
    return sum(1.0 if word in inside else IN_TITLE if word in title else 0.0 for word in wanted)


def _spans(article: Article) -> list[Span]:
    return [span for span in split_sentences(article.text) if span[1] - span[0] >= 30]
