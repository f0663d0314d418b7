"""Who somebody is, or what something is: questions that ask it, sentences that say it, and short answers that do not.

Rules for English names and the ways in which news introduces them: "Ada Holm, a judge", "the judge Ada Holm", "Judge
Ada Holm", "Holm was the first"; "the bridge, Morrow II", "Morrow II, built by ...", "the Lyngdal Ring Road, or LRR".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.text.given_names import bearer
from rag.text.names import names_in
from rag.text.words import STOP_WORDS

_NAME = r"[^\W\d_a-z][\w’',.-]*(?:\s[^\W\d_a-z][\w’'.-]*){0,3}"
_WHO_IS = re.compile(rf"(?i:who(?:['’]s| is| was))\s+(?P<name>{_NAME}?)\s*\??$")
_WHAT_IS = re.compile(rf"(?i:what(?:['’]s| is| was| are| were))\s+(?:the\s)?(?P<name>{_NAME}?)\s*\??$")
_BEFORE = re.compile(r"([\w’'-]+)\s+$")
# An article with at most three words behind it, at the end of what stands before a short answer.
_IN_A_PHRASE = re.compile(r"\b(?:an?|the|one of)\s+(?:[\w’'-]+\s+){0,3}$", re.I)
_PHRASE = re.compile(r"(?:an?|the|one|another)\s", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom or what a question asks to be introduced."""

    name: str
    person: bool


@lru_cache(maxsize=256)
def asked_about(question: str) -> Asked | None:
    """Of whom a question asks who it is, or of what what it is; None for other questions."""
    plain = question.strip()
    if found := _WHO_IS.match(plain):
        return Asked(found["name"], person=True)
    if found := _WHAT_IS.match(plain):
        return Asked(found["name"], person=False)
    return None


def introduces(who: Asked, sentence: str) -> bool:
    """Whether a sentence says who or what the bearer of a name is."""
    if any(pattern.search(sentence) for pattern in _patterns(who)):
        return True
    at = sentence.find(who.name)
    before = _BEFORE.search(sentence[:at]) if at > 0 and who.person else None
    if before is None or before[1].lower() in STOP_WORDS:
        return False
    word = before[1]
    return word[0].isupper() or (len(word) > 3 and not word.endswith(("ed", "ing", "ly")))


def can_introduce(who: Asked, short: str, before: str) -> bool:
    """Whether a short answer, with what stands before it in its sentence, can say who or what it is.

    A person is no other person, and no lone name such as a place. A thing is "a ..." or "the ...", or its name in full.
    """
    own = set(who.name.split())
    others = [found for found in names_in(short) if not own & set(found.split())]
    if who.person:
        return not (short in others and " " not in short) and not any(map(bearer, others))
    initials = "".join(word[0] for word in short.split() if word[0].isupper())
    named = short[:1].isupper()
    return initials == who.name or (not named and bool(_PHRASE.match(short) or _IN_A_PHRASE.search(before)))


@lru_cache(maxsize=256)
def _patterns(who: Asked) -> tuple[re.Pattern[str], ...]:
    name, last = re.escape(who.name), re.escape(who.name.split()[-1])
    if who.person:
        return (
            re.compile(rf"\b{last}, (?:an?|the|who|whose|[\w-]+(?: [\w-]+){{0,2}} (?:of|at|for|from))\b"),
            re.compile(rf"\b{last} (?:is|was) (?:an?|the)\b"),
            re.compile(rf"\b{name} of (?:the )?[A-Z]"),
        )
    kind = r"(?:[Aa]n?|[Tt]he|[Ii]ts|[Tt]heir) (?:[a-z][\w-]* ){0,3}[a-z][\w-]*,?"  # "the new vaccine,"
    return (
        re.compile(rf"\b{name}, (?:an?|the|which|or|[\w-]+(?:ed|en|de|lt) (?:by|in|as|for|at|on|after)|known|made)\b"),
        re.compile(rf"\b{name} (?:is|was|are|were) (?:an?|the|one of|[\w-]+ed (?:by|in|as))\b"),
        re.compile(rf"\b{kind} (?:called |named )?(?:the )?{name}\b"),
        re.compile(rf"\bor {name}\b|\({name}\)"),
    )
