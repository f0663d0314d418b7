"""Why a chat model did not answer, in one line for the user, and whether another try may help.

In: whatever a provider's client raises. Providers share no error classes, so status codes and names of classes decide.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_PAUSE_S = 5.0  # a rate limit that lasts longer is not waited for: the offline answer is there at once
_TOO_LONG = ("context length", "context size", "context window", "too many tokens", "prompt is too long", "max_tokens")


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt."""

    reason: str  # continues "The model ...": "did not answer within 60 s"
    again: bool = True  # whether the same prompt may do better
    shorter: bool = False  # whether a shorter prompt may do better
    pause_s: float = 0.0  # how long the provider asks to wait

    @property
    def worth_waiting(self) -> bool:
        """Whether the pause that is asked for is short enough."""
        return self.pause_s <= LONGEST_PAUSE_S


class AttemptFailed(Exception):
    """One attempt failed; `failure` says why. It never leaves this package."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def failure_of(error: Exception, timeout_s: float) -> Failure:
    """What an error of a provider's client means."""
    status = _status(error)
    if status is not None:
        return _by_status(status, error)
    kind = " ".join(one.__name__ for one in type(error).__mro__).lower()
    if "timeout" in kind:
        return Failure(f"did not answer within {timeout_s:g} s")
    if any(word in kind for word in ("connect", "network", "remoteprotocol", "oserror")):
        return Failure("cannot be reached")
    if "unicode" in kind:
        return Failure("sent text in a wrong encoding")
    if any(word in kind for word in ("ratelimit", "quota")):
        return Failure("has reached its rate limit")
    return Failure(f"sent no readable answer ({type(error).__name__})")


def _by_status(status: int, error: Exception) -> Failure:
    said = str(error).lower()
    if status == 429:
        return Failure("has reached its rate limit", again="insufficient_quota" not in said, pause_s=_pause(error))
    if status in (401, 403):
        return Failure("refused the key", again=False)
    if status == 404:
        return Failure("is not known to the server", again=False)
    if status in (400, 413, 422):
        long = any(word in said for word in _TOO_LONG)
        return Failure("found the prompt too long" if long else "refused the request", again=False, shorter=long)
    if status in (408, 504):
        return Failure("was too slow for its server")
    return Failure(f"failed with status {status}")


def _status(error: Exception) -> int | None:
    response = getattr(error, "response", None)
    found = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    return found if isinstance(found, int) and found > 0 else None


def _pause(error: Exception) -> float:
    """Seconds of the Retry-After header; 0 when there is none."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except (TypeError, ValueError):
        return 0.0
