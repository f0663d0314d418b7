"""Small changes that make a sentence or a question say something else: another name, another number, a negation.

In: a sentence and the text that it comes from. Out: the changed sentence, or None where the change finds no hold.
"""

from __future__ import annotations

import random
import re

from rag.text.sentences import split_sentences

_NAME = re.compile(r"[A-Z][\w’'.-]+(?:\s(?:(?:of|the|de|von|van)\s)?[A-Z][\w’'.-]+)*")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,.]*\d|(?<![\w.,])\d")
_AUXILIARY = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|should|does|did|do)\b(?! not\b)")
_PLAIN_VERB = re.compile(r"\b(said|became|began|led|won|held|took|made|gave|found|built|used|allowed|included)\b")
_BASE = {
    "said": "say", "became": "become", "began": "begin", "led": "lead", "won": "win", "held": "hold", "took": "take",
    "made": "make", "gave": "give", "found": "find", "built": "build", "used": "use", "allowed": "allow",
    "included": "include",
}  # fmt: skip
_OPPOSITES = (
    "before after", "first last", "largest smallest", "highest lowest", "most least", "more fewer", "north south",
    "east west", "northern southern", "eastern western", "increase decrease", "increased decreased", "rose fell",
    "won lost", "began ended", "start end", "started ended", "early late", "earlier later", "above below",
    "inside outside", "male female", "men women", "son daughter", "father mother", "accepted rejected",
    "supported opposed", "allowed banned", "opened closed", "older younger", "major minor", "always never",
    "all none", "up down", "left right", "old new", "public private", "positive negative", "gained lost",
    "success failure", "successful unsuccessful", "possible impossible", "better worse", "best worst", "high low",
    "north-west south-east", "maximum minimum", "import export", "imports exports", "enter leave", "entered left",
)  # fmt: skip
_OPPOSITE = {a: b for pair in _OPPOSITES for a, b in (pair.split(), pair.split()[::-1])}
_WORD = re.compile(r"[\w-]+")
# Where two sentences are joined into a false one.
_JOINT = re.compile(
    r" (?:after|before|when|while|because|since|until|who|which|where|and|in|on|at|by|with|for|from|to|as|against|over|"
    r"during|about|into) ",
    re.I,
)
_LEAST_HEAD, _LEAST_NEW, _LONGEST_TAIL = 2, 2, 14  # words
_QUESTION_WORDS = frozenset("What Who Whom Whose When Where Why Which How In On At To From By For The A An Of".split())


def swap_name(sentence: str, text: str, rng: random.Random) -> str | None:
    """`sentence` with one of its names replaced by another name of `text`."""
    start = 1 if sentence[:1].isupper() else 0
    own = [found for found in _NAME.finditer(sentence) if found.start() >= start or " " in found.group()]
    own = [found for found in own if found.group().split()[0] not in _QUESTION_WORDS]
    held = sentence.casefold()
    others = {name for name in names(text) if name.casefold() not in held and not _shares_a_word(name, sentence)}
    if not own or not others:
        return None
    found = rng.choice(own)
    return sentence[: found.start()] + rng.choice(sorted(others)) + sentence[found.end() :]


def names(text: str) -> set[str]:
    """Names of a text by their capitals; words that only begin a sentence are left out."""
    found = set()
    for match in _NAME.finditer(text):
        begins = match.start() == 0 or text[: match.start()].rstrip()[-1:] in '.!?"“'
        if not begins and match.group().split()[0] not in _QUESTION_WORDS:
            found.add(match.group().rstrip(".'’"))
    return found


def swap_number(sentence: str, text: str, rng: random.Random) -> str | None:
    """`sentence` with one of its numbers replaced, by another of `text` of the same length or by a near one."""
    own = list(_NUMBER.finditer(sentence))
    if not own:
        return None
    found = rng.choice(own)
    value = found.group()
    held = set(_NUMBER.findall(sentence))
    others = sorted({n for n in _NUMBER.findall(text) if len(n) == len(value) and n not in held})
    new = rng.choice(others) if others and rng.random() < 0.6 else _near(value, rng)
    return sentence[: found.start()] + new + sentence[found.end() :]


def negate(sentence: str, _text: str, rng: random.Random) -> str | None:
    """`sentence` with a negation put in, or taken out where it has one."""
    for word in (" not ", " never ", "n't "):
        if word in sentence:
            return sentence.replace(word, " ", 1)
    own = list(_AUXILIARY.finditer(sentence))
    if own:
        found = rng.choice(own)
        return sentence[: found.end()] + " not" + sentence[found.end() :]
    plain = _PLAIN_VERB.search(sentence)
    if plain is None:
        return None
    return sentence[: plain.start()] + "did not " + _BASE[plain.group()] + sentence[plain.end() :]


def turn(sentence: str, _text: str, rng: random.Random) -> str | None:
    """`sentence` with a word replaced by its opposite."""
    own = [found for found in _WORD.finditer(sentence) if found.group().lower() in _OPPOSITE]
    if not own:
        return None
    found = rng.choice(own)
    return sentence[: found.start()] + _OPPOSITE[found.group().lower()] + sentence[found.end() :]


def splice(sentence: str, text: str, rng: random.Random) -> str | None:
    """The beginning of `sentence` with the end of another sentence of `text`, joined where both have the same word.

    So do models that sum up: "She was arrested on Monday after an argument with her mother" of two sentences about two
    people.
    """
    own = [found for found in _JOINT.finditer(sentence) if sentence[: found.start()].count(" ") >= _LEAST_HEAD]
    heads = {found.group().lower(): found.start() for found in own}
    held = {word.lower() for word in _WORD.findall(sentence)}
    tails = []
    for start, end in split_sentences(text):
        for found in _JOINT.finditer(text, start, end):
            tail = re.split(r"[,;:]\s|[.!?”\"]", text[found.end() : end])[0].strip()
            new = [word for word in _WORD.findall(tail) if word.lower() not in held]
            whole = len(new) >= _LEAST_NEW and tail.count(" ") < _LONGEST_TAIL and not _JOINT.match(f" {tail}")
            if whole and found.group().lower() in heads:
                tails.append((found.group().lower(), tail))
    if not tails:
        return None
    joint, tail = rng.choice(tails)
    return f"{sentence[: heads[joint]]}{joint}{tail}."


def corrupt(sentence: str, text: str, rng: random.Random) -> str | None:
    """`sentence` changed in one of the ways above, at random; None when none applies."""
    ways = [swap_name, swap_name, swap_number, negate, turn, turn, splice, splice, splice]
    rng.shuffle(ways)
    for way in ways:
        changed = way(sentence, text, rng)
        if changed is not None and changed != sentence:
            return changed
    return None


def _near(value: str, rng: random.Random) -> str:
    """Another number that looks alike: one digit changed, never the first to nought."""
    places = [place for place, char in enumerate(value) if char.isdigit()]
    place = rng.choice(places[-2:])
    digits = [d for d in "123456789" if d != value[place]]
    return value[:place] + rng.choice(digits) + value[place + 1 :]


def _shares_a_word(name: str, sentence: str) -> bool:
    return bool(set(name.casefold().split()) & set(sentence.casefold().split()))
