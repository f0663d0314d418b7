"""What a conversation is about: the names met in it, who or what its pronouns stand for, and the last noun phrase.

In: each question as it was put and as it was searched, with its reply. Out: a `Topic`, from which a follow-up takes
what it leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.answering.mentions import (
    OPENS,
    acts,
    has_given_name,
    is_place,
    may_be_person,
    personal,
    weight_in_question,
    weight_in_reply,
)
from rag.answering.periods import is_date, without_date
from rag.text.given_names import bearer
from rag.text.names import is_known, names_in
from rag.text.sentences import split_sentences
from rag.text.words import stems

Kind = Literal["he", "she", "they", "there", "it"]

# Swept with the weights of mentions.py, and as flat.
FADE = 0.8  # what is left of a mention a turn later
WANTED = 5.0  # the first name of a reply to "Which telescope ...?": what the talk is about from there on
STAYS = 1.0  # what a name gains by which a pronoun was replaced: less than by being named, for it may be wrong
LEAD = 2.0  # of the name that the same pronoun stood for before
SURELY = 3.0  # of a person with a known given name, beside one that acts like a person
PERHAPS = 0.1  # of two capitalised words of which nothing is known: when nobody else fits
LOOKED_AT = 1500  # characters of a question and of a reply
LONGEST_PHRASE = 5  # words: what is longer is a clause, and none of the topic

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
_CLAUSE = re.compile(
    r"\b(?:can|could|will|would|should|be|is|are|was|were|do|does|did|has|have|had|if|to|or|and|when|that|which)\b",
    re.I,
)
_KINDS: dict[str, Kind] = {
    "he": "he", "him": "he", "his": "he", "she": "she", "her": "she", "hers": "she", "they": "they", "them": "they",
    "their": "they", "theirs": "they", "there": "there",
}  # fmt: skip
_PRONOUN = re.compile(rf"\b(?:{'|'.join(_KINDS)}|its?)\b", re.I)


@dataclass(frozen=True, slots=True)
class Topic:
    """What the conversation is about: the last question as it was searched, and the names met."""

    question: str
    weights: dict[str, float]  # how much each name was talked about, fading from turn to turn
    personal: dict[str, float]  # how far the words around it speak for a person
    asked: dict[str, float]  # the names that the user gave, fading
    places: frozenset[str]  # the names that the user put behind "in" or the like
    meant: dict[Kind, str]  # what "he", "they", "it" stood for when they were last used
    phrase: str  # what the last question was about: 'the visit'
    matter: str  # the same through questions that name nothing of their own: what the next speaker is asked about
    words: frozenset[str]  # stems of all that was said

    def antecedent(self, word: str, beside: Sequence[str] = ()) -> str | None:
        """What a pronoun stands for: a person, a place, or what was talked about; None when nothing fits.

        Names that stand `beside` it in the question are somebody else.
        """
        kind = kind_of(word)
        weights = {name: weight for name, weight in self.weights.items() if not set(name.split()) & set(beside)}
        if self.meant.get(kind) in weights:
            weights[self.meant[kind]] += LEAD
        if kind in ("he", "she"):
            return _most(weights, lambda name: self._as_person(name, kind))
        if kind == "there":
            kinds = (self.places.__contains__, is_known, lambda name: not self._is_person(name))
            return next(filter(None, (_most(weights, fits) for fits in kinds)), None)
        name = _most(weights, lambda name: not has_given_name(name)) or _most(weights, lambda name: True)
        return name or self.phrase or None if kind == "they" else self.phrase or name

    def names(self) -> list[str]:
        """The names that a question which leaves them out is about: two that the user gave, else one of a reply."""
        if self.asked:
            return _ranked(self.asked)[:2]
        return [name for name in _ranked(self.weights) if self.weights[name] >= OPENS and (" " in name or is_known(name))][:1]  # fmt: skip  # noqa: E501

    def whole(self, name: str) -> str:
        """The full name of the one person talked about who bears this surname; `name` itself when there is none."""
        fuller = [known for known in self.weights if known.split()[-1] == name and has_given_name(known)]
        return fuller[0] if len(fuller) == 1 and not is_known(name) else name

    def _as_person(self, name: str, kind: Kind) -> float:
        """How well "he" or "she" fits a name; 0 for what can be none, and for one with a given name of the other."""
        other = "female" if kind == "he" else "male"
        if not may_be_person(name) or bearer(name) == other or bearer(f"{name} X") == other:
            return 0.0
        likeness = self.personal.get(name, 0.0)
        if bearer(name):
            return SURELY
        if likeness > 0:
            return 1.0 + min(likeness, 2.0) / 2
        return PERHAPS if likeness == 0 and " " in name else 0.0

    def _is_person(self, name: str) -> bool:
        return has_given_name(name) or (may_be_person(name) and self.personal.get(name, 0.0) > 0)


_NOTHING = Topic("", {}, {}, {}, frozenset(), {}, "", "", frozenset())  # before the first question


def topic_after(said: str, searched: str, reply: str, before: Topic | None) -> Topic:
    """What the conversation is about after a question, as it was put and as it was searched, and its reply."""
    said, searched, reply = said[:LOOKED_AT], searched[:LOOKED_AT], reply[:LOOKED_AT]
    before = before or _NOTHING
    own, filled_in = _given(said, searched)
    count = _Count(before)
    count.turn(own, filled_in, said, searched, reply)
    meant = dict(before.meant)
    if filled_in and (pronoun := _PRONOUN.search(said)):
        meant[kind_of(pronoun.group())] = count.key(filled_in[0])
    elif who := next((name for name in own if acts(name, said)), None):
        meant |= {"he": count.key(who), "she": count.key(who)}
    phrase = _phrase(searched) or ("" if names_of(searched) else before.phrase)
    return Topic(
        searched,
        count.weights,
        count.personal,
        count.asked,
        places=frozenset(count.key(name) for name in own if is_place(name, said)) | before.places,
        meant=meant,
        phrase=phrase,
        matter=phrase or _phrase(said) or ("" if names_of(said) else before.matter),
        words=frozenset(stems(f"{searched} {reply}")) | before.words,
    )


def _given(said: str, searched: str) -> tuple[list[str], list[str]]:
    """The names of a question that are the user's own, and those that were filled in for a pronoun or for all."""
    given = names_of(said)
    own = [name for name in given if not _only_begins(name, said)]
    if own and not _PRONOUN.search(said):
        return own, []  # what stands behind it is only to search with
    return own, [name for name in names_of(searched) if name not in given]


class _Count:
    """How much each name has been talked about, and as what; 'Bachelet' counts for 'Michelle Bachelet'."""

    def __init__(self, before: Topic) -> None:
        self._before = before.weights
        self.weights = {name: weight * FADE for name, weight in self._before.items()}
        self.personal = dict(before.personal)
        self.asked = {name: weight * FADE for name, weight in before.asked.items()}

    def turn(self, own: Sequence[str], filled_in: Sequence[str], said: str, searched: str, reply: str) -> None:
        """Count the names of one question, `own` ones and those `filled_in`, and of its reply."""
        if own and not filled_in and not any(self.key(name) in self._before for name in own):
            self.asked.clear()  # something else is talked about now
        told = _told(reply)
        for name in own:
            self.named(_whole_name(name, searched), weight_in_question(name, said))
        for name in filled_in:
            self.stays(_whole_name(name, searched))
        for name in dict.fromkeys([*own, *filled_in, *told]):
            if name in told or name in reply:
                wanted = name == next(iter(told), None) and bool(_WHICH.match(searched))
                self.told(name, WANTED if wanted else weight_in_reply(name, reply))
            self.likely(name, personal(name, said, reply))

    def key(self, name: str) -> str:
        """The name under which `name` is counted."""
        return next((known for known in self.weights if name == known or name in known.split()), name)

    def named(self, name: str, weight: float) -> None:
        """The user gave the name."""
        key = self.key(name)
        self.weights[key] = self.weights.get(key, 0.0) + weight
        self.asked[key] = self.asked.get(key, 0.0) + 1.0

    def stays(self, name: str) -> None:
        """The name was filled in for a pronoun: it does not fade in this turn."""
        key = self.key(name)
        self.weights[key] = max(self.weights.get(key, 0.0), self._before.get(key, 0.0)) + STAYS
        if key in self.asked:
            self.asked[key] = max(self.asked[key], 1.0)

    def told(self, name: str, weight: float) -> None:
        """The reply has the name."""
        key = self.key(name)
        self.weights[key] = self.weights.get(key, 0.0) + weight

    def likely(self, name: str, likeness: float) -> None:
        """The words around the name speak for a person, or against."""
        key = self.key(name)
        self.personal[key] = self.personal.get(key, 0.0) + likeness


def kind_of(pronoun: str) -> Kind:
    """Which sort of antecedent a pronoun takes; "it" for all but persons, places and several."""
    return _KINDS.get(pronoun.lower(), "it")


def names_of(question: str) -> list[str]:
    """The names that a text can be about: dates are none, and two people joined by 'and' are two."""
    return [part for name in names_in(question) if not is_date(name) for part in _people(name)]


def _told(reply: str) -> list[str]:
    """The names of a reply, in order; a lone capital at the start of a sentence is no name unless it comes again."""
    sentences = [reply[start:end] for start, end in split_sentences(reply)]
    starts = {sentence.split()[0].strip("“\"'‘,.") for sentence in sentences}
    return [
        name for name in dict.fromkeys(name for sentence in sentences for name in names_of(sentence))
        if " " in name or name not in starts or len(re.findall(rf"\b{re.escape(name)}\b", reply)) > 1 or is_known(name)
    ]  # fmt: skip


def _most(weights: dict[str, float], fits: Callable[[str], float]) -> str | None:
    """The name of the highest weight times how well it fits; None when none does."""
    worth = {name: weight * fits(name) for name, weight in weights.items()}
    return max((name for name in worth if worth[name] > 0), key=lambda name: worth[name], default=None)


def _ranked(weights: dict[str, float]) -> list[str]:
    return sorted(weights, key=lambda name: -weights[name])


def _only_begins(name: str, question: str) -> bool:
    """Whether a capital may only come from the beginning of the question: 'Exactly what is ...'."""
    alone = " " not in name and not is_known(name) and not name.isupper()
    return alone and question.startswith(name) and question.count(name) == 1


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
    phrase = found.group(1).strip(" ?") if found else ""
    return phrase if len(phrase.split()) <= LONGEST_PHRASE and not _CLAUSE.search(phrase) else ""
