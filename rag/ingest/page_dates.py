"""The day on which a page says that its article was published.

In: the tree of a page, its address, its title and language. Out: a date for which there is evidence, or None. A year of
copyright, a number, the name of a file, or the date of another story is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice
from typing import Any

from rag.ingest.page_data import json_ld, meta_elements
from rag.ingest.page_places import (
    LONGEST_LINE,
    Page,
    alike,
    following,
    in_prose,
    line_of,
    name_words,
    names_of,
    text_of,
)
from rag.text.dates import date_in_url, date_line, day_first, parse_date

_YEAR = re.compile(r"\d{4}")
_META_DATES = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished", "publishdate",
    "publish_date", "publish-date", "published_time", "pubdate", "article.published", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "dc.date.issued", "dcterms.issued", "dcterms.created",
    "dcterms.date", "dc.date", "citation_publication_date", "citation_date", "date",
)  # fmt: skip
_UNSET = date(1970, 1, 1)  # what programs write that have no date
_MOST_NODES = 500  # of JSON-LD
_MOST_PLACES = 200  # elements that are looked at; a page of comments has thousands
_NEAR = 12  # texts below the headline among which a line of its own is the dateline

# Words in class, id and itemprop of an element that tells a date, beside those that end in one of "date".
_DATED = frozenset(
    "datum fecha published pub posted postedon timestamp time byline author meta info created submitted kicker".split()
)
_DATED_ENDS = ("date", "dateline", "datetime")
_DATED_STEMS = ("publish", "publication")
_CHANGED = re.compile(
    r"modif|updat|revis|review|edited|aktualisiert|geändert|stand:|mis à jour|mise à jour|actuali[sz]|atualizad|"
    r"aggiornat|bijgewerkt|zaktualizow|güncelle|更新",
    re.IGNORECASE,
)
_NO_PUBLICATION = re.compile(
    r"©|\(c\)\s*\d|copyright|all rights|since|founded|established|version|\btel\b|phone|deadline|expires?|until|"
    r"accessed|retrieved|bday|dtstart|born|died|joined|member|event",
    re.IGNORECASE,
)
_BY = re.compile(r"(?:by|von|par|por|di|door|przez|written|posted|published)\b", re.IGNORECASE)  # a line of the author
_PUBLISHED = re.compile(
    r"publi\w+|posted|veröffentlicht|erschienen|erstellt|pubblicato|geplaatst|gepubliceerd|yayın\w*|opublikowan\w*|"
    r"发布|掲載|公開",
    re.IGNORECASE,
)


def published_on(root: Any, url: str | None, *, title: str = "", language: str | None = None) -> date | None:
    """The day of publication by JSON-LD, meta elements, time elements, the address, a dateline: the first that says
    one. None when none does.

    Args:
        root: the tree of the page; None when it has none.
        url: the address of the page itself.
        title: the title of the article, which tells its own heading from those of others.
        language: of the page, in which the names of months are written.
    """
    if root is None:
        return _plausible(date_in_url(url or ""))
    page, reader = Page(root, title), _Reader(root, language)
    told = (*_json_ld_dates(root, title), *_meta_dates(root), *_microdata(page), *_time_dates(page))
    for candidate in told:
        if when := _plausible(reader.read(candidate)):
            return when
    if when := _plausible(date_in_url(url or "")):
        return when
    return next((found for found in map(_plausible, _datelines(page, reader)) if found), None)


class _Reader:
    """Reads dates in the language of a page."""

    def __init__(self, root: Any, language: str | None) -> None:
        self._locale = (root.get("lang") or language or "en").lower().replace("_", "-")
        self._language = None if language == "en" else language
        self._foreign_reads = 5  # dateparser takes up to 0.1 s a text

    def read(self, text: str) -> date | None:
        """The date in a text, also with months in the language of the page; a number alone has to be plain."""
        return parse_date(text) or self._day_first(text) or self._foreign(text)[1]

    def line(self, text: str) -> date | None:
        """The date of a text that holds little else."""
        if (when := date_line(text)) or len(text) > LONGEST_LINE // 2:
            return when
        words, when = self._foreign(text)
        return when if len(words) >= 0.8 * len(text) else None

    def _foreign(self, text: str) -> tuple[str, date | None]:
        """A date whose month is written in the language of the page, with its words."""
        if self._language is None or not self._foreign_reads or not _YEAR.search(text):
            return "", None
        self._foreign_reads -= 1
        return _in_language(text, self._language)

    def _day_first(self, text: str) -> date | None:
        """05/10/2018 as all but the United States read it, where the page is in another language or says its country.

        "en" alone says nothing, nor does "en-US", which many programs write into every page.
        """
        return None if self._locale in ("en", "en-us") else day_first(text)


def _plausible(when: date | None) -> date | None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return when if when is not None and when <= tomorrow and when != _UNSET else None


def _in_language(text: str, language: str) -> tuple[str, date | None]:
    """A date whose month is written in the language, with its words."""
    from dateparser.search import search_dates  # 0.2 s, and few pages need it

    settings: Any = {"REQUIRE_PARTS": ["day", "month", "year"]}
    try:
        found = search_dates(text[:LONGEST_LINE], languages=[language], settings=settings) or []
    except ValueError:  # a language that it does not know
        return "", None
    # Of figures alone the order is not sure.
    return next(((words, when.date()) for words, when in found if any(map(str.isalpha, words))), ("", None))


# --- what the page says for programs


def _json_ld_dates(root: Any, title: str) -> list[str]:
    """Values of datePublished: of nodes whose headline is the title, of those without one, and of a single other one.

    Several with other headlines are the stories that the page links to.
    """
    found: list[tuple[str, str]] = []
    for loaded in json_ld(root):
        found += islice(_dates_in(loaded, depth=0), _MOST_NODES)
    own = [when for head, when in found if head and alike(head, title)]
    bare = [when for head, when in found if not head]
    other = [when for head, when in found if head and not alike(head, title)]
    return [*own, *bare, *(other if len(set(other)) == 1 else ())]


def _dates_in(node: object, depth: int) -> Iterator[tuple[str, str]]:
    """Values of datePublished with the headlines of their nodes, outer ones first."""
    if depth > 6:
        return
    if isinstance(node, dict):
        if isinstance(node.get("datePublished"), str):
            headline = node.get("headline") or node.get("name")
            yield headline if isinstance(headline, str) else "", node["datePublished"]
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _dates_in(node.get(key), depth + 1)
    elif isinstance(node, list):
        for part in node[:50]:
            yield from _dates_in(part, depth + 1)


def _meta_dates(root: Any) -> Iterator[str]:
    found = meta_elements(root)
    yield from (found[name] for name in _META_DATES if name in found)


def _microdata(page: Page) -> Iterator[str]:
    for element in page.root.xpath("//*[contains(@itemprop, 'datePublished')]")[:_MOST_PLACES]:
        if page.belongs(element, marked=True):
            yield from _values(element)


def _time_dates(page: Page) -> Iterator[str]:
    """`<time>` elements that say that they tell the publication; then the others that stand in no prose.

    Those that tell a change only count where the class says so in the way of blogs (`updated`), last of all.
    """
    times = [time for time in page.root.iter("time") if text_of(time) or time.get("datetime")][:_MOST_PLACES]
    told = [(time, f"{time.get('itemprop')} {time.get('class')} {'pubdate' * ('pubdate' in time.attrib)}".lower())
            for time in times if not in_prose(time)]  # fmt: skip
    published = [time for time, names in told if "publ" in names or "pubdate" in names]
    marked = [time for time in published if page.belongs(time, marked=True)]
    told = [(time, names) for time, names in told if page.belongs(time)]
    plain = [time for time, names in told if not _CHANGED.search(names) and not _CHANGED.search(line_of(time))]
    blogs = [time for time, names in told if "updated" in names.split()]
    for time in (*marked, *plain[:1], *blogs[:1]):
        yield from _values(time)


def _values(element: Any) -> Iterator[str]:
    """What an element gives as its date: in an attribute, or as its text."""
    values = (element.get("datetime"), element.get("content"), element.get("title"), text_of(element))
    yield from (value for value in values if value and len(value) <= LONGEST_LINE)


# --- what the page says for readers


def _datelines(page: Page, reader: _Reader) -> Iterator[date]:
    """Dates of elements that are named for one, then of lines that hold nothing else beside the headline."""
    named = (one for one in page.root.iter() if isinstance(one.tag, str) and _is_dated(one))
    for element in islice(named, _MOST_PLACES):
        text = _told(text_of(element))
        if text and _bears_out(element, text) and page.belongs(element) and (when := reader.read(text)):
            yield when
    for element, text in _beside(page.heading):
        told = text if reader.line(text) else _told(text) if _BY.match(text) else ""
        if told and _bears_out(element, told) and page.belongs(element) and (when := reader.read(told)):
            yield when


def _is_dated(element: Any) -> bool:
    """Whether an element is named for a date."""
    return any(
        word in _DATED or word.endswith(_DATED_ENDS) or word.startswith(_DATED_STEMS) for word in name_words(element)
    )


def _tells_other(element: Any) -> bool:
    """Whether an element is named for another date than that of publication: of a change, or a birth."""
    names = " ".join(names_of(one) for one in islice(element.iter(), 10) if isinstance(one.tag, str))
    return bool(_NO_PUBLICATION.search(names) or (_CHANGED.search(names) and not _PUBLISHED.search(names)))


def _bears_out(element: Any, text: str) -> bool:
    """Whether a text tells the publication by what stands just around it too (not after "last edited:")."""
    if _tells_other(element) or in_prose(element):
        return False
    around = (text_of(box) for box in islice(chain((element,), element.iterancestors()), 2))
    return all(len(words) > LONGEST_LINE or text in _told(words) for words in around)


def _told(text: str) -> str:
    """The part of a short line that tells the publication; empty when it tells something else."""
    if len(text) > LONGEST_LINE or not _YEAR.search(text) or _NO_PUBLICATION.search(text):
        return ""
    published, changed = _PUBLISHED.search(text), _CHANGED.search(text)
    if changed is None:
        return text
    if published is None:
        return text[: changed.start()]
    after = text[published.end() :]
    return after if published.start() > changed.start() else text[published.start() : changed.start()]


def _beside(heading: Any) -> Iterator[tuple[Any, str]]:
    """The texts just above and below a heading, with the elements that hold them."""
    if heading is None:
        return
    before = heading.getprevious()
    if before is not None and isinstance(before.tag, str):
        yield before, text_of(before)
    below = ((one, " ".join((one.text or "").split())) for one in following(heading))
    yield from islice(((one, text) for one, text in below if text), _NEAR)
