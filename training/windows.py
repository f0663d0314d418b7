"""Training windows: from question rows to the (question, title, passage) inputs that the product will show the reader.

In: JSON lines of question, title, context, answers, answerable, source. Out: `Window`s, some the whole paragraph,
most a
run of its sentences, a part of them with the title in front; unanswerable twins share the window of an answerable one.
Some twins are made by program: the same question with another name or number of the passage in it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag.text.sentences import Span, split_sentences
from training.corrupt import swap_name, swap_number

Row = dict[str, Any]

# Of windows that keep the whole paragraph; the rest are cropped: two thirds of the tokens for one more lesson.
WHOLE_SHARE = 0.3
TITLE_SHARE = 0.4  # of windows with the title in front, as the product shows the first passage of an article
SWAPPED_SHARE = 0.12  # of answerable questions that get a twin with another name or number in it
CROP_WORDS = (25, 85)  # size of a crop, in words: the product reads windows of one to five sentences
MAX_PARAGRAPH_WORDS = 190  # longer contexts are always cropped


@dataclass(frozen=True, slots=True)
class Window:
    """One training input. `answer` is a span of `text`, None when the text does not answer.

    For a statement instead of a question `supported` is set and `answer` is the span that supports it.
    """

    question: str
    title: str
    text: str
    answer: Span | None
    source: str
    supported: bool | None = None


def make_windows(rows: Sequence[Row], seed: int) -> list[list[Window]]:
    """Groups of windows, one a context (its answerable questions with their twins); each group should meet in one
    batch."""
    rng = random.Random(seed)
    by_context: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_context[row["context"]].append(row)
    return [_windows_of_context(group, rng) for group in by_context.values()]


def _windows_of_context(rows: Sequence[Row], rng: random.Random) -> list[Window]:
    windows: list[Window] = []
    crops: list[Span] = []
    for row in sorted(rows, key=lambda row: not row["answerable"]):
        answer = answer_span(row)
        if row["answerable"] and answer is None:
            continue
        if answer is not None:
            crop = crop_around(row["context"], answer, rng)
            crops.append(crop)
        else:
            crop = rng.choice(crops) if crops else crop_around(row["context"], None, rng)
        windows.append(_window(row, crop, answer, rng))
        if answer is not None and rng.random() < SWAPPED_SHARE and (twin := _swapped(row, rng)):
            windows.append(_window(twin, crop, None, rng))
    return windows


def _swapped(row: Row, rng: random.Random) -> Row | None:
    """The row with a question that the passage does not answer: about another name or number of it."""
    question = row["question"]
    changed = swap_number(question, row["context"], rng) or swap_name(question, row["context"], rng)
    return dict(row, question=changed, source="swapped") if changed else None


def answer_span(row: Row) -> Span | None:
    for answer in row["answers"]:
        start, end = answer["start"], answer["start"] + len(answer["text"])
        if row["context"][start:end] == answer["text"] and answer["text"].strip():
            return start, end
    return None


def _window(row: Row, crop: Span, answer: Span | None, rng: random.Random) -> Window:
    start, end = crop
    title = str(row.get("title") or "").replace("_", " ") if rng.random() < TITLE_SHARE else ""
    shifted = (answer[0] - start, answer[1] - start) if answer else None
    return Window(row["question"].strip(), title, row["context"][start:end], shifted, row["source"])


def crop_around(text: str, answer: Span | None, rng: random.Random) -> Span:
    """A run of whole sentences that holds the answer (anywhere when there is none), or the whole text."""
    words = text.count(" ") + 1
    if words <= MAX_PARAGRAPH_WORDS and rng.random() < WHOLE_SHARE:
        return 0, len(text)
    spans = split_sentences(text)
    if not spans:
        return 0, len(text)
    point = answer[0] if answer else rng.randrange(len(text))
    first = max((i for i, span in enumerate(spans) if span[0] <= point), default=0)
    last = first
    if answer:
        last = max((i for i, span in enumerate(spans) if span[0] < answer[1]), default=first)
    return _grow(text, spans, first, max(first, last), rng)


def _grow(text: str, spans: Sequence[Span], first: int, last: int, rng: random.Random) -> Span:
    """Add sentences before and after at random until a random number of words is reached."""
    target = rng.randint(*CROP_WORDS)
    while True:
        size = text.count(" ", spans[first][0], spans[last][1])
        sides = [side for side, open_ in ((-1, first > 0), (1, last + 1 < len(spans))) if open_]
        if size >= target or not sides:
            return spans[first][0], spans[last][1]
        side = rng.choice(sides)
        new_first, new_last = (first - 1, last) if side < 0 else (first, last + 1)
        if text.count(" ", spans[new_first][0], spans[new_last][1]) > MAX_PARAGRAPH_WORDS:
            return spans[first][0], spans[last][1]
        first, last = new_first, new_last
