"""Pages that hold no whole article: beginnings before a paywall, lists of articles, errors and checks of visitors.

In: the tree of a page, its address, the text that was found. Out: the text without the words of a paywall, and whether
it breaks off; a SourceError for a page that is no article.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rag.errors import SourceError
from rag.ingest.page_dates import meta_elements
from rag.text.words import weight

# Words of a paywall that a page shows in the place of the rest of its article.
_PAYWALL = re.compile(
    r"\b(?:subscribe|sign (?:up|in)|log ?in|register|become a (?:member|subscriber)|join)\b.{0,30}\b(?:to|and)\b.{0,20}"
    r"\b(?:continue|keep|read(?:ing)?|unlock|access|view|finish)\b|"
    r"\b(?:to|want to) (?:continue|keep) reading\b|\b(?:continue|keep) reading (?:with|for|by|this)\b|"
    r"\b(?:article|story|content|report) is (?:for|only for|only available to|available to|exclusive(?:ly)? (?:to|for)|"
    r"reserved for|available exclusively) .{0,30}\b(?:subscribers?|members?|premium)\b|"
    r"\b(?:subscriber|member|premium)[ -](?:only|exclusive)\b|\b(?:exclusive|only) (?:to|for) (?:our )?(?:paying )?"
    r"(?:subscribers|members)\b|\balready (?:a |have a )?(?:subscri\w+|member)\b|"
    r"\byou(?:'|’)?ve (?:reached|read) (?:your|the) .{0,30}\b(?:limit|free)\b|"
    r"\b(?:unlimited|full) (?:digital )?access\b|"
    r"\b(?:weiterlesen|weiterzulesen)\b.{0,60}\b(?:abo\w*|mit|anmelden|registrieren)\b|\b(?:nur|exklusiv) für "
    r"(?:\w+ )?abonnent\w*|\bjetzt (?:weiterlesen|abonnieren|testen)\b|"
    r"\b(?:bereits|schon) (?:abonnent|ein abo|registriert)|"
    r"\bréservée?s? (?:aux|à nos) abonné\w*|\bil vous reste .{0,30}\bà lire\b|\bdéjà abonné|\babonnez-vous\b|"
    r"\bpour lire la suite\b|\b(?:solo|exclusiv[oa]s?) (?:para|de) (?:nuestros )?(?:suscriptores|assinantes)\b|"
    r"\bsuscríb(?:ete|ase)\b|\bya (?:es|eres) suscriptor|\bpara (?:seguir|continuar) leyendo\b|"
    r"\bassine (?:já|agora|para)\b|"
    r"\briservato agli abbonati\b|\babbonati (?:ora|per)\b|\balleen voor abonnees\b|\bverder lezen\?|"
    r"\btylko dla (?:prenumeratorów|subskrybentów)\b|订阅后继续|会員限定|有料会員|この記事は会員",
    re.IGNORECASE,
)
# Each of these ways to say it holds one of these; most paragraphs hold none, and are looked at ten times as fast.
_STEMS = (
    "subscri", "sign", "log", "regist", "member", "join", "reading", "exclusive", "premium", "access", "free", "limit",
    "weiter", "abo", "für", "jetzt", "schon", "réserv", "reste", "lire", "déjà", "solo", "exclusiv", "suscri",
    "leyendo", "assin", "riservat", "abbonat", "alleen", "verder", "tylko", "订阅", "会員",
)  # fmt: skip
_LONGEST_OFFER = 320  # characters of a paragraph of a paywall; stories about paywalls have longer ones
_BREAKS_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])[\s.»”\"\]]*\Z")
_SHORT = 700  # characters (as of English): a lead and a paragraph or two, which may be the beginning of an article
_NO_ARTICLE = re.compile(
    r"\A\W*(?:(?:error )?(?:404|403|410|500|503)\b|page not found|not found|page (?:does not|doesn(?:'|’)t) exist|"
    r"access denied|"
    r"forbidden|just a moment|attention required|are you (?:a )?(?:human|robot)|checking your browser|one more step|"
    r"security check|verify (?:that )?you are|before you continue|(?:please )?enable (?:javascript|cookies)|"
    r"javascript (?:is )?(?:required|disabled)|service unavailable|seite nicht gefunden|zugriff verweigert|"
    r"page (?:introuvable|non trouvée)|página no encontrada|pagina non trovata|pagina niet gevonden)",
    re.IGNORECASE,
)
_LONGEST_ERROR = 1_500  # characters of such a page; articles about them are longer
_SEARCH_TITLE = re.compile(
    r"\A\W*(?:search(?: results)?\b.{0,4}(?:\bfor\b|:|\Z|[-–|])|results? for\b|(?:\d[\d,.]* )?(?:search )?results\b|"
    r"you searched for\b|suchergebnis\w*|suche nach\b|résultats? (?:de|pour)\b|resultados? (?:de|para)\b|risultati\b|"
    r"zoekresultaten\b)",
    re.IGNORECASE,
)
_SEARCH_PATH = re.compile(r"/(?:search|suche|recherche|buscar|busca|ricerca|zoeken)(?:/|\.\w+)?\Z", re.IGNORECASE)
_LIST_PATH = re.compile(
    r"/(?:tags?|topics?|categor(?:y|ies)|sections?|authors?|archives?|page)/[^/]+/?\Z", re.IGNORECASE
)
_LIST_TYPES = {"searchresultspage", "collectionpage", "itemlist", "profilepage"}
_ARTICLE_TYPES = ("article", "posting", "report", "review", "recipe", "howto", "qapage")
_FEWEST_HEADLINES = 4  # that are links to other pages: fewer stand below any article
_LONG_PARAGRAPH = 200  # characters: teasers are shorter
_FEWEST_PARAGRAPHS = 3  # long ones, of text outside lists: from so many a page is an article, whatever else it lists
_HEADINGS = ("h1", "h2", "h3", "h4")
_MOST_HEADLINES = 1_000  # that are looked at
_SAVE = "Log in, save the whole page by hand, and add the file."


def refuse_what_is_no_article(root: Any, url: str | None, title: str, text: str) -> None:
    """A SourceError for an error page, a check of visitors, a page of search results, and a home or list page."""
    if weight(text) <= _LONGEST_ERROR and any(map(_NO_ARTICLE.match, (title, _window(root), text))):
        raise SourceError(
            "The page is an error or a check of its visitors, not an article.",
            "Open it in a browser and save it there.",
        )
    kinds = {kind.lower() for kind in _kinds(root)}
    if any(kind.endswith(_ARTICLE_TYPES) for kind in kinds) or meta_elements(root).get("og:type", "") == "article":
        return
    parts = urlsplit(url or "")
    path = parts.path if url else None
    searched = parse_qs(parts.query).keys() & {"q", "s", "query", "search"}
    search = bool(
        _SEARCH_TITLE.match(title) or _SEARCH_TITLE.match(_window(root)) or (path and _SEARCH_PATH.search(path))
    )
    listed = kinds & _LIST_TYPES or (path is not None and (path in ("", "/") or _LIST_PATH.search(path))) or searched
    if _is_prose(text) or not (search or listed or _has_cards(root) or _is_of_headlines(root, text, parts.path)):
        return
    if search or _headlines(root, parts.path) >= _FEWEST_HEADLINES:
        what = "search results" if search else "a home page or a list of articles"
        raise SourceError(f"The page is {what}, not an article.", "Give the addresses of its articles, or its feed.")


def without_paywall(text: str, root: Any) -> tuple[str, str]:
    """The text without the words of a paywall, and a note when it breaks off; a SourceError when nothing is left."""
    paragraphs = text.split("\n")
    offers = [one for one in paragraphs if len(one) <= _LONGEST_OFFER and _is_offer(one)]
    first = min((paragraphs.index(one) for one in offers), default=len(paragraphs))
    # Behind the words of a paywall come its prices; in the midst of an article they are an advertisement.
    behind = [one for one in paragraphs[first:] if one not in offers]
    ends_there = bool(offers) and weight("".join(behind)) < _LONGEST_OFFER
    kept = paragraphs[:first] if ends_there else [one for one in paragraphs if one not in offers]
    free = "\n".join(kept).strip()
    short = weight(free) < _SHORT
    walled = offers or (short and (_walled(root) or _offers(root)))
    if not walled or not (ends_there or short or _BREAKS_OFF.search(free)):
        return text, ""
    if not free:
        raise SourceError("The page shows nothing of its article; it is for subscribers.", _SAVE)
    return free, f"The page shows only the beginning of its article; the rest is for subscribers. {_SAVE}"


def _is_offer(text: str) -> bool:
    """Whether a text holds words of a paywall."""
    lower = text.lower()
    return any(stem in lower for stem in _STEMS) and bool(_PAYWALL.search(text))


def _window(root: Any) -> str:
    return " ".join((root.findtext(".//title") or "").split())


def _is_prose(text: str) -> bool:
    return sum(weight(one) >= _LONG_PARAGRAPH for one in text.split("\n")) >= _FEWEST_PARAGRAPHS


def _has_cards(root: Any) -> bool:
    """Whether the page is made of several boxes with a headline that is a link each."""
    cards = root.xpath("//article[.//h2//a[@href] or .//h3//a[@href] or .//a[@href]//h2 or .//a[@href]//h3]")
    own = root.xpath("//article[.//h1]|//main//h1[not(.//a)]/following::p[string-length(normalize-space()) > 200]")
    return len(cards) >= _FEWEST_HEADLINES and not own


def _is_of_headlines(root: Any, text: str, path: str) -> bool:
    """Whether the text is made of teasers: paragraphs that each stand below a headline that leads to another page."""
    shown = {" ".join(line.split()) for line in text.split("\n") if line.strip()}
    links = {heading for heading, address in _headline_links(root) if urlsplit(address).path not in (path, "")}
    if len(links) < _FEWEST_HEADLINES:
        return False
    teasers: set[str] = set()
    below_link = False
    for element in root.iter():
        if element in links:
            below_link = True
        elif below_link and element.tag == "p":
            teasers |= {" ".join("".join(element.itertext()).split())} & shown
            below_link = False
    return len(teasers) >= _FEWEST_HEADLINES and 2 * len(teasers) >= len(shown)


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
    for node in _nodes(root):
        kind = node.get("@type")
        yield from (one for one in (kind if isinstance(kind, list) else [kind]) if isinstance(one, str))


def _walled(root: Any) -> bool:
    """Whether JSON-LD says that the article is not free."""
    return any(str(node.get("isAccessibleForFree")).lower() == "false" for node in _nodes(root))


def _offers(root: Any) -> bool:
    """Whether a box named for a paywall shows its words."""
    marks = ("paywall", "regwall", "subscribe-wall", "premium-wall", "piano-offer", "meter-wall", "subscription-wall")
    named = " or ".join(f"contains(@class, '{mark}') or contains(@id, '{mark}')" for mark in marks)
    return any(_is_offer(" ".join("".join(box.itertext()).split())) for box in root.xpath(f"//*[{named}]")[:20])


def _nodes(root: Any) -> Iterator[dict[str, Any]]:
    """The outer nodes of the page's JSON-LD, and those of its graph."""
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text:
            continue
        try:
            loaded = json.loads(script.text, strict=False)
        except (json.JSONDecodeError, RecursionError):
            continue
        for node in loaded if isinstance(loaded, list) else [loaded]:
            if isinstance(node, dict):
                yield node
                graph = node.get("@graph")
                yield from (one for one in (graph if isinstance(graph, list) else ()) if isinstance(one, dict))
