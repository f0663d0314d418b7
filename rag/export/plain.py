"""Data as plain objects that `json.dumps` takes. Every interface that writes JSON writes this, so all show the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.schema import AddReport, Answer

# Not written with an answer: the retrieved passages, which a search gives, many times the size of the answer.
UNWRITTEN = ("candidates",)


def to_json(value: object) -> Any:
    """`value` as what `json.dumps` takes: dataclasses and named tuples become objects, dates ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: to_json(item) for key, item in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def answer_json(answer: Answer) -> dict[str, Any]:
    """The answer without its candidates; milliseconds to a tenth."""
    described: dict[str, Any] = to_json(answer)
    for name in UNWRITTEN:
        del described[name]
    described["timings"] = {step: round(ms, 1) for step, ms in answer.timings.items()}
    return described


def report_json(report: AddReport) -> dict[str, Any]:
    """The report with id, title and source of each article."""
    from rag.schema import ArticleId  # here, not above: the command line's help must not load numpy

    described: dict[str, Any] = {}
    for field in fields(report):
        several = getattr(report, field.name)
        described[field.name] = [
            {"id": str(one), "title": one.title, "source": one.source} if isinstance(one, ArticleId) else to_json(one)
            for one in several
        ]
    return described
