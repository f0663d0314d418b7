"""What several articles tell, a sentence of each, word for word: a story by date, or what outlets say side by side.

In a story the most important article comes first, the others in the order of their dates; near-copies are counted, not
quoted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.answering.citations import Quoter, own_answer, quoted, said
from rag.answering.intents.listing import articles, select
from rag.answering.intents.understanding import Wish
from rag.answering.query.time_filter import within
from rag.library import Library
from rag.schema import Answer, AnswerSentence, Article, Citation, Filters
from rag.text.dates import day_in_words
from rag.text.names import names_in
from rag.text.sentences import split_sentences
from rag.text.words import stems

LOOKED_AT = 40  # passages
MOST = 8  # articles quoted
FEWEST = 2  # articles that make a story
LEADING = 3  # sentences in which an article says what it is about
NEAR = 0.42  # cosine from which an article that shares words with the topic tells of it
COPY = 0.6  # Jaccard of stems from which two articles begin alike
NAMED = 4  # names given for who takes part

MOST_OUTLETS = 6  # side by side
MOST_ARTICLES = 4  # of one outlet


@dataclass(frozen=True, slots=True)
class Told:
    """An article of the story, with how far it is about the topic."""

    article: Article
    near: float  # best cosine of its passages
    held: float  # share of the topic's words in its title and first sentences


def story(wish: Wish, library: Library, filters: Filters, today: date) -> Answer | None:
    """The story, None when fewer than two articles tell it; without a topic, the articles there are."""
    if not wish.topic:
        return articles(wish, library, filters, today)
    wanted = within(filters, wish.period) if wish.period else filters
    quoter = Quoter(library)
    telling = _telling(wish.topic, library, wanted, quoter)
    distinct, copies = _without_copies(telling)
    if len(distinct) < FEWEST:
        return None
    first, *rest = distinct[:MOST]
    ordered = [first, *sorted(rest, key=lambda one: one.article.published or date.max)]
    places = [place for one in ordered if (place := _lead(one.article, wish.topic, quoter))]
    head = _head([one.article for one in ordered], len(distinct), copies)
    return own_answer("story", wish.question, [said(head), *map(quoted, places)])


def _telling(topic: str, library: Library, filters: Filters, quoter: Quoter) -> list[Told]:
    """The articles about the topic, the most important first."""
    search = library.search(LOOKED_AT, filters)
    nearest: dict[str, float] = {}
    for one in search.retrieve(topic).candidates:
        key = one.passage.article_id
        nearest[key] = max(nearest.get(key, 0.0), one.dense or 0.0)
    wanted = set(stems(topic))
    found = []
    for article_id, near in nearest.items():
        article = quoter.article(article_id)
        held = _held(article, wanted) if article else 0.0
        if article and (held == 1.0 or (held >= 0.5 and near >= NEAR)):
            found.append(Told(article, near, held))
    return sorted(found, key=lambda one: (-one.held, -one.near))


def _held(article: Article, wanted: set[str]) -> float:
    """Share of the topic's stems in the title and the first sentences."""
    spans = split_sentences(article.text)[:LEADING]
    begin = set(stems(f"{article.title}\n{article.text[: spans[-1][1]] if spans else ''}"))
    return len(wanted & begin) / len(wanted) if wanted else 0.0


def _without_copies(telling: Sequence[Told]) -> tuple[list[Told], int]:
    """The articles that do not begin like one before them, and how many do."""
    kept: list[tuple[Told, set[str]]] = []
    copies = 0
    for one in telling:
        begin = set(stems(one.article.text[:600]))
        if any(len(begin & other) >= COPY * len(begin | other) for _, other in kept):
            copies += 1
        else:
            kept.append((one, begin))
    return [one for one, _ in kept], copies


def _lead(article: Article, topic: str, quoter: Quoter) -> Citation | None:
    """The one of the first sentences that holds most of the title and the topic."""
    wanted = Counter([*stems(article.title), *stems(topic)])
    spans = [span for span in split_sentences(article.text) if span[1] - span[0] >= 30][:LEADING]
    if not spans:
        return quoter.lead(article)
    held = [sum(wanted[one] for one in set(stems(article.text[slice(*span)]))) for span in spans]
    return quoter.cite(article, spans[held.index(max(held))])


def _head(told: Sequence[Article], count: int, copies: int) -> str:
    """How many tell it, from when to when, and who takes part."""
    outlets = len({one.publisher for one in told if one.publisher})
    days = sorted(one.published for one in told if one.published)
    parts = [f"{count} articles"]
    if outlets > 1:
        parts.append(f"from {outlets} outlets")
    parts.append("tell of this")
    if days:
        span = day_in_words(days[0]) if days[0] == days[-1] else f"{day_in_words(days[0])} to {day_in_words(days[-1])}"
        parts.append(f"({span})")
    head = " ".join(parts) + "."
    if names := most_named(told):
        head += f" Named most: {', '.join(names)}."
    if copies:
        head += f" {copies} near-{'copy is' if copies == 1 else 'copies are'} counted with them."
    return head


def most_named(told: Sequence[Article]) -> list[str]:
    """Names of several words in the most articles, in two at least; of two in as many, the one that comes first."""
    found = Counter(name for one in told for name in names_in(one.text) if len(name.split()) > 1)
    return [name for name, count in found.most_common(NAMED) if count >= FEWEST]


def account(wish: Wish, library: Library, filters: Filters, today: date) -> Answer | None:
    """What an outlet says about the topic; None without an outlet."""
    if not wish.outlets:
        return None
    return (
        _side_by_side(wish, wish.outlets, library, filters) if wish.topic else articles(wish, library, filters, today)
    )


def comparison(wish: Wish, library: Library, filters: Filters, _today: date) -> Answer | None:
    """What outlets say about the topic, one after the other; None where fewer than two say anything."""
    names = wish.outlets
    if not wish.topic:
        return None
    if len(names) < 2:
        found = select(replace(wish, outlets=()), library, filters)
        telling = (
            []
            if found.near
            else [one.publisher for one in found.articles(library, min(100, found.whole)) if one.publisher]
        )
        names = tuple(dict.fromkeys((*names, *telling)))[:MOST_OUTLETS]
    return _side_by_side(wish, names, library, filters) if len(names) > 1 else None


def _side_by_side(wish: Wish, names: Sequence[str], library: Library, filters: Filters) -> Answer:
    """The sentences of each outlet that speak of the topic, and which outlets do not."""
    quoter = Quoter(library)
    sentences: list[AnswerSentence] = []
    speakers: list[str | None] = []
    silent: list[str] = []
    for name in names:
        own = _sentences(replace(wish, outlets=(name,)), library, filters, quoter)
        sentences += own
        speakers += [name] * len(own)
        silent += [] if own else [name]
    head = _side_head(wish.topic, [name for name in names if name not in silent], silent)
    return own_answer("library", wish.question, [said(head), *sentences], speakers=(None, *speakers))


def _sentences(wish: Wish, library: Library, filters: Filters, quoter: Quoter) -> list[AnswerSentence]:
    """One sentence of each article of the outlet that mentions the topic, oldest first."""
    found = select(wish, library, filters)
    chosen = [] if found.near else found.articles(library, min(MOST_ARTICLES, found.whole))
    chosen.sort(key=lambda one: one.published or date.min)
    return [quoted(place) for one in chosen if (place := quoter.on(one, wish.topic))]


def _side_head(topic: str, telling: Sequence[str], silent: Sequence[str]) -> str:
    """'What Northern Ledger and Meridian Wire say about “the visit”, in their own words.'"""
    parts = []
    if telling:
        parts.append(f"What {_and(telling)} {'says' if len(telling) == 1 else 'say'} about “{topic}”, word for word.")
    if silent:
        parts.append(f"{_and(silent)} {'has' if len(silent) == 1 else 'have'} no article that mentions it.")
    return " ".join(parts)


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
