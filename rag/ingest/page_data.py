"""What a page says of itself for programs: its meta elements and its JSON-LD.

In: the tree of a page. Out: values as the page states them; what is no JSON is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def meta_elements(root: Any) -> dict[str, str]:
    """The meta elements of a page by name, the first of each name."""
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        found.setdefault(name.lower(), meta.get("content") or "")
    return found


def window_title(root: Any) -> str:
    """The title of the page's window on one line; empty without one."""
    return " ".join((root.findtext(".//title") or "").split())


def json_ld(root: Any) -> Iterator[Any]:
    """The scripts of JSON-LD, loaded."""
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text:
            continue
        text = script.text.replace("<![CDATA[", "").replace("]]>", "")  # of pages that want to be XHTML as well
        try:
            yield json.loads(text, strict=False)
        except (json.JSONDecodeError, RecursionError):
            continue


def json_ld_nodes(root: Any) -> Iterator[dict[str, Any]]:
    """The outer nodes of the page's JSON-LD, and those of its graph."""
    for loaded in json_ld(root):
        for node in loaded if isinstance(loaded, list) else [loaded]:
            if isinstance(node, dict):
                yield node
                graph = node.get("@graph")
                yield from (one for one in (graph if isinstance(graph, list) else ()) if isinstance(one, dict))
