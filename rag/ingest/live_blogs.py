"""Live blogs: pages of many short posts, each with its own time and headline.

In: the tree of a page. Out: the text of its posts in their order, times and headlines kept; None for other pages.
Posts that stand in the page's JSON-LD only are put into its tree first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from rag.ingest.markup import paragraphs_of
from rag.ingest.page_data import json_ld_nodes, window_title

_FEWEST_POSTS = 3
_LONG_LINE = 60  # characters of a line of prose
_LONGEST_TIME = 40  # characters of a time as it is written
_TO_MINUTES = len("2024-07-11T18:05")
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}")
_POST = re.compile(
    r"(?:^|[\s_-])(?:live[_-]*(?:blog)?[_-]*(?:posts?)?[_-]*|ticker[_-]*|timeline[_-]*)"
    r"(?:post|entry|item|update|block)(?:$|\s|--)",
    re.IGNORECASE,
)
_LIVE = ("liveblog", "liveupdate", "liveticker", "livecoverage", "livefeed", "livepost")  # in names without hyphens
_LIVE_TITLES = ("live updates", "live blog", "liveblog", "liveticker", "live-ticker", "as it happened", "en direct :")
_HEADINGS = ("h1", "h2", "h3", "h4")


def live_text(root: Any, found: str) -> str | None:
    """The text of a live blog; None when the page is none, or has one beside its article.

    Args:
        found: the text of the page as an article.
    """
    posts = _posts(root)
    if len(posts) < _FEWEST_POSTS:
        return None
    texts = [text for post in posts if (text := _text_of(post))]
    whole = "\n".join(texts)
    prose = [" ".join(line.split()) for line in found.split("\n") if len(line) >= _LONG_LINE]
    own = [line in whole for line in prose]
    if len(texts) < _FEWEST_POSTS or 2 * sum(own) < len(prose):
        return None
    above = prose[: own.index(True)] if any(own) else []  # what introduces the posts
    return "\n".join([*above, whole])


def with_told_posts(root: Any) -> bool:
    """Whether posts were added to the tree: those that only its JSON-LD holds, since a script shows them to readers."""
    if root is None or len(_posts(root)) >= _FEWEST_POSTS:
        return False
    posts = list(_told_posts(root))
    body = root.find(".//body")
    if len(posts) < _FEWEST_POSTS or body is None:
        return False
    (body.find(".//article") if body.find(".//article") is not None else body).extend(posts)
    return True


def _told_posts(root: Any) -> Iterator[Any]:
    """The posts of JSON-LD (schema.org's liveBlogUpdate), each as an element with its time, headline and text."""
    from lxml import html  # type: ignore[import-untyped]  # comes with trafilatura

    for node in json_ld_nodes(root):
        updates = node.get("liveBlogUpdate")
        for update in updates if isinstance(updates, list) else ():
            told = {key: value for key, value in update.items() if isinstance(value, str)} if update else {}
            body = told.get("articleBody", "")
            if not body.strip():
                continue
            shown = body if "<p" in body.lower() else "".join(f"<p>{line}</p>" for line in body.split("\n"))
            post = html.fragment_fromstring(shown, create_parent="article")
            post.set("class", "live-blog-post")
            time, heading = html.Element("time", datetime=told.get("datePublished", "")), html.Element("h2")
            heading.text = told.get("headline", "")
            post[0:0] = [time, heading]
            yield post


def _posts(root: Any) -> list[Any]:
    """The elements that hold a post each: by their names, or as siblings with a time each in a page that is live."""
    named = {one for one in root.iter("article", "div", "li", "section") if _is_post(one)}
    outer = [one for one in root.iter("article", "div", "li", "section") if one in named and not _inside(one, named)]
    if len(outer) >= _FEWEST_POSTS:
        return outer
    if not _is_live(root):
        return []
    timed = (one for one in root.iter("article", "div", "li", "section") if one.find(".//p") is not None)
    rows: dict[Any, list[Any]] = {}
    for one in timed:
        if one.find(".//time") is not None:
            rows.setdefault(one.getparent(), []).append(one)
    return max(rows.values(), key=len, default=[])


def _inside(element: Any, boxes: set[Any]) -> bool:
    return any(box in boxes for box in element.iterancestors())


def _is_live(root: Any) -> bool:
    """Whether a page says that it is a live blog: in its title, in JSON-LD, or by the name of a part."""
    title = window_title(root).lower()
    if title.startswith(("live:", "live –", "live -", "live |")) or any(live in title for live in _LIVE_TITLES):
        return True
    data = any("LiveBlogPosting" in (script.text or "") for script in root.iter("script"))
    parts = root.iter("div", "main", "section", "article", "body")
    names = (f"{one.get('class')} {one.get('id')} {one.get('itemtype')}".lower().replace("-", "") for one in parts)
    return data or any(live in name for name in names for live in _LIVE)


def _is_post(element: Any) -> bool:
    told = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
    return (bool(_POST.search(told)) or "liveBlogUpdate" in told) and element.find(".//p") is not None


def _text_of(post: Any) -> str:
    """The lines of a post: its time with its headline, then its paragraphs."""
    heading = next((one for one in post.iter(*_HEADINGS) if _line(one)), None)
    times = list(post.iter("time"))
    when = next(filter(None, map(_time_of, times)), "")
    known = {_line(heading), *map(_line, times)}
    body = [line for line in paragraphs_of(post).split("\n\n") if line not in known and not _is_byline(line, when)]
    head = " – ".join(filter(None, (when, _line(heading))))
    return "\n".join(filter(None, (head, *body))) if body else ""


def _is_byline(line: str, when: str) -> bool:
    """Whether a line is the time of the post once more, with its author."""
    return bool(when) and line.startswith(when) and len(line) <= len(when) + _LONGEST_TIME


def _time_of(time: Any) -> str:
    """A time as readers see it; as programs do where readers see "2h ago"."""
    shown = _line(time)
    if _CLOCK.search(shown) and len(shown) <= _LONGEST_TIME:
        return shown
    with suppress(ValueError):
        if len(stated := (time.get("datetime") or "")[:_TO_MINUTES]) == _TO_MINUTES:
            return f"{datetime.fromisoformat(stated):%Y-%m-%d %H:%M}"
    return shown if len(shown) <= _LONGEST_TIME else ""


def _line(element: Any) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
