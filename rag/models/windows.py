"""Passages as the reader sees them: token windows that end at sentences, with the title in front of each.

In: a question and passages. Out: windows of token ids with, for each token, its characters and its sentence in the
passage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.text.sentences import Span, split_sentences

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CLS, SEP = 101, 102  # of the BERT vocabulary
MAX_QUESTION = 64  # word pieces; longer questions keep their beginning and end
MAX_STATEMENT = 90  # word pieces of a statement that is checked: 60 words
MAX_TITLE = 24
MAX_WINDOW = 384  # word pieces in all, as in training; the cost of attention grows with the square


@dataclass(frozen=True, slots=True)
class TokenWindow:
    """One input of the reader. `starts`, `ends`, `sentences` belong to the passage's tokens, which begin at
    `offset`."""

    passage: int  # number of the passage it comes from
    ids: list[int]
    offset: int  # of the first passage token in `ids`
    question: int  # tokens of the first segment
    starts: NDArray[np.int64]  # characters in the passage
    ends: NDArray[np.int64]
    sentences: NDArray[np.int64]  # number of the sentence in the passage

    @property
    def type_ids(self) -> list[int]:
        """Segment types: 0 for the question, 1 for title and passage."""
        return [0] * self.question + [1] * (len(self.ids) - self.question)


class Windower:
    """Cuts passages into windows of at most `window` word pieces for a question, or a statement, of `longest`."""

    def __init__(
        self, tokenizer: Tokenizer, question: str, longest: int = MAX_QUESTION, window: int = MAX_WINDOW
    ) -> None:
        self._tokenizer, self._window = tokenizer, window
        self._known: dict[str, list[int]] = {}
        ids = self._ids(question[:2000])
        if len(ids) > longest:
            half = longest // 2
            ids = ids[:half] + ids[-half:]
        self._head = [CLS, *ids, SEP]

    def windows(
        self, passages: Sequence[str], titles: Sequence[str], sentences: Sequence[Sequence[Span]] | None = None
    ) -> list[list[TokenWindow]]:
        """The windows of each passage, in order; none for a passage without words.

        `sentences` are the spans of each passage's sentences where they are known.
        """
        known = sentences if sentences is not None else [split_sentences(passage) for passage in passages]
        encodings = self._tokenizer.encode_batch(list(passages), add_special_tokens=False)
        result = []
        for number, (spans, title, encoding) in enumerate(zip(known, titles, encodings, strict=True)):
            offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
            result.append(list(self._cut(number, spans, title, encoding.ids, offsets)))
        return result

    def _cut(
        self, number: int, spans: Sequence[Span], title: str, ids: Sequence[int], offsets: NDArray[np.int64]
    ) -> Iterator[TokenWindow]:
        front = [*self._head, *self._title(title)]
        if not ids or not spans:
            return
        first_chars = np.asarray([span[0] for span in spans])
        sentences = np.maximum(np.searchsorted(first_chars, offsets[:, 0], side="right") - 1, 0)
        for start, end in _ranges(sentences, self._window - len(front) - 1):
            window = [*front, *ids[start:end], SEP]
            yield TokenWindow(
                number,
                window,
                len(front),
                len(self._head),
                offsets[start:end, 0],
                offsets[start:end, 1],
                sentences[start:end],
            )

    def _title(self, title: str) -> list[int]:
        return [*self._ids(title[:400])[:MAX_TITLE], *self._ids(".")] if title.strip() else []

    def _ids(self, text: str) -> list[int]:
        """The word pieces of a question, a title or a stop; passages of one article share their title."""
        if text not in self._known:
            self._known[text] = list(self._tokenizer.encode(text, add_special_tokens=False).ids)
        return self._known[text]


def _ranges(sentences: NDArray[np.int64], room: int) -> Iterator[Span]:
    """Token ranges of at most `room` tokens that end at sentences; the next begins one sentence back where that
    fits."""
    total, start = len(sentences), 0
    borders = [0, *(np.flatnonzero(np.diff(sentences)) + 1).tolist(), total]
    while start < total:
        end = max((border for border in borders if start < border <= start + room), default=min(start + room, total))
        yield start, end
        if end == total:
            return
        back = max((border for border in borders if start < border < end), default=end)
        start = back if end - back <= room // 3 else end
