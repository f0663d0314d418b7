"""Files that hold several articles: which they are, and what opens them.

In: the name of a file and its bytes. Out: the reader of its articles; None for a file of one article.
Where the ending does not tell (an export of a press database is a .txt like any other), the content does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rag.ingest.formats import bibliography, evernote, feed_file, feed_list, links, news_book, press, web_archive
from rag.ingest.formats.mail import reader as mail
from rag.schema import Article, Failure

Read = Callable[[bytes], Iterable[Article | Failure]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its endings, what tells it from others of these endings, and its reader."""

    endings: tuple[str, ...]
    holds: Callable[[bytes], bool]
    read: Read


def _any(data: bytes) -> bool:
    return True


KINDS = (
    Kind((".enex",), _any, evernote.read_notes),
    Kind((".ris",), _any, bibliography.read_ris),
    Kind((".bib",), _any, bibliography.read_bibtex),
    Kind((".warc", ".warc.gz"), _any, web_archive.read_pages),
    Kind((".opml",), _any, feed_list.refuse_feed_list),
    Kind((".xml",), feed_list.is_feed_list, feed_list.refuse_feed_list),
    Kind((".rss", ".atom", ".rdf"), _any, feed_file.read_entries),
    Kind((".xml",), feed_file.is_feed, feed_file.read_entries),
    Kind((".mbox", ".mbx"), _any, mail.read_mails),
    Kind((".eml",), mail.holds_several, mail.read_mails),
    Kind((".epub",), news_book.is_news, news_book.read_articles),
    Kind((".txt", ".text", ".rtf", ".docx"), press.is_export, press.read_export),
    Kind((".html", ".htm", ".xhtml", ".txt", ".text"), links.is_link_list, links.refuse_link_list),
)
# Endings that no file of one article has.
SEVERAL = (".enex", ".ris", ".bib", ".warc", ".warc.gz", ".rss", ".atom", ".rdf", ".opml", ".xml", ".mbox", ".mbx")
_ENDINGS = tuple(ending for kind in KINDS for ending in kind.endings)


def may_hold_several(name: str) -> bool:
    """Whether a file of this name has to be opened to know."""
    return name.lower().endswith(_ENDINGS)


def reader_of(name: str, data: bytes) -> Read | None:
    """What reads the articles of the file; None when it holds one, or is of no such kind."""
    ending = name.lower()
    return next((kind.read for kind in KINDS if ending.endswith(kind.endings) and kind.holds(data)), None)
