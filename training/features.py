"""Windows as token arrays: what the network is fed and the labels it learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer

from rag.text.sentences import Span, split_sentences
from training.windows import Window

MAX_TOKENS = 288
TITLE_MARK = ". "  # between title and passage, as rag.models.reader writes it


@dataclass(frozen=True, slots=True)
class Features:
    """One window for the network. Positions are token positions; (0, 0), the first token, means "no answer here"."""

    ids: np.ndarray  # int64 [tokens]
    types: np.ndarray  # int64 [tokens], 0 question, 1 passage
    sentences: np.ndarray  # int64 [tokens], number of the passage sentence the token is in, -1 for none
    sentence_labels: np.ndarray  # float32 [sentences], 1 where the answer overlaps
    start: int
    end: int
    supported: float = -1.0  # for statements 1 or 0; -1 for questions


def encode(windows: Sequence[Window], tokenizer: Tokenizer) -> list[Features | None]:
    """Features of each window, in order; None where the answer fell behind the token limit."""
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    tokenizer.no_padding()
    prefixes = [window.title + TITLE_MARK if window.title else "" for window in windows]
    pairs = [(window.question[:300], prefix + window.text) for window, prefix in zip(windows, prefixes, strict=True)]
    encodings = tokenizer.encode_batch(pairs)
    return [
        _features(encoding, window, len(prefix))
        for encoding, window, prefix in zip(encodings, windows, prefixes, strict=True)
    ]


def _features(encoding: Encoding, window: Window, shift: int) -> Features | None:
    types = np.asarray(encoding.type_ids, dtype=np.int64)
    offsets = np.asarray(encoding.offsets, dtype=np.int64) - shift
    passage = (types == 1) & (offsets[:, 0] >= 0) & (offsets[:, 1] > offsets[:, 0])
    spans = split_sentences(window.text)
    sentences = np.full(len(types), -1, dtype=np.int64)
    starts = np.asarray([span[0] for span in spans] or [0])
    sentences[passage] = np.searchsorted(starts, offsets[passage, 0], side="right") - 1
    start = end = 0
    if window.answer is not None:
        inside = passage & (offsets[:, 0] < window.answer[1]) & (offsets[:, 1] > window.answer[0])
        positions = np.flatnonzero(inside)
        if not len(positions):
            return None
        start, end = int(positions[0]), int(positions[-1])
    supported = -1.0 if window.supported is None else float(window.supported)
    labels = np.asarray([_overlaps(span, window.answer) for span in spans], dtype=np.float32)
    return Features(np.asarray(encoding.ids, dtype=np.int64), types, sentences, labels, start, end, supported)


def _overlaps(span: Span, answer: Span | None) -> bool:
    return answer is not None and span[0] < answer[1] and span[1] > answer[0]


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded features: tensors [windows, tokens], sentence labels flat with their cells."""

    ids: torch.Tensor
    mask: torch.Tensor
    types: torch.Tensor
    passage: torch.Tensor  # bool: tokens that may be part of an answer, and the first token
    cells: torch.Tensor  # int64 [windows, tokens]: flat number of the token's sentence in the batch, last = none
    sentence_labels: torch.Tensor  # float32 [sentences of the batch]
    start: torch.Tensor
    end: torch.Tensor
    supported: torch.Tensor  # float32 [windows], as in Features

    @property
    def size(self) -> int:
        return int(self.ids.shape[0])


def collate(features: Sequence[Features]) -> Batch:
    """Pad to the longest window of the batch."""
    width, rows = max(len(one.ids) for one in features), len(features)
    ids, types = np.zeros((rows, width), np.int64), np.zeros((rows, width), np.int64)
    mask = np.zeros((rows, width), np.int64)
    total = sum(len(one.sentence_labels) for one in features)
    cells = np.full((rows, width), total, np.int64)
    base = 0
    for row, one in enumerate(features):
        size = len(one.ids)
        ids[row, :size], types[row, :size], mask[row, :size] = one.ids, one.types, 1
        inside = one.sentences >= 0
        cells[row, :size][inside] = one.sentences[inside] + base
        base += len(one.sentence_labels)
    passage = cells < total
    passage[:, 0] = True
    labels = np.concatenate([one.sentence_labels for one in features])
    tensor = torch.from_numpy
    return Batch(
        ids=tensor(ids),
        mask=tensor(mask),
        types=tensor(types),
        passage=tensor(passage),
        cells=tensor(cells),
        sentence_labels=tensor(labels),
        start=torch.tensor([one.start for one in features]),
        end=torch.tensor([one.end for one in features]),
        supported=torch.tensor([one.supported for one in features]),
    )
