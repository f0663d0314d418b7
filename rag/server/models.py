"""JSON schemas of the project's dataclasses and named tuples: what OpenAPI and MCP say is what `to_json` writes."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model

from rag.schema import ArticleId

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CONFIG = ConfigDict(extra="forbid", protected_namespaces=())


class ArticleReference(BaseModel):
    """An article in a report."""

    id: str
    title: str
    source: str | None


@cache
def model_of(kind: type, *, without: tuple[str, ...] = ()) -> type[BaseModel]:
    """The model of a dataclass or named tuple as `to_json` writes it: every field is there."""
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)] if is_dataclass(kind) else list(kind._fields)  # type: ignore[attr-defined]
    own: dict[str, Any] = {name: (_json_type(hints[name]), ...) for name in names if name not in without}
    return create_model(kind.__name__, __config__=_CONFIG, __doc__=kind.__doc__, **own)


def input_of(kind: type, *, without: tuple[str, ...] = ()) -> type[BaseModel]:
    """The model of a dataclass as callers give it: what has a default may be left out, an unknown field is an error."""
    hints = get_type_hints(kind)
    own: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in without:
            continue
        default = ... if field.default is MISSING else field.default
        own[field.name] = (_json_type(hints[field.name]), default)
    return create_model(kind.__name__, __config__=_CONFIG, __doc__=kind.__doc__, **own)


def _written_day(value: object) -> object:
    if value is not None and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("a day is written as 2022-05-28")
    return value


# A day as callers write it: without this, 0 is a day in 1970.
Day = Annotated[date, BeforeValidator(_written_day)]


def _json_type(kind: Any) -> Any:
    """The type that the JSON of a value of this type has."""
    if kind is date:
        return Day
    if kind is ArticleId:
        return ArticleReference
    if isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_asdict")):
        return model_of(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is None or origin is Literal:
        return kind
    parts = tuple(_json_type(part) for part in inner if part is not Ellipsis)
    if origin in (Union, types.UnionType):
        return Union[parts]  # noqa: UP007 (made of a tuple)
    if issubclass(origin, Mapping):
        return dict[parts]  # type: ignore[misc, valid-type]
    if issubclass(origin, Sequence) and (origin is not tuple or Ellipsis in inner):
        return list[parts[0]]  # type: ignore[valid-type]
    return origin[parts]
