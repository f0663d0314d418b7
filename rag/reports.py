"""What adding articles and checking a library tell: reports, notes, progress, findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


class ArticleId(str):
    """The id of an article in a report: a plain string that also knows the article's title and source."""

    __slots__ = ("source", "title")

    def __new__(cls, article_id: str, title: str = "", source: str | None = None) -> ArticleId:
        """The id, with what a report says of its article."""
        made = super().__new__(cls, article_id)
        made.title = title
        made.source = source
        return made

    title: str  # type: ignore[assignment]  # hides str.title, which nobody calls on an id
    source: str | None

    @property
    def id(self) -> str:
        """The id as a plain string."""
        return str(self)


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be added, and why, in words for the user."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """What the user should know of an article that was added: a guessed encoding, a text that breaks off."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of the sources given to `Library.add`."""

    added: tuple[ArticleId, ...] = ()
    updated: tuple[ArticleId, ...] = ()
    unchanged: tuple[ArticleId, ...] = ()
    duplicates: tuple[ArticleId, ...] = ()  # the same or nearly the same as an article of the library: that one's id
    failed: tuple[Failure, ...] = ()
    notes: tuple[Note, ...] = ()  # on what was added or updated


@dataclass(frozen=True, slots=True)
class SyncReport(AddReport):
    """What became of the files of a folder in `Library.sync`."""

    removed: tuple[ArticleId, ...] = ()  # what an earlier sync had added, and is not in the folder any more


def joined(one: AddReport, other: AddReport) -> AddReport:
    """Two reports as one."""
    return AddReport(
        added=one.added + other.added,
        updated=one.updated + other.updated,
        unchanged=one.unchanged + other.unchanged,
        duplicates=one.duplicates + other.duplicates,
        failed=one.failed + other.failed,
        notes=one.notes + other.notes,
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of `Library.add` for a progress callback; `total` grows while sources are still being read."""

    done: int  # articles finished, failures included
    total: int  # articles known so far
    passages: int  # passages embedded so far
    source: str  # what was finished last


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `Library.check`."""

    severity: Literal["ok", "warning", "error"]
    message: str
    mend: str = ""
