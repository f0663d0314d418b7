"""Changes that the database undid because others changed the same at the same moment: they are made again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from rag.errors import LibraryError

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 5
PAUSE_S = 0.02  # before the second attempt, at most; twice as long before each further one


class Conflict(LibraryError):
    """A deadlock or a serialization failure: the transaction has changed nothing."""


def retried(change: Callable[P, T]) -> Callable[P, T]:
    """The change, made again when it met a Conflict. It is one transaction, or begins with the one that may meet it."""

    @wraps(change)
    def changing(*args: P.args, **kwargs: P.kwargs) -> T:
        for turn in range(ATTEMPTS - 1):
            try:
                return change(*args, **kwargs)
            except Conflict:
                time.sleep(random.uniform(0, PAUSE_S * 2**turn))  # noqa: S311
        return change(*args, **kwargs)

    return changing
