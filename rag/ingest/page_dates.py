"""The day on which a page says that its article was published.

In: the tree of a page, its address, its title and language. Out: a date for which there is evidence, or None. A year of
copyright, a number, the name of a file, or the date of another story is no evidence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice, takewhile
from typing import Any

from rag.text.dates import date_in_url, date_line, parse_date

_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")  # around scripts of pages that want to be XHTML as well
_META_DATES = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished", "publishdate",
    "publish_date", "publish-date", "published_time", "pubdate", "article.published", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "dc.date.issued", "dcterms.issued", "dcterms.created",
    "dcterms.date", "dc.date", "citation_publication_date", "citation_date", "date",
)  # fmt: skip
_MOST_NODES = 500  # of JSON-LD
_MOST_PLACES = 200  # elements that are looked at; a page of comments has thousands
_LONGEST_LINE = 120  # characters of a line that tells a date of publication; longer ones are prose
_LONGEST_GAP = 20  # characters that may stand beside the date in a link that leads to the article itself
_NEAR = 12  # texts below the headline among which a line of its own is the dateline
_FIGURES = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d{2})(?!\d)")
_ASIDE = ("aside", "nav", "header", "footer", "select", "form", "blockquote", "figure", "table")
_WORD = re.compile(r"\w+")
_HEADINGS = ("h1", "h2", "h3", "h4")

# Tokens of class, id and itemprop: of an element that tells a date, and of a part of the page about other things.
_DATED = re.compile(
    r"(?:^|[\s_-])(?:e?[a-z]*date(?:line|time)?|datum|fecha|published|publi(?:sh|cation)\w*|pub|posted(?:on)?|"
    r"time-?stamp|time|byline|author|meta|info|created|submitted|kicker)(?:$|[\s_-])",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"(?:^|[\s_-])(?:related|recommend\w*|comments?|replies|reply|sidebar|side|widgets?|teasers?|promos?|popular|"
    r"trending|latest|more|footer|copyright|archives?|calendar|events?|breadcrumbs?|menu|nav|navigation|cards?|"
    r"carousel|upcoming|newsletter|ads?|advert\w*|login|search|next|prev\w*|author-?bio|"
    r"current|today|masthead|top-?bar|site-header|clock|weather)(?:$|[\s_-])",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:^|[\s_-])(?:related|recommend\w*|comments?|replies|reply|reviews?|teasers?|cards?)(?:$|[\s_-])", re.IGNORECASE
)
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
    page = _Page(root, title, language)
    told = (*_json_ld_dates(root, title), *_meta_dates(root), *_microdata(page), *_time_dates(page))
    for candidate in told:
        if when := _plausible(page.read(candidate)):
            return when
    if when := _plausible(date_in_url(url or "")):
        return when
    return next((found for found in map(_plausible, _datelines(page)) if found), None)


def plausible(when: date | None) -> date | None:
    """`when`, unless it lies in the future by more than a time zone."""
    return _plausible(when)


class _Page:
    """A page with the heading of its article, to tell what stands around it from other stories."""

    def __init__(self, root: Any, title: str, language: str | None) -> None:
        self.root = root
        self.language = language
        self.heading = _own_heading(root, title)
        self._boxes = set(self.heading.iterancestors()) if self.heading is not None else set()
        self._near = set(_near(self.heading)) if self.heading is not None else set()
        self._foreign_reads = 5  # dateparser takes up to 0.1 s a text

    def belongs(self, element: Any, *, marked: bool = False) -> bool:
        """Whether an element tells of the article: nothing about other things stands around it.

        What stands just below its headline does, and what is `marked` as a date of publication also at its foot.
        """
        if element in self._near and not any(box.tag in _ASIDE for box in self._own_boxes(element)):
            return True
        for box in chain((element,), element.iterancestors()):
            if box in self._boxes or box.tag in ("body", "html"):
                return True
            if box.tag in _ASIDE and not (
                (marked or box.tag in ("header", "footer")) and self._is_own(box.getparent())
            ):
                return False
            if (_OTHERS if marked else _ELSEWHERE).search(_names(box)) or _leads_away(box, element):
                return False
            if box.tag == "article" and self.heading is not None:
                return False  # another one than that of the heading
        return True

    def _own_boxes(self, element: Any) -> Iterator[Any]:
        """The boxes around an element that do not hold the headline."""
        return takewhile(lambda box: box not in self._boxes, chain((element,), element.iterancestors()))

    def _is_own(self, box: Any) -> bool:
        """Whether a box is the article with its heading: what stands at its foot tells of it."""
        return box in self._boxes and box.tag == "article"

    def read(self, text: str) -> date | None:
        """The date in a text, also with months in the language of the page; a number alone has to be plain."""
        when = parse_date(text) or self._day_first(text)
        if when is None and self._foreign_reads and self.language not in (None, "en") and re.search(r"\d{4}", text):
            self._foreign_reads -= 1
            _, when = _in_language(text, self.language or "")
        return when

    def line(self, text: str) -> date | None:
        """The date of a text that holds little else."""
        if (when := date_line(text)) or len(text) > _LONGEST_LINE // 2 or not self._foreign_reads:
            return when
        if self.language in (None, "en") or not re.search(r"\d{4}", text):
            return None
        self._foreign_reads -= 1
        words, when = _in_language(text, self.language or "")
        return when if len(words) >= 0.8 * len(text) else None

    def _day_first(self, text: str) -> date | None:
        """05/10/2018 as all but the United States read it, where the page is in another language or says its country.

        "en" alone says nothing, nor does "en-US", which many programs write into every page.
        """
        locale = (self.root.get("lang") or self.language or "en").lower().replace("_", "-")
        match = None if locale in ("en", "en-us") else _FIGURES.search(text)
        try:
            return date(int(match[3]), int(match[2]), int(match[1])) if match else None
        except ValueError:
            return None


def _plausible(when: date | None) -> date | None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return when if when is not None and when <= tomorrow else None


def _in_language(text: str, language: str) -> tuple[str, date | None]:
    """A date whose month is written in the language, with its words."""
    from dateparser.search import search_dates  # 0.2 s, and few pages need it

    settings: Any = {"REQUIRE_PARTS": ["day", "month", "year"]}
    try:
        found = search_dates(text[:_LONGEST_LINE], languages=[language], settings=settings) or []
    except ValueError:  # a language that it does not know
        return "", None
    # Of figures alone the order is not sure.
    return next(((words, when.date()) for words, when in found if any(map(str.isalpha, words))), ("", None))


# --- what the page says for programs


def _json_ld_dates(root: Any, title: str) -> list[str]:
    """Values of datePublished; first those of a node whose headline is the title."""
    found: list[tuple[bool, str]] = []
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            try:
                loaded = json.loads(_CDATA.sub("", script.text), strict=False)
            except (json.JSONDecodeError, RecursionError):
                continue
            found += islice(_dates_in(loaded, title, depth=0), _MOST_NODES)
    return [when for own in (True, False) for is_own, when in found if is_own == own]


def _dates_in(node: object, title: str, depth: int) -> Iterator[tuple[bool, str]]:
    """Values of datePublished, outer ones first, with whether their node has the title as its headline."""
    if depth > 6:
        return
    if isinstance(node, dict):
        if isinstance(node.get("datePublished"), str):
            headline = node.get("headline") or node.get("name")
            yield isinstance(headline, str) and _alike(headline, title), node["datePublished"]
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _dates_in(node.get(key), title, depth + 1)
    elif isinstance(node, list):
        for part in node[:50]:
            yield from _dates_in(part, title, depth + 1)


def _meta_dates(root: Any) -> Iterator[str]:
    found = meta_elements(root)
    yield from (found[name] for name in _META_DATES if name in found)


def meta_elements(root: Any) -> dict[str, str]:
    """The meta elements of a page by name, the first of each name."""
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        found.setdefault(name.lower(), meta.get("content") or "")
    return found


def _microdata(page: _Page) -> Iterator[str]:
    for element in page.root.xpath("//*[contains(@itemprop, 'datePublished')]")[:_MOST_PLACES]:
        if page.belongs(element, marked=True):
            yield from _values(element)


def _time_dates(page: _Page) -> Iterator[str]:
    """`<time>` elements that say that they tell the publication; then the others that stand in no prose.

    Those that tell a change only count where the class says so in the way of blogs (`updated`), last of all.
    """
    times = [time for time in page.root.iter("time") if _text(time) or time.get("datetime")][:_MOST_PLACES]
    told = [(time, f"{time.get('itemprop')} {time.get('class')} {'pubdate' * ('pubdate' in time.attrib)}".lower())
            for time in times if not _in_prose(time)]  # fmt: skip
    marked = [time for time, names in told if re.search("publ|pubdate", names) and page.belongs(time, marked=True)]
    told = [(time, names) for time, names in told if page.belongs(time)]
    plain = [time for time, names in told if not _CHANGED.search(names) and not _CHANGED.search(_line_of(time))]
    blogs = [time for time, names in told if "updated" in names.split()]
    for time in (*marked, *plain[:1], *blogs[:1]):
        yield from _values(time)


def _values(element: Any) -> Iterator[str]:
    """What an element gives as its date: in an attribute, or as its text."""
    values = (element.get("datetime"), element.get("content"), element.get("title"), _text(element))
    yield from (value for value in values if value and len(value) <= _LONGEST_LINE)


# --- what the page says for readers


def _datelines(page: _Page) -> Iterator[date]:
    """Dates of elements that are named for one, then of lines that hold nothing else beside the headline."""
    named = (one for one in page.root.iter() if isinstance(one.tag, str) and _DATED.search(_names(one)))
    for element in islice(named, _MOST_PLACES):
        text = _told(_text(element))
        if text and _bears_out(element, text) and page.belongs(element) and (when := page.read(text)):
            yield when
    for element, text in _beside(page.heading):
        told = text if page.line(text) else _told(text) if _BY.match(text) else ""
        if told and _bears_out(element, told) and page.belongs(element) and (when := page.read(told)):
            yield when


def _tells_other(element: Any) -> bool:
    """Whether an element is named for another date than that of publication: of a change, or a birth."""
    names = " ".join(_names(one) for one in islice(element.iter(), 10) if isinstance(one.tag, str))
    return bool(_NO_PUBLICATION.search(names) or (_CHANGED.search(names) and not _PUBLISHED.search(names)))


def _bears_out(element: Any, text: str) -> bool:
    """Whether a text tells the publication by what stands just around it too (not after "last edited:")."""
    if _tells_other(element) or _in_prose(element):
        return False
    around = (_text(box) for box in islice(chain((element,), element.iterancestors()), 2))
    return all(len(words) > _LONGEST_LINE or text in _told(words) for words in around)


def _told(text: str) -> str:
    """The part of a short line that tells the publication; empty when it tells something else."""
    if len(text) > _LONGEST_LINE or not re.search(r"\d{4}", text) or _NO_PUBLICATION.search(text):
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
        yield before, _text(before)
    below = ((one, " ".join((one.text or "").split())) for one in _following(heading))
    yield from islice(((one, text) for one, text in below if text), _NEAR)


def _near(heading: Any) -> Iterator[Any]:
    """The elements between a headline and the text of its article, or the next heading; one standfirst may come."""
    whole = next((box for box in heading.iterancestors() if box.tag in ("article", "main", "body")), heading)
    after = takewhile(lambda one: one.tag not in _HEADINGS and whole in one.iterancestors(), _following(heading))
    prose = 0
    for element in islice(after, _MOST_PLACES):
        prose += len((element.text or "").strip()) > _LONGEST_LINE // 2
        if prose > 1:
            return
        yield element


def _following(element: Any) -> Iterator[Any]:
    for ancestor in chain((element,), element.iterancestors()):
        for sibling in ancestor.itersiblings():
            yield from (one for one in sibling.iter() if isinstance(one.tag, str))


# --- places in the page


def _own_heading(root: Any, title: str) -> Any:
    """The heading that is nearest to the title; None when none is like it."""
    headings = list(root.iter(*_HEADINGS))[:_MOST_PLACES]
    own = [one for one in headings if _alike(_text(one), title)]
    return max(own, key=lambda one: len(_words(_text(one)) & _words(title)), default=None)


def _alike(text: str, title: str) -> bool:
    """Whether two headings are mostly of the same words."""
    words, known = _words(text), _words(title)
    return bool(words and known) and 3 * len(words & known) >= 2 * min(len(words), len(known))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _leads_away(box: Any, element: Any) -> bool:
    """Whether a box is that of another story: a link around more than the date, or with a headline that is a link."""
    if box.tag == "a" and box.get("href"):
        return len(_text(box)) > len(_text(element)) + _LONGEST_GAP
    if box.tag in ("li", "dd", "dt"):
        links = (link for link in box.iter("a") if link.get("href") and element not in link.iter())
        return any(len(_text(link)) > _LONGEST_GAP for link in links)
    return any(heading.find(".//a") is not None or heading.getparent().tag == "a" for heading in box.iter(*_HEADINGS))


def _in_prose(element: Any) -> bool:
    """Whether an element stands in a paragraph of running text: an appointment of the story, not its publication."""
    return len(_line_of(element)) > _LONGEST_LINE


def _line_of(element: Any) -> str:
    """The text of the paragraph that an element stands in."""
    for box in chain((element,), element.iterancestors()):
        if box.tag in ("p", "li", "td", "dd", "blockquote"):
            return _text(box)
        if box.tag in ("div", "section", "article", "header", "main", "body"):
            break
    return _text(element)


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _names(element: Any) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"
