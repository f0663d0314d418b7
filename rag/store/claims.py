"""Work that one process at a time may do, as bringing an index up to date or visiting a feed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Claims(Protocol):
    """The claims of one library. That of a process that has died is free."""

    def held(self, work: str) -> AbstractContextManager[bool]:
        """Whether the work is ours inside the block; it is not while anybody else has it."""
        ...

    def lasts(self, work: str) -> bool:
        """Whether a claim that we hold is still ours: a database that restarts forgets it."""
        ...

    def holder(self, work: str) -> str:
        """Who does the work, as "process 12 on host since ..."; empty when nobody does."""
        ...
