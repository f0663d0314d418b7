"""The best span between the start and end scores of a text's tokens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_ANSWER_TOKENS = 30  # 99 % of the answers in the training data are shorter


def best_span(start: NDArray[np.float32], end: NDArray[np.float32]) -> tuple[int, int, float]:
    """First and last token of the best span of at most MAX_ANSWER_TOKENS, and its score."""
    size = len(start)
    total = start[:, None] + end[None, :]
    reach = np.arange(size)[None, :] - np.arange(size)[:, None]
    total = np.where((reach >= 0) & (reach < MAX_ANSWER_TOKENS), total, -np.inf)
    first, last = divmod(int(total.argmax()), size)
    return first, last, float(total[first, last])
