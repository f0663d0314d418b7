"""Statements for the support head: sentences that a passage supports, and near misses that it does not.

Two sources, both made by program from the question rows. Sentences of the passage, reworded as a summary would, or
corrupted; and a question with its answer turned into a statement, or with another answer of the passage. Half of the
statements are supported.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from rag.text.sentences import Span, split_sentences
from rag.text.words import stems
from training.corrupt import corrupt, splice
from training.declarative import declarative
from training.rephrase import join, shorten
from training.windows import Row, Window, answer_span, crop_around

_WORDS = (6, 45)  # of a sentence that becomes a statement
_JOINED_SHARE = 0.25  # of true statements, where two neighbouring sentences can be joined
_FOREIGN_SHARE, _FOREIGN_TAIL_SHARE = 0.2, 0.15  # of false statements: of another passage, whole or its end alone


def statements(rows: Sequence[Row], foreign: str, rng: random.Random) -> list[Window]:
    """Pairs of windows of one context: one supported, one not. `foreign` is a passage of the same article, if any."""
    context = rows[0]["context"]
    return [*_from_sentence(rows, context, foreign, rng), *_from_answer(rows, context, rng)]


def _from_sentence(rows: Sequence[Row], context: str, foreign: str, rng: random.Random) -> list[Window]:
    spans = _sentences(context)
    if not spans:
        return []
    true, other = rng.choice(spans), rng.choice(spans)
    windows = [_window(*_true(context, true, rng), rows[0], rng, supported=True)]
    changed = _false(context, other, foreign, rng)
    return [*windows, _window(changed, other, rows[0], rng, supported=False)] if changed else windows


def _true(context: str, span: Span, rng: random.Random) -> tuple[str, Span]:
    """A true statement from the sentence at `span`, and where the context says it."""
    if rng.random() < _JOINED_SHARE:
        for one, following in pairwise(split_sentences(context)):
            both = join(shorten(context[slice(*one)], rng), context[slice(*following)], rng)
            if both and one == span:
                return both, (one[0], following[1])
    return shorten(context[slice(*span)], rng), span


def _false(context: str, span: Span, foreign: str, rng: random.Random) -> str | None:
    """A false statement about the context, near what it says at `span`."""
    sentence, chance = shorten(context[slice(*span)], rng), rng.random()
    if foreign and chance < _FOREIGN_SHARE:
        return _about_the_same(context, foreign, rng)
    if foreign and chance < _FOREIGN_SHARE + _FOREIGN_TAIL_SHARE and (made := splice(sentence, foreign, rng)):
        return made
    return corrupt(sentence, context, rng)


def _about_the_same(context: str, foreign: str, rng: random.Random) -> str | None:
    """The sentence of another passage that shares most words with the context: what it adds is not said here."""
    held = frozenset(stems(context))
    found = [foreign[slice(*span)] for span in _sentences(foreign)]
    if not found:
        return None
    best = max(found, key=lambda sentence: sum(stem in held for stem in stems(sentence)) / len(stems(sentence) or "-"))
    return shorten(best, rng)


def _from_answer(rows: Sequence[Row], context: str, rng: random.Random) -> list[Window]:
    spans = {answer: row for row in rows if row["answerable"] and (answer := answer_span(row))}
    usable = [(span, row) for span, row in spans.items() if declarative(row["question"], "X")]
    if not usable:
        return []
    span, row = rng.choice(usable)
    text = context[slice(*span)]
    windows = [_window(declarative(row["question"], text) or "", span, row, rng, supported=True)]
    wrong = [context[slice(*one)] for one in spans if _alike(context[slice(*one)], text)]
    refused = [one for one in rows if not one["answerable"] and declarative(one["question"], "X")]
    if refused and rng.random() < 0.6:
        false, given = rng.choice(refused), context[slice(*rng.choice(sorted(spans)))]
    elif wrong:
        false, given = row, rng.choice(wrong)
    else:
        return windows
    statement = declarative(false["question"], given)
    return [*windows, _window(statement or "", span, false, rng, supported=False)]


def _sentences(text: str) -> list[Span]:
    return [span for span in split_sentences(text) if _WORDS[0] <= text[slice(*span)].count(" ") < _WORDS[1]]


def _alike(one: str, other: str) -> bool:
    """Whether two answers are of one kind, so that either could stand in the statement, and not nearly the same."""
    if set(one.casefold().split()) & set(other.casefold().split()):
        return False
    return _kind(one) == _kind(other)


def _kind(answer: str) -> int:
    return 2 if any(map(str.isdigit, answer)) else int(answer[:1].isupper())


def _window(statement: str, where: Span, row: Row, rng: random.Random, *, supported: bool) -> Window:
    start, end = crop_around(row["context"], where, rng)
    span = (where[0] - start, where[1] - start) if supported else None
    return Window(statement, "", row["context"][start:end], span, "statement", supported=supported)
