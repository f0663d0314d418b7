"""Front matter: the fields at the head of a Markdown or text file, in YAML, TOML, JSON or lines.

In: the text of a file. Out: what it says about the article, and the rest. Every value is text and data, never code.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import Any

import yaml

from rag.text.dates import parse_date

# Joplin writes its fields below the note: "id: 1f2a", "created_time: ...", up to "type_: 1".
_JOPLIN = re.compile(r"\n\s*\n(id: \w+\r?\n(?:\w+: ?.*\r?\n)*type_: 1)\s*\Z")
# Notion and Readwise write theirs as lines or a list below the heading.
_HEADED = re.compile(
    r"\A\s*(?P<heading># [^\n]+\n)\s*(?:!\[[^\n]*\)\s*\n\s*)?(?:## Metadata[ \t]*\n\s*)?"
    r"(?P<pairs>(?:(?:[-*] )?\*{0,2}[A-Z][\w ]{0,30}\*{0,2}:\*{0,2}[ \t]+\S[^\n]*(?:\n|\Z)){2,30})(?=\s*\n|\Z)"
)
_FEWEST_PAIRS = 2  # whose names are known: fewer may be the story's own lines
NOTE_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{0,300}\|)?([^\[\]|\n]{1,300})\]\]")  # of Obsidian, with what is shown
_LARGEST = 20_000  # characters: a longer "block" is text between two rules
_PAIR = re.compile(
    r"^(?:[-*] )?\*{0,2}([A-Za-z_][\w ]{0,30}?)\*{0,2}[ \t]*[:=]\*{0,2}[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE
)
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
    for read in (_yaml_block, _toml_block, _json_block, _pandoc_block, _joplin_block, _headed_block):
        if found := read(text):
            values, rest = found
            return _front(values), rest
    return FrontMatter(), text


def _front(values: dict[str, str]) -> FrontMatter:
    """The fields by whichever of their names the file uses; the day on which a note was made or clipped is none."""
    given = {field: [values[name] for name in names if name in values] for field, names in _NAMES.items()}
    url = next(filter(None, map(web_address, given["url"])), None)
    publisher = next((value for value in given["publisher"] if not web_address(value)), None)
    return FrontMatter(
        title=next(iter(given["title"]), None),
        publisher=publisher,
        author=next(iter(given["author"]), None),
        published=next(filter(None, map(parse_date, given["published"])), None),
        url=url,
        language=next(filter(None, map(language_code, given["language"])), None),
    )


_Found = tuple[dict[str, str], str]


def _yaml_block(text: str) -> _Found | None:
    block = _fenced(text, "---", ("---", "..."))
    values = _values(block[0]) if block else None
    return (values, block[1]) if block and values is not None else None


def _toml_block(text: str) -> _Found | None:
    block = _fenced(text, "+++", ("+++",))
    if block is None:
        return None
    try:
        loaded = tomllib.loads(block[0].replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError):
        loaded = {key: value.strip("\"'") for key, value in _PAIR.findall(block[0])}
    return _as_texts(_flat(loaded)), block[1]


def _fenced(text: str, opening: str, closings: tuple[str, ...]) -> tuple[str, str] | None:
    """What stands between the first line and the next of some lines, and the text behind it; None without them."""
    head = text.lstrip("\ufeff \t\r\n")
    if not head.startswith(opening):
        return None
    lines = head.split("\n")
    length = 0
    for number, line in enumerate(lines):
        length += len(line) + 1
        if length > _LARGEST or (not number and line.rstrip() != opening):
            return None
        if number and line.rstrip() in closings:
            return "\n".join([*lines[1:number], ""]), "\n".join(lines[number + 1 :])
    return None


def _json_block(text: str) -> _Found | None:
    head = text[:_LARGEST].lstrip("\ufeff \r\n")
    if not head.startswith("{"):
        return None
    try:
        loaded, end = json.JSONDecoder().raw_decode(head)
    except (ValueError, RecursionError):
        return None
    if not _is_front_matter(loaded):
        return None
    return _as_texts(_flat(loaded)), text[text.index("{") + end :]


def _pandoc_block(text: str) -> _Found | None:
    """Title, author and day in up to three lines that begin with a percent sign."""
    lines = text.removeprefix("\ufeff").split("\n", 3)
    head = list(takewhile(lambda line: line.startswith("%"), lines[:3]))
    title, author, day = ([" ".join(line[1:].split()) for line in head] + [""] * 3)[:3]
    if not title or not lines[0][1].isspace():  # "%%" begins a comment of Obsidian
        return None
    return {key: value for key, value in (("title", title), ("author", author), ("date", day)) if value}, "\n".join(
        lines[len(head) :]
    )


def _joplin_block(text: str) -> _Found | None:
    match = _JOPLIN.search(text[-_LARGEST:])
    if match is None:
        return None
    values = {key: value for key, value in _PAIR.findall(match.group(1)) if value}
    body = text[: len(text) - len(text[-_LARGEST:]) + match.start()]
    title, _, rest = body.strip().partition("\n")
    if rest.strip() and "title" not in values:
        values, body = {**values, "title": title.strip()}, rest
    return values, body


def _headed_block(text: str) -> _Found | None:
    match = _HEADED.match(text[:_LARGEST])
    if match is None:
        return None
    values = {key.lower().replace(" ", "_"): _as_text(value) for key, value in _PAIR.findall(match["pairs"])}
    if len(values.keys() & _STATED) < _FEWEST_PAIRS:
        return None
    return values, match["heading"] + text[match.end() :]


def web_address(value: str | None) -> str | None:
    """`value` when it is an http or https address, else None."""
    value = (value or "").strip()
    return value if len(value) <= 2000 and _WEB_ADDRESS.fullmatch(value) else None


def language_code(value: str | None) -> str | None:
    """'en' of 'en', 'EN' or 'en-GB'; None for anything else."""
    code, _, _ = (value or "").strip().replace("_", "-").partition("-")
    return code.lower() if len(code) == 2 and code.isascii() and code.isalpha() else None


def _values(block: str) -> dict[str, str] | None:
    """Keys in lower case and values as text; None when the block is not front matter at all."""
    try:
        # BaseLoader makes nothing but text, lists and maps: no objects, no dates that raise.
        loaded: Any = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError):  # "title: Foo: bar" is no YAML, but clear enough
        loaded = {key: value.strip("\"'") for key, value in _PAIR.findall(block)}
    return _as_texts(loaded) if _is_front_matter(loaded) else None


def _is_front_matter(loaded: object) -> bool:
    return isinstance(loaded, dict) and any(isinstance(key, str) and key.lower() in _KEYS for key in loaded)


def _flat(loaded: dict[str, Any]) -> dict[str, Any]:
    """The fields with those of the tables in which site generators keep what is the site's own."""
    inner = [part for name in ("params", "extra") if isinstance(part := loaded.get(name), dict)]
    return {key: value for part in (*inner, loaded) for key, value in part.items()}


def _as_texts(loaded: dict[Any, Any]) -> dict[str, str]:
    return {str(key).lower(): text for key, value in loaded.items() if (text := _as_text(value))}


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_as_text, value)))
    if isinstance(value, dict):
        return _as_text(value.get("name", ""))
    if isinstance(value, bool) or value is None:
        return ""
    return NOTE_LINK.sub(r"\1", " ".join(str(value).split()))


# Names of fields, likeliest first. "source" holds an address in web clippers and the outlet elsewhere.
_NAMES = {
    "title": ("title", "headline"),
    "publisher": ("publisher", "outlet", "publication", "site", "site_name", "source"),
    "author": ("author", "authors", "byline", "creator"),
    "published": ("published", "date", "datepublished", "date_published", "published_at", "publishdate", "pubdate"),
    "url": ("url", "source", "source_url", "link", "canonical_url", "canonicalurl", "original", "permalink"),
    "language": ("language", "lang"),
}
_STATED = frozenset(name for names in _NAMES.values() for name in names)
# What tells front matter from text between two rules.
_KEYS = _STATED | frozenset(
    "tags aliases categories created updated modified lastmod draft layout slug description keywords type".split()
)
