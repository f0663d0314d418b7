"""JSON feeds (jsonfeed.org) in the form in which feedparser gives other feeds.

In: the bytes of what may be such a feed. Out: its title, language and entries; None for anything else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_VERSION = "https://jsonfeed.org/version/"


def is_json_feed(loaded: object) -> bool:
    """Whether JSON is such a feed: it says so itself."""
    return isinstance(loaded, dict) and str(loaded.get("version", "")).startswith(_VERSION)


def read_json_feed(data: bytes) -> dict[str, Any] | None:
    """The feed under `feed`, and its entries under `entries`, with the names that feedparser uses."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        feed = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not is_json_feed(feed):
        return None
    items = feed.get("items")
    entries = [_entry(item, feed) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return {"feed": {name: _text(feed.get(name)) for name in ("title", "language")}, "entries": entries}


def _entry(item: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "id": _text(item.get("id")),
        "link": _text(item.get("url")),
        "title": _text(item.get("title")),
        "published": _text(item.get("date_published")),
        "updated": _text(item.get("date_modified")),
        "author": _authors(item) or _authors(feed),
    }
    texts = (_text(item.get(name)) for name in ("content_html", "content_text"))
    content = [{"value": text} for text in texts if text]
    return told | {"content": content, "summary_detail": {"value": _text(item.get("summary"))}}


def _authors(node: Mapping[str, Any]) -> str:
    """The names of the authors; version 1 of the format has only one."""
    several = node.get("authors")
    authors = several if isinstance(several, list) else [node.get("author")]
    return ", ".join(filter(None, (_text(one.get("name")) for one in authors if isinstance(one, dict))))


def _text(value: object) -> str:
    """A string as it is; a number, which some feeds have for an id, in figures."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
