"""What a conversation is about: the names met in it, the persons among them, and the last noun phrase.

In: each question as it was searched, with its reply. Out: a `Topic`, from which a follow-up takes what it leaves out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.answering.periods import is_date, without_date
from rag.text.given_names import bearer
from rag.text.names import is_known, names_in
from rag.text.sentences import split_sentences
from rag.text.words import stems

# What a mention of a name counts, and what is left of it a turn later: swept on half of canard_dev, flat around these.
ASKED, TOLD_FIRST, TOLD, FADE = 3.0, 2.0, 1.0, 0.8
TOLD_WANTED = 4.0  # the first name of a reply to "Which telescope ...?": what the talk is about from there on
SURELY = 4.0  # of a person with a known given name, beside capitalised words that may be no person

_TOPIC = re.compile(
    r"\b(?:about|on|of|to(?=\s+(?:the|a|an|his|her|its|their|(?-i:[A-Z])))|regarding|over|for|in)\s+((?:the|a|an|his|her|its|"
    r"their)?\s*[\w’'“”\"-]+(?:\s+(?!in\b|on\b|at\b|after\b)[\w’'-]+){0,5})\s*\??$",
    re.I,
)
_WHICH = re.compile(
    r"(?:and |but |so )?(?:which|what) (?!(?:is|was|are|were|did|do|does|has|have|had|will|would|can|could)\b)[a-z]",
    re.I,
)
_DEFINED = re.compile(
    r"^what(?:['’]s| is| are| was| were)\s+(?P<what>(?:(?:an?|the)\s+)?[\w’'-]+(?:\s+[\w’'-]+){0,2})\s*\??$", re.I
)
_MALE = {"he", "him", "his"}
_TITLE_WORD = re.compile(
    r"\b(?:University|Council|Party|Bank|House|Street|Committee|Court|Ministry|Group|Company|Inc|Ltd|River|Cup|League|City|"
    r"Union|Agency|Department|Prize|Award|Telescope|Space|Mission|Files?|War|Games|Olympics|Championships?|Report|Act|"
    r"Treaty|Agreement|Museum|Cathedral|Airport|Bridge|Station|Institute|Office|Church|Sea|Ocean|Islands?|Mountains?|Lake|"
    r"Republic|Kingdom|States|Times|Post|News|Association|Federation|Foundation|Fund|Organi[sz]ation|Society|Tower|"
    r"Hospital|School|College|Club|Stadium|Festival)\b"
)


@dataclass(frozen=True, slots=True)
class Topic:
    """What the conversation is about: the last question as it was searched, and the names met, best known first."""

    question: str
    weights: dict[str, float]
    persons: tuple[str, ...]
    things: tuple[str, ...]
    phrase: str  # what the last question was about: 'the visit'
    told: tuple[str, ...]  # the first names of the last reply
    words: frozenset[str]  # stems of all that was said


def topic_after(searched: str, reply: str, before: Topic | None) -> Topic:
    """What the conversation is about after this question and its reply."""
    weights = {name: weight * FADE for name, weight in before.weights.items()} if before else {}
    for name in names_of(searched):
        _add(weights, _whole_name(name, searched), ASKED)
    told = _told(reply)
    for place, name in enumerate(told):
        _add(weights, name, TOLD if place else TOLD_WANTED if _WHICH.match(searched) else TOLD_FIRST)
    ranked = sorted(weights, key=lambda name: -weights[name])[:24]
    persons = tuple(name for name in ranked if _is_person(name))
    things = tuple(name for name in ranked if name not in persons)
    kept = before.phrase if before and not names_of(searched) else ""
    phrase = _phrase(searched) or kept
    words = frozenset(stems(f"{searched} {reply}")) | (before.words if before else frozenset())
    return Topic(searched, {name: weights[name] for name in ranked}, persons, things, phrase, tuple(told[:2]), words)


def person(word: str, topic: Topic) -> str | None:
    """Who "he" or "she" is: the person met most whose given name allows it; a known given name counts more."""
    other = "female" if word in _MALE else "male"
    weights = {
        name: topic.weights[name] * (SURELY if found else 1.0)
        for name in topic.persons
        if (found := bearer(name)) != other
    }
    return max(weights, key=lambda name: weights[name], default=None)


def names_of(question: str) -> list[str]:
    """The names that a text can be about: dates are none, and two people joined by 'and' are two."""
    return [part for name in names_in(question) if not is_date(name) for part in _people(name)]


def _told(reply: str) -> list[str]:
    """The names of a reply, in order; a lone capital at the start of a sentence is no name unless it comes again."""
    text = reply[:1500]
    starts = {text[start:end].split()[0].strip("“\"'‘,.") for start, end in split_sentences(text)}
    return [
        name for name in names_of(text)
        if " " in name or name not in starts or len(re.findall(rf"\b{re.escape(name)}\b", text)) > 1 or is_known(name)
    ]  # fmt: skip


def _add(weights: dict[str, float], name: str, weight: float) -> None:
    """Count a mention; 'Bachelet' counts for 'Michelle Bachelet'."""
    full = next((known for known in weights if name in known.split() or name == known), name)
    weights[full] = weights.get(full, 0.0) + weight


def _is_person(name: str) -> bool:
    """Two or three capitalised words that are no known place or body; a rule of thumb."""
    parts = name.split()
    return (
        not is_known(name)
        and not _TITLE_WORD.search(name)
        and 1 < len(parts) <= 4
        and all(p[:1].isupper() for p in parts)
    )


def _people(name: str) -> list[str]:
    """'Ada Holm and Jon Berg' as two names; any other name as it is."""
    sides = name.split(" and ")
    return sides if all(len(side.split()) > 1 for side in sides) else [name]


def _whole_name(name: str, question: str) -> str:
    """A name with its noun: 'the Mars helicopter' of 'How often did the Mars helicopter fly?'; else the name alone."""
    if is_known(name) or name.isupper():  # "did the UN adopt": no noun follows
        return name
    found = re.search(
        rf"\bthe {re.escape(name)} (?!(?:in|on|at|of|to|for|by|and|or)\b)[a-z]{{3,}}(?=\s+[a-z])", question
    )
    return found.group() if found else name


def _phrase(question: str) -> str:
    """What a question is about, as its last noun phrase: 'the visit'; '' when it has none."""
    plain = without_date(question).strip()
    if defined := _DEFINED.match(plain):
        return defined.group("what")
    found = _TOPIC.search(plain)
    return found.group(1).strip(" ?") if found and len(found.group(1).split()) <= 6 else ""
