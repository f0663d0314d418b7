"""The network between the tests and a server: a TCP proxy on loopback that can be cut, frozen and slowed down."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

Way = Literal["up", "down"]  # to the server, from the server
_PIECE = 65_536
_RESET = struct.pack("ii", 1, 0)  # close with a reset, as when a network says that the other end is gone


class Wire:
    """Passes on what comes to `port` until told otherwise."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._state = threading.Condition()
        self._frozen = False
        self._pause = 0.0  # seconds before each byte from the server
        self._ends: set[socket.socket] = set()
        self._triggers: dict[Way, tuple[int, Callable[[], None]]] = {}
        self.passed: dict[Way, int] = {"up": 0, "down": 0}  # bytes
        self._closed = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def freeze(self) -> None:
        """Pass nothing on, and leave every connection open; new ones are taken and get no answer."""
        with self._state:
            self._frozen = True

    def thaw(self) -> None:
        """Pass on what has waited, and all that comes."""
        with self._state:
            self._frozen, self._pause = False, 0.0
            self._triggers.clear()
            self._state.notify_all()

    def cut(self) -> None:
        """Reset all connections at both ends; new ones are passed on."""
        with self._state:
            ends, self._ends = self._ends, set()
            self._state.notify_all()
        for end in ends:
            _reset(end)

    def trickle(self, pause: float) -> None:
        """Let what the server sends come byte by byte, after so many seconds each."""
        self._pause = pause

    def after(self, way: Way, count: int, happens: Callable[[], None]) -> None:
        """Let something happen once, when so many further bytes have gone that way."""
        with self._state:
            self._triggers[way] = (count, happens)

    def close(self) -> None:
        """End everything."""
        self._closed = True
        self.thaw()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            if self._closed:
                return client.close()
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with self._state:
            self._ends.add(client)
            self._state.wait_for(lambda: not self._frozen or client not in self._ends)
            if client not in self._ends:
                return
        try:
            server = socket.create_connection(("127.0.0.1", self._server_port))
        except OSError:
            _reset(client)
            return
        with self._state:
            self._ends.add(server)
        threading.Thread(target=self._pump, args=("up", client, server), daemon=True).start()
        self._pump("down", server, client)

    def _pump(self, way: Way, source: socket.socket, target: socket.socket) -> None:
        """Pass on what comes from one end; when it ends, so does the other."""
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                self._pass_on(way, piece, target)
        with self._state:
            self._state.wait_for(lambda: not self._frozen or target not in self._ends)
            self._ends -= {source, target}
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _pass_on(self, way: Way, piece: bytes, target: socket.socket) -> None:
        while piece:
            with self._state:
                self._state.wait_for(lambda: not self._frozen or target not in self._ends)
                count, happens = self._triggers.get(way, (len(piece) + 1, None))
                slow = way == "down" and self._pause > 0
                now, piece = (
                    (piece[: min(count, 1)], piece[min(count, 1) :]) if slow else (piece[:count], piece[count:])
                )
                if happens is not None:
                    self._triggers[way] = (count - len(now), happens)
                due = happens is not None and count == len(now)
                if due:
                    del self._triggers[way]
                self.passed[way] += len(now)
            if slow:
                time.sleep(self._pause)
            target.sendall(now)
            if due and happens is not None:
                happens()


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        end.shutdown(socket.SHUT_RD)  # wakes whoever reads from it
    end.close()
