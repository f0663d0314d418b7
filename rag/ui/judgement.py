"""What an answer rests on, for the line below it: how fresh, how many outlets are cited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.schema import Citation


def sources(citations: Sequence[Citation]) -> int:
    """Cited outlets, each once, however many of its articles are cited; an article without one counts by itself."""
    return len({(one.publisher or "").casefold().strip() or one.article_id for one in citations})


def newest(citations: Sequence[Citation]) -> date | None:
    """The date of the newest source."""
    return max((one.published for one in citations if one.published), default=None)
