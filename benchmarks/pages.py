"""Pages of results: what a command writes, and what people wrote below it, which stays."""

from __future__ import annotations

from pathlib import Path

# What follows this line in a page was written by hand: a new run leaves it as it is.
BY_HAND = "<!-- written by hand: a new run keeps what follows -->"


def write_page(file: Path, page: str) -> None:
    """Put a page of results into its file, above what was written there by hand."""
    held = file.read_text(encoding="utf-8") if file.exists() else ""
    _, mark, kept = held.partition(BY_HAND)
    file.write_text(page.rstrip("\n") + "\n" + (f"\n{mark}{kept}" if mark else ""), encoding="utf-8")
