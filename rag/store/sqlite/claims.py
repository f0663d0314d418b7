"""Claims to work on the library in a folder: a lock file each, which the system frees when its holder dies."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

FOLDER = "claims"


class FolderClaims:
    """The claims to work on the library in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    @contextmanager
    def held(self, work: str) -> Iterator[bool]:
        """Whether the work is ours inside the block; it is not while anybody else has it."""
        lock = self._lock(work)
        try:
            self._folder.mkdir(exist_ok=True)
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            yield False
            return
        try:
            card = {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            with suppress(OSError):
                self._card(work).write_text(json.dumps(card), encoding="utf-8")
            yield True
        finally:
            lock.release()

    def lasts(self, work: str) -> bool:
        """Always: nobody but its holder can end it."""
        return True

    def holder(self, work: str) -> str:
        """Who does the work, as "process 12 on host since ..."; empty when nobody does."""
        with self.held(work) as ours:
            if ours:
                return ""
        try:
            card = json.loads(self._card(work).read_text(encoding="utf-8"))
            return f"process {card['pid']} on {card['host']} since {card['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"

    def _lock(self, work: str) -> FileLock:
        return FileLock(self._folder / f"{_name(work)}.lock", thread_local=False)

    def _card(self, work: str) -> Path:
        return self._folder / f"{_name(work)}.json"


def _name(work: str) -> str:
    """A name for a file, whatever the work is called."""
    return hashlib.blake2b(work.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
