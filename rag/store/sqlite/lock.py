"""One writer to a folder at a time: a lock file, and a card that says who holds it."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LibraryError, LibraryLocked


class FolderLock:
    """The lock of the library in a folder."""

    def __init__(self, folder: Path) -> None:
        self._card = folder / "writer.json"  # who holds it, for the message of those who wait
        self.after_fork()

    def after_fork(self) -> None:
        """Hold nothing: what the parent holds is the parent's."""
        self._file_lock = FileLock(self._card.with_name("writer.lock"), thread_local=False)

    def take(self, timeout: float) -> None:
        """Hold it; LibraryLocked when another process has it for longer than `timeout` seconds."""
        try:
            self._file_lock.acquire(timeout=timeout, poll_interval=0.02)
        except Timeout as error:
            raise self.locked() from error
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

    def release(self) -> None:
        """Hold it no longer."""
        self._file_lock.release()

    def locked(self) -> LibraryLocked:
        """The error that says who holds it."""
        try:
            card = json.loads(self._card.read_text(encoding="utf-8"))
            who = f"process {card['pid']} on {card['host']} since {card['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        return LibraryLocked(
            f"The library {self._card.parent} is being written by {who}.",
            "Wait until it is done and try again, or wait longer with RAG_LOCK_TIMEOUT_S.",
        )
