"""The writer lock of a library: one writer at a time, across threads and processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rag.errors import LibraryLocked
from rag.forks import renew_in_children


class ProcessLock(Protocol):
    """A lock of one process against others, which is free again when its holder dies."""

    def take(self, timeout: float) -> None:
        """Hold it after at most `timeout` seconds; LibraryLocked when another process has it for longer."""
        ...

    def release(self) -> None:
        """Hold it no longer."""
        ...

    def locked(self) -> LibraryLocked:
        """The error that says who holds it."""
        ...

    def after_fork(self) -> None:
        """Hold nothing: what the parent holds is the parent's."""
        ...


class WriterLock:
    """Held while writing; re-entrant in one thread. The system frees it when its holder dies."""

    def __init__(self, process_lock: ProcessLock, timeout: float) -> None:
        self._timeout = timeout
        self._process_lock = process_lock
        self._thread_lock = threading.RLock()
        self._depth = 0
        renew_in_children(self)

    def after_fork(self) -> None:
        """Hold nothing: what the parent holds is the parent's."""
        self._thread_lock = threading.RLock()
        self._process_lock.after_fork()
        self._depth = 0

    @contextmanager
    def held(self, timeout: float | None = None) -> Iterator[bool]:
        """Hold the lock; yields True in the outermost use. LibraryLocked says who writes when the wait was in vain."""
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        if not self._thread_lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise self._process_lock.locked()
        try:
            outermost = self._depth == 0
            if outermost:
                self._process_lock.take(max(0.0, deadline - time.monotonic()))
            self._depth += 1
            try:
                yield outermost
            finally:
                self._depth -= 1
                if outermost:
                    self._process_lock.release()
        finally:
            self._thread_lock.release()
