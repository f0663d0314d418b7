"""The writer lock of a library: one writer at a time, across threads and processes."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LibraryError, LibraryLocked
from rag.forks import renew_in_children


class WriterLock:
    """Held while writing; re-entrant in one thread. The system frees it when its holder dies."""

    def __init__(self, folder: Path, timeout: float) -> None:
        self._timeout = timeout
        self._card = folder / "writer.json"  # who holds it, for the message of those who wait
        self.after_fork()
        renew_in_children(self)

    def after_fork(self) -> None:
        """Hold nothing: what the parent holds is the parent's."""
        self._thread_lock = threading.RLock()
        self._file_lock = FileLock(self._card.with_name("writer.lock"), thread_local=False)
        self._depth = 0

    @contextmanager
    def held(self, timeout: float | None = None) -> Iterator[bool]:
        """Hold the lock; yields True in the outermost use. LibraryLocked says who writes when the wait was in vain."""
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        if not self._thread_lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise self._locked()
        try:
            outermost = self._depth == 0
            if outermost:
                self._take(max(0.0, deadline - time.monotonic()))
            self._depth += 1
            try:
                yield outermost
            finally:
                self._depth -= 1
                if outermost:
                    self._file_lock.release()
        finally:
            self._thread_lock.release()

    def _take(self, timeout: float) -> None:
        try:
            self._file_lock.acquire(timeout=timeout, poll_interval=0.02)
        except Timeout as error:
            raise self._locked() from error
        except OSError as error:
            raise LibraryError(
                f"The library {self._card.parent} cannot be written: {error.strerror}.",
                "Give yourself write permission on its folder, or choose another with RAG_LIBRARY.",
            ) from error
        card = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with suppress(OSError):  # a full disk: the lock holds all the same, only its holder stays nameless
            self._card.write_text(json.dumps(card), encoding="utf-8")

    def _locked(self) -> LibraryLocked:
        try:
            card = json.loads(self._card.read_text(encoding="utf-8"))
            who = f"process {card['pid']} on {card['host']} since {card['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        return LibraryLocked(
            f"The library {self._card.parent} is being written by {who}.",
            "Wait until it is done and try again, or wait longer with RAG_LOCK_TIMEOUT_S.",
        )
