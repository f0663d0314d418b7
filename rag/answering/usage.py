"""What a chat model was used for, as its provider counts it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Usage:
    """Tokens and money as the provider counted them; 0 when it does not say."""

    read: int = 0
    written: int = 0
    cost: float = 0.0  # in the provider's currency

    def add(self, other: Usage) -> None:
        """Count another call to this one."""
        self.read += other.read
        self.written += other.written
        self.cost += other.cost
