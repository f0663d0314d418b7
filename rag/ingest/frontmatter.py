"""Front matter: the block of `key: value` lines between two `---` at the head of a Markdown or text file.

In: the text of a file. Out: what it says about the article, and the rest. Every value is text and data, never code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from rag.text.dates import parse_date

_BLOCK = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_LARGEST = 20_000  # characters: a longer "block" is text between two rules
_PAIR = re.compile(r"^([A-Za-z_]+):[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)
_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f<>\"'`\\]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a file says about its article; what it does not say, or says badly, is None."""

    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    published: date | None = None
    url: str | None = None
    language: str | None = None


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The front matter of `text` and the text after it; unknown keys are ignored, a bad date means no date."""
    match = _BLOCK.match(text[: _LARGEST + 10])
    if match is None:
        return FrontMatter(), text
    values = _values(match.group(1))
    if values is None:
        return FrontMatter(), text
    dated = values.get("published") or values.get("date")
    front = FrontMatter(
        title=values.get("title"),
        publisher=values.get("publisher"),
        author=values.get("author"),
        published=parse_date(dated) if dated else None,
        url=web_address(values.get("url")),
        language=language_code(values.get("language")),
    )
    return front, text[match.end() :]


def web_address(value: str | None) -> str | None:
    """`value` when it is an http or https address, else None."""
    value = (value or "").strip()
    return value if len(value) <= 2000 and _WEB_ADDRESS.fullmatch(value) else None


def language_code(value: str | None) -> str | None:
    """'en' of 'en', 'EN' or 'en-GB'; None for anything else."""
    match = re.fullmatch(r"([A-Za-z]{2})(?:[-_].*)?", (value or "").strip())
    return match.group(1).lower() if match else None


def _values(block: str) -> dict[str, str] | None:
    """Keys in lower case and values as text; None when the block is not front matter at all."""
    try:
        # BaseLoader makes nothing but text, lists and maps: no objects, no dates that raise.
        loaded: Any = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError:  # "title: Foo: bar" is no YAML, but clear enough
        loaded = {key: value.strip("\"'") for key, value in _PAIR.findall(block)}
    if not isinstance(loaded, dict) or not any(isinstance(key, str) and key.lower() in _KEYS for key in loaded):
        return None
    return {str(key).lower(): text for key, value in loaded.items() if (text := _as_text(value))}


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(part.strip() for part in value if isinstance(part, str))
    return " ".join(value.split()) if isinstance(value, str) else ""


_KEYS = frozenset(FrontMatter.__dataclass_fields__) | {"date"}
