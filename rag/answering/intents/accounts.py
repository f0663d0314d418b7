"""What an outlet says about a topic, and what several say side by side: their own sentences, under their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rag.answering.intents.listing import articles
from rag.answering.intents.quoting import Quoter, own_answer, quoted, said
from rag.answering.intents.selection import select
from rag.answering.intents.understanding import Wish
from rag.library import Library
from rag.schema import Answer, AnswerSentence, Filters

MOST_OUTLETS = 6  # side by side
MOST_ARTICLES = 4  # of one outlet


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
        telling = [] if found.near else [one.publisher for one in found.articles(library, 100) if one.publisher]
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
    head = _head(wish.topic, [name for name in names if name not in silent], silent)
    return own_answer("library", wish.question, [said(head), *sentences], speakers=(None, *speakers))


def _sentences(wish: Wish, library: Library, filters: Filters, quoter: Quoter) -> list[AnswerSentence]:
    """One sentence of each article of the outlet that mentions the topic, oldest first."""
    found = select(wish, library, filters)
    chosen = [] if found.near else found.articles(library, MOST_ARTICLES)
    chosen.sort(key=lambda one: one.published or date.min)
    return [quoted(place) for one in chosen if (place := quoter.on(one, wish.topic))]


def _head(topic: str, telling: Sequence[str], silent: Sequence[str]) -> str:
    """'What Northern Ledger and Meridian Wire say about “the visit”, in their own words.'"""
    parts = []
    if telling:
        parts.append(f"What {_and(telling)} {'says' if len(telling) == 1 else 'say'} about “{topic}”, word for word.")
    if silent:
        parts.append(f"{_and(silent)} {'has' if len(silent) == 1 else 'have'} no article that mentions it.")
    return " ".join(parts)


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
