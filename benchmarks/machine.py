"""Under which conditions figures were made: the sentence that each page of results begins with."""

from __future__ import annotations

import os
import platform
from datetime import date


def load() -> float:
    """How many processes want to run, over the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def plain_environment() -> dict[str, str]:
    """This process's environment, in which Python keeps what it compiles: else each start would compile all anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def made_by(command: str) -> str:
    """The command, today's date, the machine and how busy it is now."""
    return (
        f"Made by `{command}` on {date.today()}: {platform.machine()}, {os.cpu_count()} cores, "
        f"load {load():.1f} at the end, Python {platform.python_version()}."
    )
