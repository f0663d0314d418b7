"""Statements for the support head: sentences that a passage supports, and near misses that it does not.

Two sources, both made by program from the question rows. Sentences of the passage, shortened as a summary would, or
corrupted; and a question with its answer turned into a statement, or with another answer of the passage. Half of the
statements are supported.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from rag.text.sentences import Span, split_sentences
from training.corrupt import corrupt
from training.windows import Row, Window, answer_span, crop_around

_OPENING = re.compile(r"^(?:However|Moreover|Furthermore|In addition|Additionally|Therefore|Thus|Also|Then|Indeed),\s*")
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_ASIDE = re.compile(
    r", (?:which|who|where|whose|including|such as|as well as|with|and|but|while|after|before)\b[^,.;]*"
)
_TAIL = re.compile(r"(?:, (?:which|who|where|including|and|but|while|although|as|with)\b|; | when | because | after )")
_SUBJECT = re.compile(
    r"^(?:Who|What|Which(?: [\w-]+){1,3}?|What(?: [\w-]+){1,2}?) ((?!did|does|do)[a-z]+) (.+?)\s*\?*$"
)
_WHEN = re.compile(
    r"^(?:When|In (?:what|which) year|In what month|Where|On what date) (?:did|was|were|is|does) (.+?)\?*$"
)
_DANGLING = re.compile(
    r"\b(?:in|of|at|to|for|by|from|with|on|about|into|called|named|known|born|located|considered|than|as)$"
)
_WORDS = (6, 45)  # of a sentence that becomes a statement


def statements(rows: Sequence[Row], foreign: str, rng: random.Random) -> list[Window]:
    """Two windows of one context: one supported, one not. `foreign` is another passage, of the same article if any."""
    context = rows[0]["context"]
    makers = [_from_sentence, _from_answer]
    rng.shuffle(makers)
    for maker in makers:
        made = maker(rows, context, foreign, rng)
        if made:
            return made
    return []


def _from_sentence(rows: Sequence[Row], context: str, foreign: str, rng: random.Random) -> list[Window]:
    spans = [span for span in split_sentences(context) if _WORDS[0] <= context[slice(*span)].count(" ") < _WORDS[1]]
    if not spans:
        return []
    true, other = rng.choice(spans), rng.choice(spans)
    windows = [_window(_shorten(context[slice(*true)], rng), rows[0], true, rng, supported=True)]
    false = context[slice(*other)]
    if foreign and rng.random() < 0.15:
        return [*windows, Window(_shorten(false, rng), "", foreign, None, "statement", supported=False)]
    changed = corrupt(_shorten(false, rng), context, rng)
    return [*windows, _window(changed, rows[0], other, rng, supported=False)] if changed else windows


def _from_answer(rows: Sequence[Row], context: str, foreign: str, rng: random.Random) -> list[Window]:
    spans = {answer: row for row in rows if row["answerable"] and (answer := answer_span(row))}
    usable = [(span, row) for span, row in spans.items() if declarative(row["question"], "X")]
    if not usable:
        return []
    span, row = rng.choice(usable)
    text = context[slice(*span)]
    windows = [_window(declarative(row["question"], text) or "", row, span, rng, supported=True)]
    wrong = [context[slice(*one)] for one in spans if _alike(context[slice(*one)], text)]
    refused = [one for one in rows if not one["answerable"] and declarative(one["question"], "X")]
    if refused and rng.random() < 0.6:
        false, given = rng.choice(refused), context[slice(*rng.choice(sorted(spans)))]
    elif wrong:
        false, given = row, rng.choice(wrong)
    else:
        return windows
    statement = declarative(false["question"], given)
    return [*windows, _window(statement or "", false, span, rng, supported=False)]


def declarative(question: str, answer: str) -> str | None:
    """The question with its answer as a statement; None for questions that would need more than moving words."""
    question, answer = question.strip(), answer.rstrip(" .,;")
    found = _SUBJECT.match(question)
    if found and not _DANGLING.search(found[2]):
        return f"{answer} {found[1]} {found[2]}."
    found = _WHEN.match(question)
    if found and not _DANGLING.search(found[1]):
        return f"{found[1]} {'on' if ' ' in answer and any(map(str.isdigit, answer)) else 'in'} {answer}."
    return None


def _alike(one: str, other: str) -> bool:
    """Whether two answers are of one kind, so that either could stand in the statement, and not nearly the same."""
    if set(one.casefold().split()) & set(other.casefold().split()):
        return False
    return _kind(one) == _kind(other)


def _kind(answer: str) -> int:
    return 2 if any(map(str.isdigit, answer)) else int(answer[:1].isupper())


def _shorten(sentence: str, rng: random.Random) -> str:
    """The sentence as a summary might put it: brackets, openings and asides gone, or cut at a clause; still true."""
    text = _OPENING.sub("", sentence)
    if rng.random() < 0.7:
        text = _BRACKETS.sub("", text)
    if rng.random() < 0.4:
        text = _ASIDE.sub("", text, count=1)
    if rng.random() < 0.4 and (cut := _TAIL.search(text, 30)):
        text = text[: cut.start()] + "."
    return text[:1].upper() + text[1:]


def _window(statement: str, row: Row, where: Span, rng: random.Random, *, supported: bool) -> Window:
    start, end = crop_around(row["context"], where, rng)
    span = (where[0] - start, where[1] - start) if supported else None
    return Window(statement, "", row["context"][start:end], span, "statement", supported=supported)
