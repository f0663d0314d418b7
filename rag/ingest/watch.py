"""Watching a folder: a call when something in it has changed and has been quiet for a moment.

In: a folder, what to call, an event that ends the watching. Out: nothing; it returns when it is told to stop.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from rag.errors import SourceError

log = logging.getLogger("rag.ingest")

# A folder is looked at when nothing has changed for a second: editors and downloads write a file in several steps. A
# folder that never rests is looked at all the same, every half minute.
SETTLED_S = 1.0
LONGEST_WAIT_S = 30.0
_POLL_S = 2.0  # between two looks where the system does not tell of changes
_TELLING = frozenset(("created", "modified", "moved", "deleted", "closed"))


def watch_folder(
    folder: str | Path,
    changed: Callable[[], object],
    stop: threading.Event,
    *,
    settled: float = SETTLED_S,
    poll: bool = False,
) -> None:
    """Call `changed` at once, and after each change in the folder, until `stop` is set. `poll` looks by itself, for
    network drives."""
    root = Path(os.path.abspath(os.path.expanduser(folder)))
    if not root.is_dir():
        raise SourceError(f"There is no folder {root}.", "Check the path.")
    changes = _Changes()
    observer = _observe(root, changes, poll=poll)
    try:
        changes.note()
        while not stop.is_set():
            if changes.settled(settled):
                changed()
            stop.wait(min(0.2, settled))
    finally:
        observer.stop()
        observer.join()


class _Changes(FileSystemEventHandler):
    """When the folder changed first and last since it was looked at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: float | None = None
        self._last = 0.0

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note a change; reading a file is none."""
        if event.event_type in _TELLING:
            self.note()

    def note(self) -> None:
        """Note a change now."""
        with self._lock:
            self._last = time.monotonic()
            self._first = self._last if self._first is None else self._first

    def settled(self, quiet: float) -> bool:
        """Whether there are changes to look at now; from then on they count as seen."""
        with self._lock:
            now = time.monotonic()
            if self._first is None or (now - self._last < quiet and now - self._first < LONGEST_WAIT_S):
                return False
            self._first = None
            return True


def _observe(root: Path, changes: _Changes, *, poll: bool) -> BaseObserver:
    """An observer that runs; one that polls where the system cannot tell of changes (too many folders, for one)."""
    if not poll:
        observer = Observer()
        observer.schedule(changes, str(root), recursive=True)
        try:
            observer.start()
        except OSError as error:
            log.warning("The system cannot watch %s (%s); looking every %g s instead.", root, error, _POLL_S)
        else:
            return observer
    polling = PollingObserver(timeout=_POLL_S)
    polling.schedule(changes, str(root), recursive=True)
    polling.start()
    return polling
