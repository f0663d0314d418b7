"""Who speaks in a sentence, by name, so that statements can be put together by speaker.

In: an article and one of its sentences. Out: "Ned Price", "foreign ministry", or None when nobody is named. A pronoun,
and a quotation that goes on, take the name from the sentences before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.attribution import pronoun_speaks, subjects_of_saying
from rag.answering.quotes import quotations, quoted_share
from rag.answering.statements import TextOf
from rag.schema import AnswerSentence, Citation
from rag.text.names import names_in
from rag.text.sentences import Span, split_sentences

LOOK_BACK = 4  # sentences before a pronoun in which the one it stands for is looked for
_PERSON = re.compile(r"[A-ZÀ-Þ][\w’'-]+(?:\s+(?:(?:de|van|von|bin|al|der)\s+)?[A-ZÀ-Þ][\w’'-]+){1,3}")
_TITLE = re.compile(
    r"^(?:(?:State|Mr|Mrs|Ms|Dr|Sir|President|Prime Minister|Minister|Secretary|Senator|Professor|Spokes\w+|Chancellor|"
    r"Ambassador|General|Director|Chief|Commissioner)\.?\s+)+"
)
_BODY = re.compile(r"(?:Department|Assembly|Secretariat|Council|Office|Ministry|Court|Staff|Committee)\b")
_OPENING = re.compile(r"^(?:(?:And|But|In|On|At|The|A|An|Later|Yesterday|Earlier|Meanwhile|the|a|an)\s+)+")
_BESIDE = re.compile(rf"({_PERSON.pattern}),\s*$")  # "Ned Price, the spokesperson of ..., called"
_TRAILING = re.compile(
    r"(?:,?\s+(?:had|has|have|also|later|then|first|at first|for its part|in turn|again|never|not|did|does|is|are))+$"
)
_LONGEST = 6  # words of a subject without a person that is shown whole: "Diplomats in Beijing"


def speakers(places: Sequence[Citation], text_of: TextOf) -> tuple[str | None, ...]:
    """Who speaks at each cited place, in order."""
    found = []
    for place in places:
        text = text_of(place.article_id) or ""
        sentences = split_sentences(text)
        position = next((number for number, span in enumerate(sentences) if span[1] > place.start), None)
        found.append(None if position is None else speaker_of(text, sentences, position))
    return tuple(found)


def grouped(
    sentences: Sequence[AnswerSentence], names: Sequence[str | None]
) -> tuple[tuple[AnswerSentence, ...], tuple[str | None, ...]]:
    """Sentences and their speakers with the statements of each speaker together, who comes first first.

    Without names the sentences stay as they are.
    """
    if not any(names):
        return tuple(sentences), tuple(names)
    turns = list(dict.fromkeys(names))
    both = sorted(zip(sentences, names, strict=True), key=lambda one: turns.index(one[1]))
    return tuple(sentence for sentence, _ in both), tuple(name for _, name in both)


def speaker_of(text: str, sentences: tuple[Span, ...], position: int) -> str | None:
    """The name of whoever speaks in the sentence at `position`; None when nobody does, or nobody with a name."""
    quotes = quotations(text)
    for place in range(position, max(-1, position - LOOK_BACK - 1), -1):
        span = sentences[place]
        subjects = subjects_of_saying(text, span, quotes)
        named = next((name for subject, before in subjects if (name := _name(subject, before))), None)
        if named is not None:
            return _full(named, text[: span[0]])
        goes_on = quoted_share(span, quotes) > 0.5 or pronoun_speaks(text[slice(*span)])
        if not goes_on:
            return None
    return None


def _name(subject: str, before: str) -> str | None:
    """The person in a subject, else the body: "US state department spokesperson Ned Price" is Ned Price."""
    bare = _TRAILING.sub("", _OPENING.sub("", subject.strip(" ,")))
    if apposed := re.match(rf"({_PERSON.pattern}), ", bare):
        return _without_title(apposed.group(1))
    persons = [match.group() for match in _PERSON.finditer(bare)]
    if persons and bare.endswith(persons[-1]):
        return _without_title(persons[-1])
    if bare[:1].islower() and (beside := _BESIDE.search(before)):
        return _without_title(beside.group(1))
    names = names_in(bare)
    if not names:
        return None
    return bare if len(bare.split()) <= _LONGEST else names[-1]


def _full(name: str, before: str) -> str:
    """ "Price" by the full name that stands earlier in the article."""
    if " " in name:
        return name
    for person in _PERSON.findall(before):
        if person.split()[-1] == name:
            return _without_title(person)
    return name


def _without_title(name: str) -> str:
    """ "President Biden" as "Biden"; a body whose name begins like a title stays whole: "State Department"."""
    bare = _TITLE.sub("", name)
    return name if _BODY.match(bare) else bare
