"""Any Hugging Face extractive question-answering or cross-encoder checkpoint as the reader, through transformers.

An extractive QA model (`...ForQuestionAnswering`, trained with "no answer") gives spans; a cross-encoder or any
one-label
sequence classifier gives passage and sentence scores only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.forks import RenewedLock
from rag.models.logits import sigmoid
from rag.models.named import TorchProcess, needing_torch
from rag.models.reader import Reader
from rag.models.spans import MAX_ANSWER_TOKENS, best_span
from rag.schema import Reading
from rag.text.sentences import split_sentences

STRIDE = 64  # tokens that neighbouring windows of a long passage share
MAX_TOKENS = 384  # the length that question-answering checkpoints are commonly trained with
HINT = "Check the name or folder, or set RAG_READER=builtin."


def load_checkpoint(name: str) -> Reader:
    """The reader for a checkpoint name or folder; a ModelError says why it cannot serve."""
    with needing_torch(name):
        from transformers import (
            AutoConfig,
            AutoModelForQuestionAnswering,
            AutoModelForSequenceClassification,
            AutoTokenizer,
        )

    try:
        config = AutoConfig.from_pretrained(name)
        spans = any("QuestionAnswering" in architecture for architecture in config.architectures or ())
        maker = AutoModelForQuestionAnswering if spans else AutoModelForSequenceClassification
        tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True)
        model = maker.from_pretrained(name)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise ModelError(f"The reader '{name}' cannot be loaded: {reason}", HINT) from error
    if not spans and config.num_labels != 1:
        raise ModelError(
            f"The reader '{name}' is a classifier with {config.num_labels} labels.",
            "A cross-encoder with one is needed.",
        )
    return CheckpointReader(name, model.eval(), tokenizer, spans=spans)


class CheckpointReader(Reader):
    """A transformers checkpoint behind the reader's seam. One question is read at a time."""

    def __init__(self, name: str, model: Any, tokenizer: Any, *, spans: bool) -> None:
        self.name = name
        self._model, self._tokenizer, self._spans = model, tokenizer, spans
        self._max_tokens = min(MAX_TOKENS, tokenizer.model_max_length)
        self._lock = RenewedLock()
        self._process = TorchProcess(name)

    def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
        """One reading a passage, in the same order. Titles are not used: such checkpoints did not learn with them."""
        read = self._read_spans if self._spans else self._read_scores
        with self._lock:
            return [read(question, passage) if passage.strip() else Reading(0.0) for passage in passages]

    def _read_spans(self, question: str, passage: str) -> Reading:
        encoded = self._tokenizer(
            question[:1000], passage, truncation="only_second", max_length=self._max_tokens, stride=STRIDE,
            return_overflowing_tokens=True, return_offsets_mapping=True, padding=True, return_tensors="pt",
        )  # fmt: skip
        offsets = encoded.pop("offset_mapping").numpy()
        encoded.pop("overflow_to_sample_mapping")
        starts, ends = self._logits(encoded)
        best: tuple[float, int, int] | None = None
        spans = split_sentences(passage)
        peaks = np.full(len(spans), -np.inf)
        for row in range(len(starts)):
            own = np.asarray([number == 1 for number in encoded.sequence_ids(row)])
            places = np.flatnonzero(own & (offsets[row, :, 1] > offsets[row, :, 0]))
            if not len(places):
                continue
            start, end, null = starts[row, places], ends[row, places], float(starts[row, 0] + ends[row, 0])
            first, last, score = best_span(start, end)
            if best is None or score - null > best[0]:
                best = score - null, int(offsets[row, places[first], 0]), int(offsets[row, places[last], 1])
            _raise_peaks(peaks, spans, offsets[row, places, 0], _span_peaks(start, end) - null)
        if best is None:
            return Reading(0.0)
        return Reading(sigmoid(best[0]), best[1], best[2], _scored(spans, peaks))

    def _read_scores(self, question: str, passage: str) -> Reading:
        spans = split_sentences(passage)
        texts = [passage, *(passage[start:end] for start, end in spans)]
        encoded = self._tokenizer(
            [question[:1000]] * len(texts), texts, truncation="only_second", max_length=self._max_tokens,
            padding=True, return_tensors="pt",
        )  # fmt: skip
        values = self._logits(encoded)[0][:, 0]
        return Reading(sigmoid(float(values.max())), None, None, _scored(spans, values[1:]))

    def _logits(self, encoded: Any) -> tuple[NDArray[np.float32], ...]:
        self._process.check()
        import torch

        with torch.inference_mode():
            output = self._model(**encoded)
        if self._spans:
            return output.start_logits.numpy(), output.end_logits.numpy()
        return (output.logits.numpy(),)


def _span_peaks(start: NDArray[np.float32], end: NDArray[np.float32]) -> NDArray[np.float32]:
    """For each token the score of the best span that begins there."""
    size = len(start)
    reach = np.arange(size)[None, :] - np.arange(size)[:, None]
    best_end = np.where((reach >= 0) & (reach < MAX_ANSWER_TOKENS), end[None, :], -np.inf).max(axis=1)
    return np.asarray(start + best_end, dtype=np.float32)


def _raise_peaks(
    peaks: NDArray[np.float64],
    spans: Sequence[tuple[int, int]],
    characters: NDArray[np.int64],
    values: NDArray[np.float32],
) -> None:
    """Let each sentence's peak be at least the best value of its tokens."""
    if spans:
        owner = np.maximum(np.searchsorted([start for start, _ in spans], characters, side="right") - 1, 0)
        np.maximum.at(peaks, owner, values)


def _scored(spans: Sequence[tuple[int, int]], values: NDArray[Any]) -> tuple[tuple[int, int, float], ...]:
    return tuple(
        (start, end, round(sigmoid(float(value)), 4)) for (start, end), value in zip(spans, values, strict=True)
    )
