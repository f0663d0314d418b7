"""What must be made anew in a forked child: threads, the locks that they hold, and what native libraries run in them.

    class Pool:
        def __init__(self) -> None:
            self.after_fork()
            renew_in_children(self)

        def after_fork(self) -> None:
            self._lock = threading.Lock()

Servers (gunicorn with `--preload`), task queues and `multiprocessing` fork a process whose library may be in use.
"""

from __future__ import annotations

import ctypes
import os
import threading
from types import TracebackType
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something that can begin anew in a child process."""

    def after_fork(self) -> None:
        """Let go of what belongs to the parent, without waiting for anything."""
        ...


_renewed: WeakSet[Renewable] = WeakSet()


def renew_in_children(thing: Renewable) -> None:
    """Call `thing.after_fork()` in each child that is forked while the thing lives."""
    _renewed.add(thing)


def leave_to_parent(thing: object) -> None:
    """Keep what the parent made from ever being taken down here: that would wait for threads that are not there."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def end_without_native_handlers() -> None:
    """Let this child end as soon as Python is done: onnxruntime's exit handler waits for threads of the parent.

    glibc's `on_exit` calls `_exit` with the exit status, before the handlers that were there at the fork. Elsewhere
    there is no `on_exit`, and a child ends with `os._exit`, as those of `multiprocessing` do.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "on_exit"):
        libc.on_exit(ctypes.cast(libc._exit, ctypes.c_void_p), None)


class RenewedLock:
    """A `threading.Lock` that is free in a forked child, whoever held it in the parent."""

    def __init__(self) -> None:
        self.after_fork()
        renew_in_children(self)

    def __reduce__(self) -> tuple[type[RenewedLock], tuple[()]]:
        """A copy is a free lock of its own."""
        return RenewedLock, ()

    def after_fork(self) -> None:
        """Be free."""
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


def _renew_all() -> None:
    for thing in list(_renewed):
        thing.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
    os.register_at_fork(after_in_child=_renew_all)
