"""Follow-up questions made to stand alone: "and China?", "why?", "when did she arrive?" get what they leave out.

Rules only; names and topic come from the last questions and the last answer. A question that brings its own subject is
left as it is. Measured against human rewrites: benchmarks/followup.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.fragments import LONGEST_DEFINITE, leaves_out
from rag.answering.periods import is_relative, shifted
from rag.answering.questions import asked_speaker
from rag.answering.topic import Topic, kind_of, topic_after
from rag.schema import Turn
from rag.text.names import is_known, names_in, same_speaker
from rag.text.words import content_words

LOOK_BACK = 20  # user turns that a follow-up may reach back over; what was said in them fades

_MARK = re.compile(r"\s*\[\d+\]")
_ENTITY = re.compile(
    r"^(?:and|but|so|or|also|ok|okay|then)?[\s,]*(?:what|how) about\s+(?P<what>[^?]+?)\??$|^(?:and|but|"
    r"or)\s+(?P<bare>(?!wh|how|did|do|does|is|was|are|were|has|about|in what)\S+(?: \S+){0,4}?)\??$",
    re.I,
)
_LONGEST_OTHER = 5  # words that take a name's place; what is longer says itself what it is about
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
_PRONOUN = re.compile(
    r"\b(?P<word>he|she|him|her|his|hers|it|its|they|them|their|theirs|"
    r"there)\b(?P<own>['’]s)?",
    re.I,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|does|did|would|will) it (?:true|possible|likely|known|clear|safe|legal|take(?! "
    r"place| part)|cost|rain|snow|matter)\b|\b(?:is|was|be) it (?:\w+ ){1,2}to\b|\bit (?:is|was) (?:\w+ ){1,3}to\b|"
    r"\b(?:is|are|was|were)(?:n['’]t)? there\b|\bthere (?:\w+ly )?(?:is|are|was|were|been|be)\b|"
    r"\bit (?:is|was|would be) (?:better|best)\b|\bwhat time is it\b|\bhow is it that\b",
    re.I,
)
# "And what did Ryan add?": about what was just talked about.
_SAY = (
    r"say|said|add|added|think|thought|reply|replied|respond|responded|react|reacted|answer|answered|tell|told|want|"
    r"comment|object|claim"
)
_BARE_SAYING = re.compile(
    rf"^(?:what|how|why)\s+(?:did|does|do|has|have|had|would)\s+(?P<who>.+?)\s+(?:{_SAY})"
    r"(?:\s+(?:then|too|to (?:it|that|this)|about (?:it|that|this)))?\s*\??$",
    re.I,
)
_LEAD = re.compile(r"^(?:and|but|so|also|ok|okay|then|well)\b[\s,]*(?=\w)", re.I)
_YEAR = re.compile(r"^(?:in\s+|on\s+)?((?:1[89]|20)\d\d)$", re.I)
_OWN_PLURAL = re.compile(r"\b(?:do|did|are|were|have|can|could|will|would|should) (?:the )?(?:\w+ )?[a-z]{3,}s\b")
_OBJECTS = {"him", "her", "them"}  # "What did Xi tell her?": never the one who tells
_POSSESSIVE = {"his", "its", "their"}
_SPEAKING = {"it", "they"}  # "What did it say then?" after a question for the words of a body
_SAYS_IT = re.compile(rf"\b(?:{_SAY})\s+$")
_SAYS_NEXT = re.compile(rf"\s+(?:{_SAY})\b")
# "Can I extend the web chat? If so, how can I do that?", "a donation in cash, could it be used": its own antecedent.
_CLAUSE_END = re.compile(r"[?!.,;:]\s|\s[-–—]\s|\b(?:and|but|if|because|when)\b")


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves out, ready to be searched; unchanged when it stands alone."""
    asked = question.strip()
    turns = [turn for turn in history if turn.text.strip()]
    users = [index for index, turn in enumerate(turns) if turn.role == "user"][-LOOK_BACK:]
    if not asked or not users:
        return asked
    topic: Topic | None = None
    for index in users:
        said = turns[index].text.strip()
        reply = turns[index + 1].text if index + 1 < len(turns) and turns[index + 1].role == "assistant" else ""
        searched = _rewrite(said, topic) if topic else said
        topic = topic_after(said, searched, _MARK.sub("", reply), topic)
    return _rewrite(asked, topic) if topic else asked


def _rewrite(question: str, topic: Topic) -> str:
    if (bare := _BARE.match(question)) is not None:
        return _with_rest(bare.group("wh"), topic)
    if (other := _ENTITY.match(question)) is not None:
        return _with_other(other.group("what") or other.group("bare"), topic)
    plain = _LEAD.sub("", question)
    plain = plain[:1].upper() + plain[1:] if plain != question else plain
    if (saying := _BARE_SAYING.match(plain)) is not None and names_in(saying.group("who")):
        return _with_subject(plain, topic)
    resolved = _resolve(plain, topic)
    if resolved != plain:
        resolved = resolved[:1].upper() + resolved[1:]
        return _with_whole_names(resolved, topic)
    if any(name_not_generic(name) for name in names_in(plain)):
        return _with_whole_names(question, topic)  # a subject of its own
    goes_on = plain != question and len(plain.split()) <= LONGEST_DEFINITE
    return _with_topic(plain, topic) if goes_on or leaves_out(plain, topic.words) else question


def _with_whole_names(question: str, topic: Topic) -> str:
    """'What did Castell say?' as 'What did Mira Castell say?', when only one Castell was talked about."""
    for name in names_in(question):
        whole = topic.whole(name)
        if whole != name and whole not in question:
            question = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", whole, question, count=1)
    return question


def name_not_generic(name: str) -> bool:
    """Whether a name can be what a question is about."""
    return len(name) > 1 and name != "I"


def _with_rest(wh: str, topic: Topic) -> str:
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


def _with_other(what: str, topic: Topic) -> str:
    """'and China?' after 'what did the US say about the visit?': 'what did China say about the visit?'"""
    new = what.strip(" ?.!")
    last = topic.question.rstrip(" ?.")
    if (year := _YEAR.match(new)) is not None:
        replaced = re.sub(r"\b(?:1[89]|20)\d\d\b", year.group(1), last)
        return f"{replaced}?" if replaced != last else f"{last} in {year.group(1)}?"
    if is_relative(new):
        return f"{shifted(last, new) or f'{last}: {new}'}?"
    old = _replaceable(new, topic)
    if old is None or len(new.split()) > _LONGEST_OTHER or _ENTITY.match(last):
        asked = f"What about {new}?"  # two words and more say themselves what they are about
        return asked if len(content_words(new)) > 1 else _with_topic(asked, topic)
    found = re.search(rf"\b{re.escape(old)}\b", last, re.I)
    assert found is not None  # _replaceable gives only what stands in the question
    article = re.compile(rf"\bthe\s+(?={re.escape(found.group())}\b)", re.I)
    keeps_article = new.lower().startswith("the ") or found.group().lower() in {"us", "uk", "eu", "un"}
    last = article.sub("", last) if keeps_article else last
    found = re.search(rf"\b{re.escape(old)}\b", last, re.I)
    return f"{last[: found.start()]}{new}{last[found.end() :]}?" if found else f"{last}: {new}?"


def _replaceable(new: str, topic: Topic) -> str | None:
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


def _resolve(question: str, topic: Topic) -> str:
    """Pronouns replaced by what they stand for; each antecedent is named once."""
    if _EXPLETIVE.search(question):
        return question
    used: set[str] = set()
    local = names_in(question)
    beside = [part for name in local for part in name.split()]

    def replacement(match: re.Match[str]) -> str:
        word = match.group("word").lower()
        kind = kind_of(word)
        own_before = [name for name in local if 0 <= question.find(name) < match.start()]
        owning = word in _POSSESSIVE or (word == "her" and _owns(question, match.end()))
        if own_before and word != "there" and (owning or word not in _OBJECTS):
            return match.group()  # "Where was Price when he said ...": its own name
        if kind not in ("he", "she") and _brings_its_own(question[: match.start()]):
            return match.group()
        if kind == "they" and _OWN_PLURAL.search(question[: match.start()]):
            return match.group()  # "How do companies hire their staff?"
        if word == "it" and topic.phrase and _SAYS_IT.search(question[: match.start()]):
            return f"that about {topic.phrase}"
        speaks = word in _SPEAKING and _SAYS_NEXT.match(question, match.end())
        name = (speaks and asked_speaker(topic.question)) or topic.antecedent(word, beside)
        if name is None or name in used:
            return match.group()
        used.add(name)
        name = f"the {name}" if re.search(rf"\b[Tt]he {re.escape(name)}\b", topic.question) else name
        if word == "there":
            return f"in {name}"
        return f"{name}{match.group('own') or ''}" if not owning else f"{name}'s"

    resolved = _PRONOUN.sub(replacement, question)
    that = _DEMONSTRATIVE.search(question)
    if resolved != question or that is None or not topic.phrase or names_in(question):
        return resolved
    before = question[: that.start()]
    return question if _brings_its_own(before) else f"{before}{topic.phrase}{question[that.end() :]}"


def _brings_its_own(before: str) -> bool:
    """Whether what stands before a pronoun is a clause of its own, which the pronoun then most likely takes up."""
    return bool(_CLAUSE_END.search(before)) and len(content_words(before)) > 1


def _owns(question: str, end: int) -> bool:
    """Whether 'her' before this place is followed by what she has: 'her visit', not 'tell her?'"""
    return bool(re.match(r"\s+(?!to\b|in\b|on\b|about\b|at\b|for\b|and\b|when\b|after\b)[a-z]", question[end:]))


def _with_topic(question: str, topic: Topic) -> str:
    """The question with the names of the last one behind it."""
    held = set(content_words(question))
    names = [name for name in topic.names() if not held & set(content_words(name))]
    context = " ".join(names) or topic.phrase
    return f"{question.rstrip(' ?.')} ({context})?" if context else question


def _with_subject(question: str, topic: Topic) -> str:
    """'What did Ryan say?' with what it was about: 'What did Ryan say about the visit?'"""
    bare = re.sub(r"\s+(?:to|about) (?:it|that|this)\s*\??$", "", question)
    said = f"{bare.rstrip(' ?.')} about {topic.matter}?"
    return said if topic.matter else _with_topic(bare, topic)
