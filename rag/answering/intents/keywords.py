"""What is typed in place of a question: keywords give the sentences that hold them, a title the lead of its article."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rapidfuzz import fuzz

from rag.answering.citations import Quoter, own_answer, quoted
from rag.answering.intents.understanding import Wish
from rag.answering.query.analysis import Question, analyse
from rag.answering.query.time_filter import within
from rag.answering.reading.refusal import bears, holds
from rag.library import Library
from rag.schema import Answer, Article, Filters
from rag.text.sentences import Span, split_sentences
from rag.text.words import stems, words

LOOKED_AT = 24  # passages
FEWEST_TITLE = 4  # words: a shorter title may be asked about without being meant
ALIKE = 92.0  # of 100: letters of the two titles, case and marks apart; a word left out or misspelt is forgiven
LEADING = 2  # sentences of a title's article
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
    asked = analyse(wish.question)
    typed = _SCALED.sub(lambda found: f" {_SCALES[found[1].lower()]}", asked.wanted)
    wanted = within(filters, wish.period) if wish.period else filters
    searched = library.search(LOOKED_AT, wanted).retrieve(f"{typed} {asked.searched}")
    quoter = Quoter(library)
    near: dict[str, float] = {}
    for one in searched.candidates:
        near.setdefault(one.passage.article_id, one.dense or 0.0)
    found = [(key, article) for key in near if (article := quoter.article(key))]
    hits = [hit for key, article in found if (hit := _hit(article, asked, typed, near[key]))]
    hits.sort(key=lambda one: -one.worth)
    chosen = [one for one in hits if one.worth >= LEAST * hits[0].worth][:MOST]
    if not chosen:
        return None
    sentences = [quoted(quoter.cite(one.article, one.span)) for one in chosen]
    made = own_answer("answer", wish.question, sentences)
    note = "Sentences with these words; whether they answer was not judged."
    notes = (note, *([searched.note] if searched.note else []))
    sure = round(min(1.0, chosen[0].worth), 4)
    return replace(made, candidates=searched.candidates, confidence=sure, notes=notes)


def _hit(article: Article, asked: Question, typed: str, near: float) -> Hit | None:
    """The sentence that holds most of the keywords that the title lacks; the first for those in the title.

    None without what stands in quotation marks or a figure that was typed, or with what is to be left out.
    """
    if any(holds(article.title, word) for word in asked.left_out):
        return None
    wanted = list(dict.fromkeys([*stems(typed), *filter(_is_number, _plain_words(typed))]))
    title, spans = set(stems(article.title)) | set(_plain_words(article.title)), _spans(article, asked)
    spans = [span for span in spans if bears(f"{article.title}\n{article.text[slice(*span)]}", asked)]
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
    inside = set(stems(sentence)) | set(_plain_words(sentence))
    return sum(1.0 if word in inside else IN_TITLE if word in title else 0.0 for word in wanted)


def _plain_words(text: str) -> list[str]:
    """The words of a text, figures without marks between thousands."""
    return [word.replace(",", "") if _is_number(word) else word for word in words(text)]


def _is_number(word: str) -> bool:
    return word[:1].isdigit()


def _spans(article: Article, asked: Question) -> list[Span]:
    spans = [span for span in split_sentences(article.text) if span[1] - span[0] >= 30]
    return [span for span in spans if _may_be_shown(article.text[slice(*span)], asked)]


def _may_be_shown(sentence: str, asked: Question) -> bool:
    """Whether a sentence has every phrase in quotation marks and no word that is to be left out."""
    wanted = all(holds(sentence, phrase) for phrase in asked.phrases)
    return wanted and not any(holds(sentence, word) for word in asked.left_out)


def titled(wish: Wish, library: Library, filters: Filters, _today: date) -> Answer | None:
    """The lead of the article with this title; None for what is no title, or asks."""
    typed = words(wish.question)
    if len(typed) < FEWEST_TITLE or wish.question.rstrip().endswith("?"):
        return None
    found = library.store.search_lexical(typed, LOOKED_AT, filters)
    held = library.store.candidates([one for one, _ in found]).values()
    asked = " ".join(typed)
    near = [(fuzz.ratio(asked, " ".join(words(one.title))), one.passage.article_id) for one in held]
    likeness, article_id = max(near, default=(0.0, ""))
    quoter = Quoter(library)
    article = quoter.article(article_id) if likeness >= ALIKE else None
    if article is None:
        return None
    leads = [quoted(quoter.cite(article, span)) for span in quoter.told(article)[:LEADING]]
    return own_answer("answer", wish.question, leads) if leads else None
