"""Pages that list articles: results of a search, home pages, topics.

In: the tree of a page, its address, the title and text that were found. Out: a SourceError for a page that is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rag.errors import SourceError
from rag.ingest.error_pages import begins
from rag.ingest.page_data import json_ld_nodes, meta_elements, window_title
from rag.text.words import weight

_SEARCH_TITLES = tuple("search results|search:|you searched for|suchergebnis|zoekresultaten".split("|"))
# What articles are called as well ("Risultati del voto"): of search results where headlines lead to other pages.
_MAYBE_SEARCH_TITLES = tuple(
    "results for|suche nach|résultats de|résultats pour|resultados de|resultados para|risultati".split("|")
)
_SEARCH_PATHS = frozenset("search suche recherche buscar busca ricerca zoeken".split())
_LIST_PATHS = frozenset(
    "tag tags topic topics category categories section sections author authors archive archives page".split()
)
_LIST_TYPES = {"searchresultspage", "collectionpage", "itemlist", "profilepage"}
_ARTICLE_TYPES = ("article", "posting", "report", "review", "recipe", "howto", "qapage")
_FEWEST_HEADLINES = 4  # that are links to other pages: fewer stand below any article
_LONG_PARAGRAPH = 200  # characters: teasers are shorter
_FEWEST_PARAGRAPHS = 3  # long ones, of text outside lists: from so many a page is an article, whatever else it lists
_HEADINGS = ("h1", "h2", "h3", "h4")
_MOST_HEADLINES = 1_000  # that are looked at


def refuse_lists(root: Any, url: str | None, title: str, text: str) -> None:
    """A SourceError for a page of search results, and a home or list page."""
    kinds = {kind.lower() for kind in _kinds(root)}
    if any(kind.endswith(_ARTICLE_TYPES) for kind in kinds) or meta_elements(root).get("og:type", "") == "article":
        return
    parts = urlsplit(url or "")
    path = parts.path if url else None
    searched = parse_qs(parts.query).keys() & {"q", "s", "query", "search"}
    folders = [folder.partition(".")[0].lower() for folder in (path or "").strip("/").split("/")]
    headlines = _headlines(root, parts.path)
    titles = _SEARCH_TITLES + (_MAYBE_SEARCH_TITLES if headlines >= _FEWEST_HEADLINES else ())
    titled = begins(title, titles) or begins(window_title(root), titles)
    search = titled or folders[-1] in _SEARCH_PATHS
    at_root = path is not None and not path.strip("/")
    listed = kinds & _LIST_TYPES or at_root or (folders[-2:-1] and folders[-2] in _LIST_PATHS) or searched
    if _is_prose(text) or not (search or listed or _has_cards(root) or _is_of_headlines(root, text, parts.path)):
        return
    if search or headlines >= _FEWEST_HEADLINES:
        what = "search results" if search else "a home page or a list of articles"
        raise SourceError(f"The page is {what}, not an article.", "Give the addresses of its articles, or its feed.")


def _is_prose(text: str) -> bool:
    return sum(weight(one) >= _LONG_PARAGRAPH for one in text.split("\n")) >= _FEWEST_PARAGRAPHS


def _has_cards(root: Any) -> bool:
    """Whether the page is made of several boxes with a headline that is a link each."""
    cards = root.xpath("//article[.//h2//a[@href] or .//h3//a[@href] or .//a[@href]//h2 or .//a[@href]//h3]")
    own = root.xpath("//article[.//h1]|//main//h1[not(.//a)]/following::p[string-length(normalize-space()) > 200]")
    return len(cards) >= _FEWEST_HEADLINES and not own


def _is_of_headlines(root: Any, text: str, path: str) -> bool:
    """Whether the text is made of teasers: paragraphs that each stand below a headline that leads to another page."""
    whole = " ".join(text.split())
    links = {heading for heading, address in _headline_links(root) if urlsplit(address).path not in (path, "")}
    if len(links) < _FEWEST_HEADLINES:
        return False
    teasers: set[str] = set()
    heads: set[str] = set()
    headline = None
    for element in root.iter():
        if element in links:
            headline = element
        elif headline is not None and element.tag == "p":
            if (teaser := _words_of(element)) and teaser in whole:
                teasers.add(teaser)
                heads.add(_words_of(headline))
            headline = None
    listed = sum(map(len, teasers)) + sum(len(head) for head in heads if head in whole)
    return len(teasers) >= _FEWEST_HEADLINES and 2 * listed >= len(whole)


def _words_of(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _headline_links(root: Any) -> Iterator[tuple[Any, str]]:
    """The headlines that are links, or hold one, with where they lead."""
    for heading in islice(root.iter(*_HEADINGS), _MOST_HEADLINES):
        link = next(chain(heading.iter("a"), heading.iterancestors("a")), None)
        if link is not None and link.get("href"):
            yield heading, link.get("href")


def _headlines(root: Any, path: str) -> int:
    """The headlines that are links to other pages."""
    return len({address for _, address in _headline_links(root) if urlsplit(address).path not in (path, "")})


def _kinds(root: Any) -> Iterator[str]:
    """The types that JSON-LD gives the page and what it is about."""
    for node in json_ld_nodes(root):
        kind = node.get("@type")
        yield from (one for one in (kind if isinstance(kind, list) else [kind]) if isinstance(one, str))
