"""When an event was that a question names by its noun: "before the visit", "after the summit", "since the trip".

In: a question, and the passages found for it. Out: the days of the event as the articles tell them, else None. Rules
only. Sentences that say when it began or ended come first ("arrived on Monday, 23 May, at the start of a six-day
mission"), then those that name it beside a day, then the days on which several articles about it came out together.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

from rag.answering.query.time_filter import NUMBERS
from rag.schema import Candidate, Period
from rag.text.moments import day_named, last_weekday, weekdays
from rag.text.names import names_in, pattern
from rag.text.sentences import split_sentences

# Nouns for one kind of event stand together: an article calls a visit a trip in its next sentence.
_KINDS = (
    ("visit", "trip", "tour", "mission", "journey", "stay"),
    ("summit", "meeting", "talks"),
    ("conference", "congress"),
    ("hearing",),
    ("election", "vote", "referendum", "ballot", "runoff"),
    ("explosion", "blast", "detonation", "disaster"),
    ("earthquake", "quake", "tremor", "tsunami", "disaster"),
    ("fire", "blaze", "disaster"),
    ("flood", "storm", "hurricane", "cyclone", "typhoon", "disaster"),
    ("attack", "bombing", "raid", "shooting", "massacre", "assassination"),
    ("war", "invasion", "coup"),
    ("strike", "walkout"),
    ("crash", "collision", "accident", "derailment", "disaster"),
    ("landing", "touchdown", "landed", "touched down"),
    ("launch", "lift-off", "liftoff"),
    ("final", "match", "game", "race", "marathon"),
    ("takeover", "purchase", "acquisition", "merger"),
    ("verdict", "ruling", "judgment", "judgement", "trial"),
    ("death", "funeral", "died"),
    ("wedding", "coronation", "inauguration", "ceremony"),
    ("reopening", "opening", "reopened"),
    ("resignation", "resigned"),
    ("arrest", "arrested"),
    ("protest", "demonstration", "march"),
    ("ceasefire", "truce", "armistice"),
)
_NOUNS = "|".join(noun for kind in _KINDS for noun in kind if " " not in noun and not noun.endswith("ed"))
_NAME = r"[A-Z][\w.’'-]*"
_EVENT = re.compile(
    r"\b(?P<words>(?P<way>before|prior to|after|following|since|until)\s+"
    rf"(?P<event>(?:(?:the|his|her|their|its)\s+(?:[\w’'-]+\s+){{0,4}}?|(?:{_NAME}\s+){{0,3}}{_NAME}[’']s\s+(?:[\w-]+\s+){{0,2}}?)"
    rf"(?P<noun>{_NOUNS})s?\b"
    rf"(?:\s+(?:of|to|in|at|with|between|by)\s+(?:the\s+)?{_NAME}(?:\s+(?:and\s+)?{_NAME})*)?))"
)
# "Two days after the visit", "shortly after the crash" name a moment, not all the time from then on.
_NEAR = re.compile(
    r"\b(?:right|just|shortly|soon|immediately|long|ever|seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?)"
    r"\s+$",
    re.I,
)
_BEGINS = re.compile(
    r"\b(?:arriv(?:ed|es|ing)|began|begins?|begun|beginning|start(?:s|ed|ing)?|open(?:s|ed|ing)?|kick(?:s|ed) off|"
    r"first day|landed|set out|broke out|touched down)\b",
    re.I,
)
_ENDS = re.compile(
    r"\b(?:end(?:s|ed|ing)?|conclud(?:es|ed|ing)|clos(?:es|ed|ing)|wrapp(?:ed|ing) up|finish(?:es|ed)|last day|"
    r"final day|sums? up|summed up)\b",
    re.I,
)
_SPEAKS = re.compile(r"\b(?:sa(?:id|ys|ying)|told|tells?|announc\w+|accus\w+|wrote|warn\w+)\b", re.I)
# Such a sentence dates something else by the event, or the event's return.
_ELSEWHEN = re.compile(r"\b(?:anniversary|(?:weeks?|months?|years?) (?:after|before|later|earlier|ago|since))\b", re.I)
_DAY_AFTER = re.compile(r"\b(?:the|one) day after\b", re.I)
_DAY_BEFORE = re.compile(r"\b(?:the|one) day before\b", re.I)
_LASTS = re.compile(rf"\b(?P<count>\d{{1,2}}|{'|'.join(NUMBERS)})-day\b", re.I)
LONGEST = timedelta(days=60)  # an end told later than this after the beginning belongs to another event
TOGETHER = timedelta(days=14)  # articles about one event that come out within this make a cluster
FEWEST = 2  # articles in a cluster: one alone may look back on the event from any time
SURE = 0.6  # share of the evidence that must agree; below it the articles tell of several such events
_WEIGHTS = {"begins": 2.0, "ends": 1.0, "named": 1.0}


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event named in a question."""

    words: str  # "before the visit"
    way: Literal["before", "after", "since", "until"]
    event: str  # "the visit"
    kind: re.Pattern[str]  # what the articles may call it
    names: tuple[str, ...] = ()  # who and what the question is about


class Told(NamedTuple):
    """What a sentence says of the event's time."""

    what: Literal["begins", "ends", "named"]
    day: date
    lasts: int = 0  # days, where told


def read_occasion(question: str) -> Occasion | None:
    """The event that the question asks before or after, or None."""
    match = _EVENT.search(question)
    if match is None or _NEAR.search(question[: match.start()]):
        return None
    way = {"prior to": "before", "following": "after"}.get(match["way"], match["way"])
    noun = match["noun"].lower()
    kind = next((kind for kind in _KINDS if noun in kind[:1]), None) or next(kind for kind in _KINDS if noun in kind)
    called = re.compile(rf"\b(?:{'|'.join(kind)})s?\b", re.I)
    names = names_in(question)
    return Occasion(match["words"], way, match["event"], called, names)  # type: ignore[arg-type]  # one of the four ways


def period_of(occasion: Occasion, candidates: Sequence[Candidate], today: date) -> Period | None:
    """The time that the question means, dated from these passages; None when they do not tell it."""
    days = dated(occasion, candidates)
    if days is None or days[0] > today:
        return None
    first, last = days
    if occasion.way in ("before", "until"):
        until = first - timedelta(days=1) if occasion.way == "before" else first
        return Period(occasion.words, None, until, occasion.event)
    return Period(occasion.words, min(first if occasion.way == "since" else last, today), None, occasion.event)


def dated(occasion: Occasion, candidates: Sequence[Candidate]) -> tuple[date, date] | None:
    """The first and last day of the event, or None."""
    about = _about(occasion, candidates)
    told: dict[tuple[str, Told], float] = {}  # an article that says it again says it once
    for rank, candidate in enumerate(candidates):
        article = candidate.passage.article_id
        for one in _tells(occasion, candidate):
            told.setdefault((article, one), about[article] / (1 + rank / 3))
    begun = any(one.what == "begins" for _, one in told)
    votes: defaultdict[date, float] = defaultdict(float)
    for (_, one), worth in told.items():
        if one.what != "ends" or not begun:  # what only its end is told of was over in a day
            votes[one.day] += worth * _WEIGHTS[one.what]
    if not votes:
        return _cluster(occasion, candidates)
    first = min(votes, key=lambda day: (-votes[day], day))
    near = sum(weight for day, weight in votes.items() if abs(day - first) <= TOGETHER)
    if near < SURE * sum(votes.values()):
        return None
    return first, _last(first, [one for _, one in told])


def _last(first: date, told: Sequence[Told]) -> date:
    """The last day of the event that began on `first`: as it is told, else as long as it is said to last."""
    ends = Counter(one.day for one in told if one.what == "ends" and first <= one.day <= first + LONGEST)
    if ends:
        return min(ends, key=lambda day: (-ends[day], day))
    lasts = max((one.lasts for one in told if one.day == first), default=0)
    return first + timedelta(days=max(0, lasts - 1))


def _about(occasion: Occasion, candidates: Sequence[Candidate]) -> dict[str, float]:
    """What each article counts: 1 to 12, by how many of the question's names stand in what was found of it."""
    found: defaultdict[str, str] = defaultdict(str)
    for one in candidates:
        found[one.passage.article_id] += f"{one.title}\n{one.passage.text}\n"
    forms = [pattern(name) for name in occasion.names]
    share = {key: sum(bool(form.search(text)) for form in forms) / max(1, len(forms)) for key, text in found.items()}
    return {key: 1 + 11 * part for key, part in share.items()}


def _tells(occasion: Occasion, candidate: Candidate) -> Iterator[Told]:
    """What a passage, and the title above its first one, say of the event's time."""
    text, published = candidate.passage.text, candidate.published
    title = "" if _ELSEWHEN.search(candidate.title) else candidate.title
    if candidate.passage.position == 0 and published and occasion.kind.search(title):
        if _BEGINS.search(title):
            yield Told("begins", published)
        elif _ENDS.search(title):
            yield Told("ends", published)
    for start, end in split_sentences(text):
        sentence = text[start:end]
        if occasion.kind.search(sentence) and (one := _told(sentence, published)):
            yield one


def _told(sentence: str, published: date | None) -> Told | None:
    """What a sentence about the event says of its time."""
    if _ELSEWHEN.search(sentence):
        return None
    begins, ends = _BEGINS.search(sentence), _ENDS.search(sentence)
    day = day_named(sentence, published)
    if day is None and (begins or ends):
        day = _weekday(sentence, published)
    if day is None:
        return None
    if _DAY_AFTER.search(sentence):
        return Told("begins", day - timedelta(days=1))
    if _DAY_BEFORE.search(sentence):
        return Told("begins", day + timedelta(days=1))
    lasts = _LASTS.search(sentence)
    count = lasts["count"].lower() if lasts else "0"
    if begins:
        return Told("begins", day, int(count) if count.isdigit() else NUMBERS[count])
    if ends:
        return Told("ends", day)
    return None if _SPEAKS.search(sentence) else Told("named", day)


def _weekday(sentence: str, published: date | None) -> date | None:
    """The last such weekday before publication, where the sentence names one only."""
    named = weekdays(sentence)
    if published is None or len(named) != 1:
        return None
    return last_weekday(min(named), published)


def _cluster(occasion: Occasion, candidates: Sequence[Candidate]) -> tuple[date, date] | None:
    """The first and last day of the articles about the event that came out together, where most did."""
    published = {
        one.passage.article_id: one.published
        for one in candidates
        if one.published and (occasion.kind.search(one.title) or occasion.kind.search(one.passage.text))
    }
    days = sorted(published.values())
    runs = [[day for day in days if first <= day <= first + TOGETHER] for first in days]
    best = max(runs, key=len, default=[])
    if len(best) < FEWEST or len(best) < SURE * len(days):
        return None
    return best[0], best[-1]
