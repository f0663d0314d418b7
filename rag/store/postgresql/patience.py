"""Connections that do not wait for a server that has stopped.

The driver waits for an answer for as long as the network stands, and a frozen server's network does. So whoever waits
for longer than PATIENCE_S asks the server for another connection. One that is only slow gives it, or says why not, and
the wait goes on; when nothing comes, the connection is given up, and what was not committed goes with it.
"""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg.errors import OperationalError

from rag.store.postgresql.errors import unreachable

PATIENCE_S = 0.8
AGAIN_S = 5.0  # a server that is only slow is asked so often
ANSWER_S = 2  # for the other connection; the driver knows no shorter time
REST_S = 2.0  # a server that was silent is left alone so long: no question waits for it again and again
_INTERVAL_S = 0.1

_silent: dict[tuple[Any, ...], float] = {}  # servers that did not answer, since when


class PatientConnection(psycopg.Connection[Any]):
    """A connection of psycopg, each wait of which ends when the server has stopped."""

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        """A new connection; at once an error while a server that was silent is left alone."""
        server = (kwargs.get("host"), kwargs.get("port"))
        if monotonic() - _silent.get(server, -REST_S) < REST_S:
            raise OperationalError("connection not tried: the server did not answer a moment ago")
        try:
            made = super().connect(conninfo, **kwargs)
        except OperationalError as error:
            if isinstance(error, psycopg.errors.ConnectionTimeout):
                _silent[server] = monotonic()
            raise
        made._server = server
        _silent.pop(server, None)
        return made

    _server: tuple[Any, ...] = ()

    def wait(self, gen: Generator[Any, Any, Any], interval: float = _INTERVAL_S, timeout: float | None = None) -> Any:
        """What the generator gives; OperationalError, and a closed connection, when the server has stopped."""
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """The generator, which is told now and then that nothing has come; then the server is looked at."""
        since, patience = monotonic(), PATIENCE_S
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    since, patience = monotonic(), PATIENCE_S
                elif monotonic() - since > patience:
                    self._look()
                    since, patience = monotonic(), AGAIN_S
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value

    def _look(self) -> None:
        """Close the connection and raise, unless the server answers."""
        if self._answers():
            return
        _silent[self._server] = monotonic()
        self.pgconn.finish()
        raise OperationalError("the server has stopped answering")

    def _answers(self) -> bool:
        """Whether the server takes another connection, or says why it does not."""
        known = self.info
        where: dict[str, Any] = {"hostaddr": known.hostaddr} if known.hostaddr else {}  # no name is looked up again
        try:
            psycopg.connect(known.dsn, password=known.password, connect_timeout=ANSWER_S, **where).close()
        except OperationalError as error:
            return not unreachable(error)
        return True
