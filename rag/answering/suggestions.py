"""Questions to suggest, first or next, made from the titles of articles by rules alone.

In: titles, newest first. Out: a few questions on different things, those on the most covered event first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from rag.schema import Answer
from rag.text.aliases import is_known, known_as
from rag.text.words import stems

MAX_SUGGESTIONS = 4
MOST_NEXT = 3
# What "the ..." can stand for in a question about a running story, by the word in a title.
_NAMED_ALIKE = (
    "visit summit talks election vote trial strike agreement ban merger report protest war ceasefire flood earthquake "
    "outbreak festival exhibition mission"
)
_EVENTS = {word: word for word in _NAMED_ALIKE.split()} | {"trip": "visit", "tour": "visit", "deal": "agreement"}
_LED = re.compile(r"^(?P<speaker>[^\W\d_][\w.’'-]*(?: [\w.’'-]+){0,3}?)(?P<link>: | [a-z]+s )(?P<rest>.+)$")
_NAME = re.compile(r"(?:^|\s)[a-z][\w’'-]*,? (?P<name>[A-Z][\w’-]+(?: [A-Z][\w’-]+)*)")


class _Suggestion(NamedTuple):
    question: str
    covered: int = 0  # titles that tell of the same event
    known: bool = False  # whether the speaker is a place or body that all readers know
    event: str = ""


def suggested_questions(titles: Sequence[str], limit: int = MAX_SUGGESTIONS) -> list[str]:
    """Up to `limit` questions that these titles promise an answer to."""
    events = Counter(event for title in titles for event in _events(title))
    asked = [(title, _saying(title, events)) for title in titles]
    found = [suggestion for _, suggestion in asked if suggestion]
    found.sort(key=lambda one: (-one.covered, not one.known))  # stable: else newest first
    found += [
        _Suggestion(f"What do the articles say about {name}?")
        for name in _names([title for title, suggestion in asked if not suggestion])
    ]
    chosen: list[_Suggestion] = []
    for one in found:
        told = one.event and any(one.event == other.event for other in chosen)
        if not told and all(not _alike(one.question, other.question) for other in chosen):
            chosen.append(one)
    return [one.question for one in chosen[:limit]]


def next_questions(answer: Answer) -> tuple[str, ...]:
    """Questions that could be asked after an answer: what the titles of the passages found for it promise besides."""
    cited = {one.article_id for one in answer.citations}
    ranked = sorted(answer.candidates, key=lambda one: one.passage.article_id in cited)  # stable: else best first
    titles = list(dict.fromkeys(one.title for one in ranked))
    found = suggested_questions(titles, limit=2 * MOST_NEXT + 1)
    return tuple(one for one in found if not _alike(one, answer.question))[:MOST_NEXT]


def _saying(title: str, events: Counter[str]) -> _Suggestion | None:
    """'Washington calls the trip a mistake' -> what did the US say about the visit?

    Who comes before a colon speaks, but a single word there may as well be a label ("Live:", "Correction:"); a country
    or body does whatever verb follows it.
    """
    match = _LED.match(title)
    told = _events(match["rest"]) if match else []
    if not match or not told or _is_label(title, match["speaker"]):
        return None
    known = is_known(match["speaker"])
    if not known and (match["link"] != ": " or " " not in match["speaker"]):
        return None
    event = max(told, key=lambda one: events[one])
    return _Suggestion(f"What did {_named(match['speaker'])} say about the {event}?", events[event], known, event)


def _named(who: str) -> str:
    """Who it is as a question names it: "the US" for "Washington"."""
    name = known_as(who)
    return f"the {name}" if is_known(who) and name.isupper() else name


def _is_label(title: str, who: str) -> bool:
    """Whether the words before a colon are no name: 'Minutes before midnight: ...'."""
    return title[len(who) :].startswith(":") and not all(word[0].isupper() for word in who.split())


def _events(title: str) -> list[str]:
    return [_EVENTS[word] for word in re.findall(r"[a-z]+", title.lower()) if word in _EVENTS]


def _names(titles: Sequence[str]) -> list[str]:
    """Names inside titles, the most frequent first; headlines In Title Case hold none that can be told."""
    names = Counter(name for title in titles if not title.istitle() for name in _NAME.findall(title))
    return [_named(name) for name, _ in names.most_common(12)]


def _alike(one: str, other: str) -> bool:
    """Whether two questions ask about the same thing."""
    left, right = set(stems(one)) - _FRAME, set(stems(other)) - _FRAME
    return len(left & right) * 2 > min(len(left), len(right))


_FRAME = frozenset(stems("articles say"))
