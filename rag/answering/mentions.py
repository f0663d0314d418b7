"""Whether a name is a person's, and how the words around it use it: as whoever acts, or behind a preposition.

Pure text, rules only. The numbers were swept on half of canard_dev, with the human rewrite of the first question as
the start of each talk; they are flat around these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from rag.text.given_names import bearer
from rag.text.names import is_known

ACTS, ASKED = 4.0, 3.0  # of a name in a question: "did Castell sign", "Castell's visit"; anywhere else in it
OPENS, TOLD, BEHIND = 2.0, 1.0, 0.4  # in a reply: opens a sentence or clause; anywhere; only ever behind a preposition

LONGEST_WORD = 40  # characters before a name that are looked at

_AUXILIARY = re.compile(r"did|does|do|is|was|are|were|has|had|have|will|would|can|could|should")
_PREPOSITION = re.compile(
    r"in|at|from|to|near|on|of|for|by|with|against|over|like|through|into|than|as|via|under|between|within"
)
_TO_PLACES = re.compile(r"in|at|from|near|into|within|to")
_PERSON_BEFORE = re.compile(
    r"mr|mrs|ms|dr|president|senator|minister|secretary|spokesman|spokeswoman|spokesperson|actor|actress|singer|director|"
    r"wife|husband|brother|sister|father|mother|son|daughter"
)
_ACTS_ON = re.compile(
    r"\s+(?:said|says|told|was|is|had|has|did|became|joined|won|began|moved|returned|wrote|made|took|also|then|later|would|"
    r"could|himself|herself|who)\b"
)
_WHO = re.compile(r"(?:and |but |so )?who\b", re.I)
_TITLE_WORD = re.compile(
    r"\b(?:University|Council|Party|Bank|House|Street|Committee|Court|Ministry|Group|Company|Inc|Ltd|River|Cup|League|City|"
    r"Union|Agency|Department|Prize|Award|Telescope|Space|Mission|Files?|War|Games|Olympics|Championships?|Report|Act|"
    r"Treaty|Agreement|Museum|Cathedral|Airport|Bridge|Station|Institute|Office|Church|Sea|Ocean|Islands?|Mountains?|Lake|"
    r"Republic|Kingdom|States|Times|Post|News|Association|Federation|Foundation|Fund|Organi[sz]ation|Society|Tower|"
    r"Hospital|School|College|Club|Stadium|Festival)\b"
)
_OWNS = ("'s", "’s")
_LAST_WORD = re.compile(r"[\w'’]+$")


class Use(NamedTuple):
    """One place of a name in a text."""

    before: str  # the word before it, in lower case; "" when none or behind a stop
    opens: bool  # whether it opens the text, a sentence or a clause
    after: str  # all that follows


def uses(name: str, text: str) -> Iterator[Use]:
    """The places where a name stands as whole words."""
    for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
        before = text[max(0, match.start() - LONGEST_WORD) : match.start()].rstrip()
        word = _LAST_WORD.search(before)
        opens = not before or before[-1] in '.!?,“”"'
        yield Use(word.group().lower() if word else "", opens, text[match.end() :])


def acts(name: str, question: str) -> bool:
    """Whether a question asks what a name does or has: "did Castell sign", "Castell's visit"."""
    return any(_AUXILIARY.fullmatch(use.before) or use.after.startswith(_OWNS) for use in uses(name, question))


def weight_in_question(name: str, question: str) -> float:
    """What its place in a question makes a name of it count."""
    return ACTS if acts(name, question) else ASKED


def weight_in_reply(name: str, reply: str) -> float:
    """What its places in a reply make a name of it count."""
    found = list(uses(name, reply))
    if found and found[0].opens:
        return OPENS
    return BEHIND if found and all(_PREPOSITION.fullmatch(use.before) for use in found) else TOLD


def is_place(name: str, text: str) -> bool:
    """Whether a name stands behind a preposition that leads to places: "in Xinjiang"."""
    return any(_TO_PLACES.fullmatch(use.before) for use in uses(name, text))


def personal(name: str, question: str, reply: str) -> float:
    """How far the words around a name speak for a person who acts; below 0 for a place or a thing."""
    asked = [_likeness(use, _AUXILIARY, use.after.startswith(_OWNS)) for use in uses(name, question)]
    told = [_likeness(use, _PERSON_BEFORE, bool(_ACTS_ON.match(use.after))) for use in uses(name, reply)]
    is_who = bool(told) and not asked and told[0] >= 0 and bool(_WHO.match(question))
    return sum(asked) + sum(told) + is_who


def _likeness(use: Use, surely: re.Pattern[str], active: bool) -> float:
    """2 behind a word that `surely` leads to a person, 1 for a name that acts or owns; below 0 for "the" name and one
    that a place's preposition leads to."""
    if surely.fullmatch(use.before):
        return 2.0
    if use.before == "the":
        return -2.0
    if active:
        return 1.0
    return -1.0 if _TO_PLACES.fullmatch(use.before) else 0.0


def has_given_name(name: str) -> bool:
    """Whether a name begins with a known given name and can be a person's."""
    return bearer(name) is not None and may_be_person(name)


def may_be_person(name: str) -> bool:
    """Up to four capitalised words that are no known place or body; a rule of thumb."""
    parts = name.split()
    return (
        not is_known(name)
        and not _TITLE_WORD.search(name)
        and not (len(name) > 1 and name.isupper())
        and len(parts) <= 4
        and all(part[:1].isupper() for part in parts)
    )
