"""When what waits to be stored is stored: windows of a few seconds' work."""

from __future__ import annotations

import time

# Passages of a window, at most: read, embedded and stored together. Sorted by length over 1,000 passages, padding costs
# 2 %, and 1,000 passages with their vectors take 3 MB. Ctrl-C and crashes lose at most one window, so the first is
# small, and the next are as large as this machine stores in a few seconds.
WINDOW_PASSAGES = 1024
_FIRST_WINDOW = 32
_SMALLEST_WINDOW = 16  # of fewer, beginning and ending a transaction is felt
_FASTEST_GROWTH = 4
_WINDOW_S = 5.0


class Pace:
    """When to store what waits: windows of a few seconds' work, by how long the last one took."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._passages = min(most, _FIRST_WINDOW)
        self._started = time.monotonic()

    def due(self, waiting: int) -> bool:
        """Whether so many passages are a window; slow reading alone makes one too."""
        return waiting >= self._passages or time.monotonic() - self._started > 2 * _WINDOW_S

    def stored(self) -> None:
        """Note that a window was stored, and begin the next."""
        now = time.monotonic()
        growth = min(_WINDOW_S / max(now - self._started, 0.001), _FASTEST_GROWTH)
        self._passages = min(self._most, max(int(self._passages * growth), _SMALLEST_WINDOW))
        self._started = now
