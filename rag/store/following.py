"""Following a library with an index on servers for as long as a process lives: `rag work`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import monotonic

from rag.store.chroma_server import ServerFailed
from rag.store.claims import Claims
from rag.store.database import Database
from rag.store.follower import Follower, Tell
from rag.store.shards import Part, claim_of
from rag.store.vector_servers import VectorServer, server_at

CHECK_S = 10.0  # so often a collection is looked at though the library has not changed: it may be gone
RETRY_S = 5.0  # after a failure


class FollowedPart:
    """One part of the index, which one process at a time follows: the first one, and another when that is gone."""

    def __init__(self, part: Part, follower: Follower, claims: Claims, tell: Tell) -> None:
        self._part = part
        self._follower = follower
        self._claims = claims
        self._tell = tell
        self._claim = ExitStack()
        self._ours = False
        self._said = ""  # the trouble that was told last
        self._generation = -1  # of the library when the part was brought up to date
        self._next = 0.0  # when to look at it again

    def round(self, generation: int) -> bool:
        """Bring the part up to date if it may be behind; whether it is, so far as it is our business."""
        if not self._ours and not self._take():
            return True
        if monotonic() < self._next and (self._said or generation == self._generation):
            return not self._said
        if not self._claims.lasts(claim_of(self._part)):
            self._claim.close()
            if not self._take():
                return True
        try:
            self._follower.follow()
        except ServerFailed as error:
            self._trouble(f"index: {error}; trying again every {RETRY_S:.0f} s")
            self._next = monotonic() + RETRY_S
            return False
        if self._said:
            self._tell(f"index: up to date again on {self._part.address}")
        self._said, self._generation, self._next = "", generation, monotonic() + CHECK_S
        return True

    def close(self) -> None:
        """Leave the part to another process."""
        self._claim.close()

    def _take(self) -> bool:
        self._ours = self._claim.enter_context(self._claims.held(claim_of(self._part)))
        if self._ours:
            self._said = ""
        else:
            self._claim.close()
            who = self._claims.holder(claim_of(self._part)) or "another process"
            self._trouble(f"index: {who} follows {self._part.address}; standing by")
        return self._ours

    def _trouble(self, said: str) -> None:
        """Tell what hinders us, once."""
        if said != self._said:
            self._tell(said)
        self._said = said


@contextmanager
def servers_of(parts: Sequence[Part], seconds: float, token: str, database: Database) -> Iterator[list[VectorServer]]:
    """The server of each part, for calls that may take so long; closed at the end of the block."""
    servers = [server_at(part.address, seconds, token, database) for part in parts]
    try:
        yield servers
    finally:
        for server in servers:
            server.close()
