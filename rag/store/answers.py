"""Answers as JSON and back, so that a conversation can be kept."""

from __future__ import annotations

from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from rag.schema import Answer


def to_json(answer: Answer) -> str:
    """The whole answer as JSON."""
    return _adapter().dump_json(answer).decode()


def from_json(text: str) -> Answer | None:
    """The answer, None for text that is none. Fields that this version does not know are left out."""
    try:
        return _adapter().validate_json(text) if text else None
    except ValidationError:
        return None


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)
