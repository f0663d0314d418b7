"""Sentences worded as a summary might word them, still true: shorter, an opening moved, two neighbours joined.

In: one sentence of a passage, and the one that follows. Out: the sentence reworded, or as it was where nothing fits.
"""

from __future__ import annotations

import random
import re

_OPENING = re.compile(r"^(?:However|Moreover|Furthermore|In addition|Additionally|Therefore|Thus|Also|Then|Indeed),\s*")
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_ASIDE = re.compile(
    r", (?:which|who|where|whose|including|such as|as well as|with|and|but|while|after|before)\b[^,.;]*"
)
_TAIL = re.compile(r"(?:, (?:which|who|where|including|and|but|while|although|as|with)\b|; | when | because | after )")
_FIRST_PLACE = re.compile(
    r"^(?P<place>(?:In|On|At|During|After|Before|By|Since|From|Under|With|For) [^,;:]{3,50}), (?P<rest>[^;:]{20,}?)\.$"
)
_PRONOUN = re.compile(r"^(?P<who>He|She|They|It) (?P<rest>[^;:]+)$")
_FILLERS = re.compile(r",? (?:also|then|too|thus|therefore|however)\b,?")
_JOINS = (" and", ", and", ", while", ";")


def shorten(sentence: str, rng: random.Random) -> str:
    """The sentence as a summary might put it: brackets, openings and asides gone, or cut at a clause; still true."""
    text = _OPENING.sub("", sentence)
    if rng.random() < 0.7:
        text = _BRACKETS.sub("", text)
    if rng.random() < 0.4:
        text = _ASIDE.sub("", text, count=1)
    if rng.random() < 0.4 and (cut := _TAIL.search(text, 30)):
        text = text[: cut.start()] + "."
    if rng.random() < 0.3:
        text = _FILLERS.sub("", text)
    if rng.random() < 0.4:
        text = move(text)
    return text[:1].upper() + text[1:]


def move(sentence: str) -> str:
    """The sentence with its opening at its end: "In 1921, the Queen opened it" as "the Queen opened it in 1921"."""
    found = _FIRST_PLACE.match(sentence)
    if found is None:
        return sentence
    rest, place = found["rest"], found["place"]
    return f"{rest[:1].upper()}{rest[1:]} {place[:1].lower()}{place[1:]}."


def join(sentence: str, following: str, rng: random.Random) -> str | None:
    """Both sentences as one; None unless the second begins with a pronoun, which is then kept."""
    second = _PRONOUN.match(following)
    if second is None or not sentence.endswith("."):
        return None
    return f"{sentence[:-1]}{rng.choice(_JOINS)} {second['who'].lower()} {second['rest']}"
