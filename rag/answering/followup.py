"""Follow-up questions made to stand alone: "and China?", "why?", "when did she arrive?" get what they leave out.

Rules only; names and topic come from the last questions and the last answer. A question that brings its own subject is
left as it is. Measured against human rewrites: see the figures in tests/test_followup.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.questions import asked_speaker
from rag.schema import Turn
from rag.text.names import is_known, names_in, same_speaker
from rag.text.sentences import split_sentences
from rag.text.words import content_words

LOOK_BACK = 6  # user turns that a follow-up may reach back over; older topics are forgotten
# What a mention of a name counts, and what is left of it a turn later: swept on half of canard_dev, flat around these.
ASKED, TOLD_FIRST, TOLD, FADE = 3.0, 2.0, 1.0, 0.8

_MARK = re.compile(r"\s*\[\d+\]")
_ENTITY = re.compile(
    r"^(?:and|but|so|or|also|ok|okay|then)?[\s,]*(?:what|how) about\s+(?P<what>.+?)\??$|^(?:and|but|"
    r"or)\s+(?P<bare>(?!wh|how|did|do|does|is|was|are|were|has|in what).+?)\??$",
    re.I,
)
_BARE = re.compile(
    r"^(?:and|but|so|ok|okay)?[\s,]*(?P<wh>why|when|where|who|how|how (?:many|much|long|old|far|"
    r"often)|since when|in (?:what|which) \w+|what year|"
    r"which (?:one|ones)|by whom|with whom|why not|how so|how come)\s*\??$",
    re.I,
)
_DEMONSTRATIVE = re.compile(
    r"\b(?:that|this)\b(?!\s+[a-z])|\b(?:this|that)(?=\s+(?:happen|mean|take|start|end|begin|about|in|"
    r"on|at)\w*)",
    re.I,
)
_SUBJECT = {"he", "she", "him", "her", "it", "they", "them"}
_PRONOUN = re.compile(
    r"\b(?P<word>he|she|him|her|his|hers|it|its|they|them|their|theirs|"
    r"there)\b(?P<own>['’]s)?",
    re.I,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|does|did|would|will) it (?:true|possible|likely|known|clear|safe|legal|take(?! "
    r"place| part)|cost|rain|snow|matter)\b|\bis there\b|\bare there\b|"
    r"\bwas there\b|\bwere there\b|\bthere (?:is|are|was|were|been|be)\b|\bwhat time is it\b|\bhow is it that\b",
    re.I,
)
_MORE = re.compile(
    r"\b(?:else|other(?:s)?|another|more|next|afterwards?|later|too|as well|instead|same|besides|in addition|"
    r"the (?:visit|trip|meeting|talks|report|study|deal|attack|event|match|game|war|law|plan|company|"
    r"band|film|book|album|song|team|group|incident|case))\b",
    re.I,
)
_LEAD = re.compile(r"^(?:and|but|so|also|ok|okay|then|well)\b[\s,]*(?=\w)", re.I)
_TOPIC = re.compile(
    r"\b(?:about|on|of|to|regarding|over|for|in)\s+((?:the|a|an|his|her|its|"
    r"their)?\s*[\w’'“”\"-]+(?:\s+(?!in\b|on\b|at\b|after\b)[\w’'-]+){0,5})\s*\??$",
    re.I,
)
_YEAR = re.compile(r"^(?:in\s+|on\s+)?((?:1[89]|20)\d\d)$", re.I)
_PLURAL = {"they", "them", "their", "theirs"}
_PERSONAL = {"he", "she", "him", "his", "hers"}
_POSSESSIVE = {"his", "its", "their"}


@dataclass(frozen=True, slots=True)
class _Topic:
    """What the conversation is about: the last question as it was searched, and the names met, best known first."""

    question: str
    weights: dict[str, float]
    persons: tuple[str, ...]
    things: tuple[str, ...]
    phrase: str  # what the last question was about: 'the visit'


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves out, ready to be searched; unchanged when it stands alone."""
    asked = question.strip()
    turns = [turn for turn in history if turn.text.strip()]
    users = [index for index, turn in enumerate(turns) if turn.role == "user"][-LOOK_BACK:]
    if not asked or not users:
        return asked
    topic: _Topic | None = None
    for index in users:
        said = turns[index].text.strip()
        reply = turns[index + 1].text if index + 1 < len(turns) and turns[index + 1].role == "assistant" else ""
        searched = _rewrite(said, topic) if topic else said
        topic = _topic(searched, _MARK.sub("", reply), topic)
    return _rewrite(asked, topic) if topic else asked


def _rewrite(question: str, topic: _Topic) -> str:
    if (bare := _BARE.match(question)) is not None:
        return _with_rest(bare.group("wh"), topic)
    if (other := _ENTITY.match(question)) is not None:
        return _with_other(other.group("what") or other.group("bare"), topic)
    plain = _LEAD.sub("", question)
    resolved = _resolve(plain, topic)
    if resolved != plain:
        return resolved[:1].upper() + resolved[1:]
    own = [name for name in names_in(plain) if name_not_generic(name)]
    hints = plain != question or _MORE.search(plain) or len(content_words(plain)) < 2
    if own or not hints:
        return question  # a subject of its own
    return _with_topic(plain, topic)


def name_not_generic(name: str) -> bool:
    """Whether a name can be what a question is about."""
    return len(name) > 1 and name != "I"


def _with_rest(wh: str, topic: _Topic) -> str:
    """'why?' after 'what did the US say about the visit?': 'Why did the US say that about the visit?'"""
    rest = re.sub(
        r"^(?:and\s+|but\s+)?(?:what|who|whom|when|where|why|how(?: (?:many|much|long|old|far|"
        r"often))?|which|in (?:what|which) \w+)\b\s*", "",
        topic.question.rstrip(" ?."), flags=re.I,
    )  # fmt: skip
    if topic.question.lower().startswith("what"):
        rest = re.sub(r"\b(say|think|claim|tell \w+|call)\b", r"\1 that", rest, count=1)
    head = wh[:1].upper() + wh[1:].lower()
    return f"{head} {rest}?" if rest else f"{head}?"


def _with_other(what: str, topic: _Topic) -> str:
    """'and China?' after 'what did the US say about the visit?': 'what did China say about the visit?'"""
    new = what.strip(" ?.!")
    last = topic.question.rstrip(" ?.")
    if (year := _YEAR.match(new)) is not None:
        replaced = re.sub(r"\b(?:1[89]|20)\d\d\b", year.group(1), last)
        return f"{replaced}?" if replaced != last else f"{last} in {year.group(1)}?"
    old = _replaceable(new, topic)
    if old is None:
        return f"{last}: {new}?" if len(content_words(new)) < 6 else f"{new}?"
    found = re.search(rf"\b{re.escape(old)}\b", last, re.I)
    assert found is not None  # _replaceable gives only what stands in the question
    article = re.compile(rf"\bthe\s+(?={re.escape(found.group())}\b)", re.I)
    keeps_article = new.lower().startswith("the ") or found.group().lower() in {"us", "uk", "eu", "un"}
    last = article.sub("", last) if keeps_article else last
    found = re.search(rf"\b{re.escape(old)}\b", last, re.I)
    return f"{last[: found.start()]}{new}{last[found.end() :]}?" if found else f"{last}: {new}?"


def _replaceable(new: str, topic: _Topic) -> str | None:
    """What `new` takes the place of in the last question: the speaker, a name of its kind, or the only name."""
    last = topic.question
    speaker = asked_speaker(last)
    named = bool(names_in(new)) or new.lower().startswith(("the ", "rights", "critics"))
    if speaker and named and re.search(rf"\b{re.escape(speaker)}\b", last, re.I) and not same_speaker(speaker, new):
        return speaker
    names = [name for name in names_in(last) if re.search(rf"\b{re.escape(name)}\b", last)]
    alike = [name for name in names if is_known(name) == is_known(new.removeprefix("the "))]
    fitting = alike or names
    return fitting[-1] if named and fitting else None


def _resolve(question: str, topic: _Topic) -> str:
    """Pronouns replaced by what they stand for; each antecedent is named once."""
    if _EXPLETIVE.search(question):
        return question
    used: set[str] = set()
    local = names_in(question)

    def replacement(match: re.Match[str]) -> str:
        word = match.group("word").lower()
        own_before = [name for name in local if 0 <= question.find(name) < match.start()]
        if own_before and word not in {"there"}:
            return match.group()  # "Where was Price when he said ...": its own name
        name = _antecedent(word, topic)
        if name is None or name in used:
            return match.group()
        used.add(name)
        owning = word in _POSSESSIVE or (word == "her" and _owns(question, match.end()))
        if word == "there":
            return f"in {name}"
        return f"{name}{match.group('own') or ''}" if not owning else f"{name}'s"

    resolved = _PRONOUN.sub(replacement, question)
    if resolved == question and topic.phrase and not names_in(question):
        resolved = _DEMONSTRATIVE.sub(topic.phrase.replace("\\", ""), question, count=1)
    return resolved


def _owns(question: str, end: int) -> bool:
    """Whether 'her' before this place is followed by what she has: 'her visit', not 'tell her?'"""
    return bool(re.match(r"\s+(?!to\b|in\b|on\b|about\b|at\b|for\b|and\b|when\b|after\b)[a-z]", question[end:]))


def _antecedent(word: str, topic: _Topic) -> str | None:
    if word in _PERSONAL or word in {"her"}:
        return next(iter(topic.persons), None)
    if word in _PLURAL:
        return next(iter((*topic.things, *topic.persons)), topic.phrase or None)
    if word == "there":
        return next((thing for thing in topic.things if is_known(thing)), next(iter(topic.things), None))
    return topic.phrase or next(iter((*topic.things, *topic.persons)), None)


def _with_topic(question: str, topic: _Topic) -> str:
    """The question with the names of the last one behind it."""
    held = set(content_words(question))
    names = [name for name in names_in(topic.question) if not held & set(content_words(name))][:2]
    context = " ".join(names) or topic.phrase
    return f"{question.rstrip(' ?.')} ({context})?" if context else question


def _topic(searched: str, reply: str, before: _Topic | None) -> _Topic:
    """What the conversation is about after this question and its reply."""
    weights = {name: weight * FADE for name, weight in before.weights.items()} if before else {}
    for name in names_in(searched):
        _add(weights, name, ASKED)
    for place, name in enumerate(_told(reply)):
        _add(weights, name, TOLD_FIRST if place == 0 else TOLD)
    ranked = sorted(weights, key=lambda name: -weights[name])[:24]
    persons = tuple(name for name in ranked if _is_person(name))
    things = tuple(name for name in ranked if name not in persons)
    phrase = _phrase(searched) or (before.phrase if before else "")
    return _Topic(searched, {name: weights[name] for name in ranked}, persons, things, phrase)


def _told(reply: str) -> list[str]:
    """The names of a reply, in order; a lone capital at the start of a sentence is no name unless it comes again."""
    text = reply[:1500]
    starts = {text[start:end].split()[0].strip("“\"'‘,.") for start, end in split_sentences(text)}
    return [
        name for name in names_in(text)
        if " " in name or name not in starts or len(re.findall(rf"\b{re.escape(name)}\b", text)) > 1 or is_known(name)
    ]  # fmt: skip


def _add(weights: dict[str, float], name: str, weight: float) -> None:
    """Count a mention; 'Bachelet' counts for 'Michelle Bachelet'."""
    full = next((known for known in weights if name in known.split() or name == known), name)
    weights[full] = weights.get(full, 0.0) + weight


_TITLE_WORD = re.compile(
    r"\b(?:University|Council|Party|Bank|House|Street|Committee|Court|Ministry|Group|Company|Inc|Ltd|"
    r"Street|River|Cup|League|City|Union|Agency|Department)\b"
)


def _is_person(name: str) -> bool:
    """Two or three capitalised words that are no known place or body; a rule of thumb."""
    parts = name.split()
    return (
        not is_known(name)
        and not _TITLE_WORD.search(name)
        and 1 < len(parts) <= 4
        and all(p[:1].isupper() for p in parts)
    )


def _phrase(question: str) -> str:
    """What a question is about, as its last noun phrase: 'the visit'; '' when it has none."""
    found = _TOPIC.search(question)
    return found.group(1).strip(" ?") if found and len(found.group(1).split()) <= 6 else ""
