"""Which articles a question is asked of: all, an outlet, a range of days, a collection, or a selection."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rag.schema import Filters
from rag.text.dates import day_in_words

IN_ADDRESS = ("only_outlet", "only_collection", "only_since", "only_until", "only")
MAX_NAME = 300  # characters of an outlet or a collection
MAX_ID = 64  # characters
MAX_SELECTION = 1000  # articles: some 17 kB of address, the most that servers and browsers take without ado


@dataclass(frozen=True, slots=True)
class Scope:
    """What the reader chose; nothing chosen means all articles."""

    publisher: str = ""
    collection: str = ""
    since: date | None = None
    until: date | None = None
    selection: tuple[str, ...] = ()  # ids of articles

    @property
    def all(self) -> bool:
        """Whether all articles are asked."""
        return self == Scope()

    def filters(self, members: Callable[[str], Sequence[str]]) -> Filters:
        """The filters of the search; `members` gives the articles of a collection as it is now."""
        ids: tuple[str, ...] | None = self.selection or None
        if self.collection:
            inside = tuple(members(self.collection))
            ids = tuple(one for one in inside if one in set(ids)) if ids else inside
        return Filters(publisher=self.publisher or None, since=self.since, until=self.until, article_ids=ids)

    @property
    def label(self) -> str:
        """In words: 'The Courier, since 1 May 2022'."""
        parts = []
        if self.collection:
            parts.append(f"collection {self.collection}")
        if self.selection:
            parts.append(f"{len(self.selection)} selected {'article' if len(self.selection) == 1 else 'articles'}")
        if self.publisher:
            parts.append(self.publisher)
        if self.since and self.until:
            parts.append(f"{day_in_words(self.since)} to {day_in_words(self.until)}")
        elif self.since:
            parts.append(f"since {day_in_words(self.since)}")
        elif self.until:
            parts.append(f"until {day_in_words(self.until)}")
        return ", ".join(parts) or "all articles"

    def to_address(self) -> dict[str, str]:
        """As it stands in the page's address; nothing for all articles."""
        parts = {
            "only_outlet": self.publisher,
            "only_collection": self.collection,
            "only_since": _iso(self.since),
            "only_until": _iso(self.until),
            "only": ".".join(self.selection),
        }
        return {name: value for name, value in parts.items() if value}

    @classmethod
    def from_address(cls, address: Mapping[str, str]) -> Scope:
        """The scope that an address names; what is none is left out."""
        listed = address.get("only", "").split(".")[:MAX_SELECTION]
        return cls(
            publisher=address.get("only_outlet", "")[:MAX_NAME],
            collection=address.get("only_collection", "")[:MAX_NAME],
            since=_typed_day(address.get("only_since", "")),
            until=_typed_day(address.get("only_until", "")),
            selection=tuple(dict.fromkeys(one for one in listed if _is_id(one))),
        )

    def to_json(self) -> str:
        """As it is kept with a question."""
        kept = {"publisher": self.publisher, "collection": self.collection, "selection": list(self.selection)}
        return json.dumps(kept | {"since": _iso(self.since), "until": _iso(self.until)})

    @classmethod
    def from_json(cls, text: str) -> Scope:
        """The scope that was kept; all articles for text that is none."""
        try:
            kept: dict[str, Any] = json.loads(text or "{}")
            return cls(
                publisher=str(kept.get("publisher") or ""),
                collection=str(kept.get("collection") or ""),
                since=_day(kept.get("since")),
                until=_day(kept.get("until")),
                selection=tuple(str(one) for one in kept.get("selection") or ()),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()


def _iso(value: date | None) -> str:
    return value.isoformat() if value else ""


def _is_id(text: str) -> bool:
    """Whether the text could be the id of an article."""
    return len(text) <= MAX_ID and text.replace("-", "").replace("_", "").isalnum()


def _typed_day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None
