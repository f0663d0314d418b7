"""Models that a user names run in PyTorch: what to say where it is not installed, and where it cannot run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rag.errors import ModelError


@contextmanager
def needing_torch(name: str) -> Iterator[None]:
    """Turns a missing package into a ModelError with the command that installs it."""
    try:
        yield
    except ImportError as error:
        raise ModelError(
            f"The model '{name}' needs {error.name or 'a package'}, which is not installed.",
            "Install it with: pip install torch sentence-transformers -- or use the built-in models.",
        ) from error


class TorchProcess:
    """The process in which a model was loaded: PyTorch's threads do not survive a fork, and a call would never end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pid = os.getpid()

    def __reduce__(self) -> tuple[type[TorchProcess], tuple[str]]:
        """What is unpacked in another process was loaded there."""
        return TorchProcess, (self._name,)

    def check(self) -> None:
        """A ModelError in a forked child."""
        if os.getpid() != self._pid:
            raise ModelError(
                f"The model '{self._name}' was loaded before this process was forked, and cannot run here.",
                "Open the library in each worker, or start workers with 'spawn' in place of 'fork'.",
            )
