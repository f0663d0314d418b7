"""Who somebody is: questions that ask it, sentences that say it, and short answers that do not.

Rules for English names and the ways in which news introduces people: "Ada Holm, a judge", "the judge Ada Holm",
"Judge Ada Holm", "Ada Holm of Norway", "Holm was the first".
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.text.given_names import bearer
from rag.text.names import names_in
from rag.text.words import STOP_WORDS

_WHO_IS = re.compile(r"(?i:who(?:['’]s| is| was))\s+(?P<name>[^\W\d_a-z][\w’'-]+(?:\s[^\W\d_a-z][\w’'-]+){0,3})\s*\??$")
_BEFORE = re.compile(r"([\w’'-]+)\s+$")


def who_is(question: str) -> str | None:
    """The name of whom a question asks who it is; None for other questions."""
    found = _WHO_IS.match(question.strip())
    return found["name"] if found else None


def introduces(name: str, sentence: str) -> bool:
    """Whether a sentence says who the bearer of a name is."""
    if any(pattern.search(sentence) for pattern in _patterns(name)):
        return True
    at = sentence.find(name)
    before = _BEFORE.search(sentence[:at]) if at > 0 else None
    if before is None or before[1].lower() in STOP_WORDS:
        return False
    word = before[1]
    return word[0].isupper() or (len(word) > 3 and not word.endswith(("ed", "ing", "ly")))


def says_who(short: str, name: str) -> bool:
    """Whether a short answer can say who the bearer of `name` is: no other person, and no lone name such as a place."""
    own = set(name.split())
    others = [found for found in names_in(short) if not own & set(found.split())]
    alone = short in others and " " not in short
    return not alone and not any(map(bearer, others))


@lru_cache(maxsize=256)
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    last = re.escape(name.split()[-1])
    return (
        re.compile(rf"\b{last}, (?:an?|the|who|whose|[\w-]+(?: [\w-]+){{0,2}} (?:of|at|for|from))\b"),
        re.compile(rf"\b{last} (?:is|was) (?:an?|the)\b"),
        re.compile(rf"\b{re.escape(name)} of (?:the )?[A-Z]"),
    )
