"""Web pages to articles: the only module that knows trafilatura.

In: the bytes of a page. Out: an Article with what the page says about it; a SourceError without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from rag.errors import SourceError
from rag.ingest.error_pages import refuse_errors
from rag.ingest.frontmatter import language_code, web_address
from rag.ingest.live_blogs import live_text, with_told_posts
from rag.ingest.page_data import json_ld_nodes, meta_elements, window_title
from rag.ingest.page_dates import published_on
from rag.ingest.page_kinds import refuse_lists
from rag.ingest.paywalls import without_paywall
from rag.schema import Article
from rag.text.dates import WEEKDAYS
from rag.text.encoding import read_text
from rag.text.language import detect_language
from rag.text.words import weight, words

_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_FEWEST_CHARACTERS = 120  # of text, weighed: menus and error pages give less, the shortest news in brief has more
LARGEST_PAGE = 10_000_000  # bytes of HTML without embedded pictures; its tree takes 20 times as much memory
_PICTURE = re.compile(rb"data:[\w/+.;=-]{1,100};base64,[A-Za-z0-9+/=%\s]{64,}")
_LISTS_IN_CELLS = "//td//ul|//td//ol|//th//ul|//th//ol"
_CELLS_OF_PROSE = "//td[.//h1 and count(.//p) > 1]"  # of tables that lay a page out, the article with its title in one
_META_TITLES = ("og:title", "twitter:title", "dc.title", "citation_title")
_PARTS = re.compile(r"\s+[|–—·]\s+|\s+-\s+")  # of a window's title: "Article | Section - Site"
_FEWEST_WORDS = 2  # of a window's title: a lone word is the site


def parse_html(data: bytes, *, url: str | None = None, charset: str | None = None) -> Article:
    """The article of a page.

    Args:
        url: where the page was found, when that is known; otherwise its canonical address, if it names one.
        charset: the encoding that came with it (an HTTP header), which wins over the one in the page.
    """
    data = _PICTURE.sub(b"data:,", data) if b";base64," in data else data
    if len(data) > LARGEST_PAGE:
        raise SourceError(f"The page has more than {LARGEST_PAGE / 1e6:.0f} MB of text and code.", "Save one article.")
    declared = _CHARSET.search(data[:4096])
    decoded = read_text(data, charset or (declared.group(1).decode("ascii", "replace") if declared else None))
    page = decoded.text.lstrip()
    if page.startswith("<?xml"):  # lxml reads no text that states an encoding
        page = page.partition(">")[2]
    root = _tree(page)
    page = _written(root) if with_told_posts(root) else page
    found = _extract(_with_open_cells(root, page), url)
    if found is None or root is None or weight(found.text) < _FEWEST_CHARACTERS:
        raise SourceError("No article text was found in the page.", "Save the page of one article, or paste its text.")
    address = web_address(url) or web_address(found.url)
    title = _title(root, found)
    refuse_errors((title, window_title(root)), found.text)
    refuse_lists(root, address, title, found.text)
    live = live_text(root, found.text)
    text, breaks_off = (live, "") if live else without_paywall(found.text, root)
    return Article(
        title=title,
        text=text,
        url=address,
        publisher=found.site or (_live_name(root, "publisher") if live else None),
        author=found.author or (_live_name(root, "author") if live else None),
        published=published_on(root, address, title=title, language=detect_language(found.text)),
        language=found.language,
        notes=tuple(filter(None, (decoded.remark, breaks_off))),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    title: str
    text: str
    url: str | None
    site: str | None
    author: str | None
    language: str | None


def _extract(page: str, url: str | None) -> _Found | None:
    """What trafilatura finds in the page, or None."""
    from trafilatura import bare_extraction  # 0.5 s, only when a page is read

    document: Any = bare_extraction(page, url=url, include_comments=False, with_metadata=True)
    if document is None or not document.text:
        return None
    return _Found(
        title=document.title or "",
        text=document.text,
        url=document.url,
        site=document.sitename or None,
        author=_without_day((document.author or "").replace("; ", ", ")) or None,
        language=language_code(document.language),
    )


def _tree(page: str) -> Any:
    """The root of the page; None when there is none."""
    from lxml import html  # type: ignore[import-untyped]  # comes with trafilatura

    try:
        return html.document_fromstring(page)
    except (html.etree.ParserError, ValueError):
        return None


def _with_open_cells(root: Any, page: str) -> str:
    """The page with the lists inside cells of tables as paragraphs, for the extractor drops them; without the tables
    that lay it out, for it takes each of their rows for a paragraph."""
    if root is None or not root.xpath(f"{_LISTS_IN_CELLS}|{_CELLS_OF_PROSE}"):
        return page
    opened = deepcopy(root)
    lists = [one for one in opened.xpath(_LISTS_IN_CELLS) if not _is_menu(one)]
    laid_out = [box for cell in opened.xpath(_CELLS_OF_PROSE) for box in _table_around(cell)]
    for box in laid_out:
        box.tag = "div"
    for one in lists:
        for item in one.findall("li"):
            item.tag, item.text = "p", f"• {item.text or ''}"
        one.tag = "div"
    return _written(opened) if lists or laid_out else page


def _table_around(cell: Any) -> Iterator[Any]:
    """The parts of the table that a cell stands in, itself among them."""
    table = next(cell.iterancestors("table"), None)
    if table is not None:
        own = (box for box in table.iter("tbody", "tr", "td", "th") if next(box.iterancestors("table"), None) is table)
        yield from (*own, table)


def _written(root: Any) -> str:
    from lxml import html

    return str(html.tostring(root, encoding="unicode"))


def _is_menu(items: Any) -> bool:
    """Whether a list is of links mostly, as boxes of navigation are."""
    linked = sum(len(link.text_content()) for link in items.iter("a"))
    return bool(2 * linked >= len(items.text_content().strip()))


def _live_name(root: Any, role: str) -> str | None:
    """Who wrote or published a live blog, by its JSON-LD, in which the extractor knows articles only."""
    for node in json_ld_nodes(root):
        told = node.get(role) if "liveBlogUpdate" in node else None
        named = [one.get("name") for one in (told if isinstance(told, list) else [told]) if isinstance(one, dict)]
        if names := [name for name in named if isinstance(name, str) and name.strip()]:
            return ", ".join(names)
    return None


def _title(root: Any, found: _Found) -> str:
    """The title that was found, without the name of the site; that of the window where the other is the heading of
    something else: it shares few words with the titles that the page gives itself."""
    title = _without_site(found.title, found.site)
    if root is None:
        return title
    window = window_title(root)
    bare = max(_PARTS.split(_without_site(window, found.site)), key=len)
    meta = meta_elements(root)
    given = " ".join([window, *(meta.get(name, "") for name in _META_TITLES)])
    told, known = words(title), set(words(given))
    shared = sum(word in known for word in told)
    enough = max(1, min(len(told), len(bare.split())))
    return title if 2 * shared >= enough or len(bare.split()) < _FEWEST_WORDS else bare


def _without_site(title: str, site: str | None) -> str:
    """The title without " | Site" or " - Site" behind it."""
    parts = title.split()
    named = (site or "").lower().split()
    behind = len(parts) - len(named)
    ends_so = bool(named) and behind > 1 and [word.lower() for word in parts[behind:]] == named
    return " ".join(parts[: behind - 1]) if ends_so and not parts[behind - 1].strip("|–—·-") else title


def _without_day(author: str) -> str:
    """The author without the day that some pages put behind the name: "Ann Lee, Friday 3 June"."""
    parts = author.split(" ")
    end = next((place for place, word in enumerate(parts) if place and _is_weekday(word)), len(parts))
    return " ".join(parts[:end]).rstrip(",")


def _is_weekday(word: str) -> bool:
    return word.strip(",").capitalize() in WEEKDAYS
