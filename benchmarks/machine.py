"""Under which conditions figures were made: the sentence that each page of results begins with."""

from __future__ import annotations

import os
import platform
from datetime import date


def made_by(command: str) -> str:
    """The command, today's date, the machine and how busy it is now."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return (
        f"Made by `{command}` on {date.today()}: {platform.machine()}, {os.cpu_count()} cores, "
        f"load {load:.1f} at the end, Python {platform.python_version()}."
    )
