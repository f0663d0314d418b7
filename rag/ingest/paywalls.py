"""Beginnings of articles before a paywall.

In: the text that was found in a page, and its tree. Out: the text without the words of a paywall, and whether it breaks
off; a SourceError when nothing is left.
"""

from __future__ import annotations

from typing import Any

from rag.errors import SourceError
from rag.ingest.page_data import json_ld_nodes
from rag.text.words import weight

# What a page says in the place of the rest of its article.
_OFFERS = (
    "to continue reading|continue reading with|to keep reading|subscribe to continue|subscribe to read|"
    "subscribe to unlock|sign in to read|log in to read|register to read|is for subscribers|subscribers only|"
    "subscriber-only|subscriber only|available to subscribers|exclusive to subscribers|exclusive to members|"
    "members only|already a subscriber|already a member|already subscribed|already have a subscription|"
    "you've reached your|you've reached the limit|you've read your|subscribe now to access|log in to check access|"
    "unlimited access|unlimited digital access|full access|"
    "jetzt weiterlesen|weiterlesen mit|zum weiterlesen|nur für abonnent|exklusiv für abonnent|bereits abonnent|"
    "bereits ein abo|jetzt abonnieren|réservé aux abonnés|réservée aux abonnés|réservé à nos abonnés|il vous reste|"
    "déjà abonné|abonnez-vous|pour lire la suite|para suscriptores|para nuestros suscriptores|para assinantes|"
    "suscríbete|suscríbase|para seguir leyendo|para continuar leyendo|ya eres suscriptor|assine já|"
    "riservato agli abbonati|abbonati ora|alleen voor abonnees|verder lezen?|tylko dla prenumeratorów|"
    "订阅后继续|会員限定|有料会員|この記事は会員"
).split("|")
_LONGEST_OFFER = 320  # characters of a paragraph of a paywall; stories about paywalls have longer ones
_SHORT = 700  # characters (as of English): a lead and a paragraph or two, which may be the beginning of an article
_BOXES = ("paywall", "regwall", "subscribe-wall", "premium-wall", "piano-offer", "meter-wall", "subscription-wall")
_SAVE = "Log in, save the whole page by hand, and add the file."


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
    if not walled or not (ends_there or short or breaks_off(free)):
        return text, ""
    if not free:
        raise SourceError("The page shows nothing of its article; it is for subscribers.", _SAVE)
    return free, f"The page shows only the beginning of its article; the rest is for subscribers. {_SAVE}"


def breaks_off(text: str) -> bool:
    """Whether a text ends in an ellipsis, also in brackets or quotes."""
    return text.rstrip().rstrip(' ]»”"').endswith(("…", "..."))


def _is_offer(text: str) -> bool:
    """Whether a text holds words of a paywall."""
    told = text.lower().replace("’", "'")
    return any(offer in told for offer in _OFFERS)


def _walled(root: Any) -> bool:
    """Whether JSON-LD says that the article is not free."""
    return any(str(node.get("isAccessibleForFree")).lower() == "false" for node in json_ld_nodes(root))


def _offers(root: Any) -> bool:
    """Whether a box named for a paywall shows its words."""
    named = " or ".join(f"contains(@class, '{mark}') or contains(@id, '{mark}')" for mark in _BOXES)
    return any(_is_offer(" ".join("".join(box.itertext()).split())) for box in root.xpath(f"//*[{named}]")[:20])
