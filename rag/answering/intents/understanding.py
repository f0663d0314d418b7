"""What is wanted: the intent of a question, the outlets it names, its topic, and the time it asks about.

In: a question and the library's outlets. Out: a `Wish`. The intent comes from trained weights, the outlets from the
library, the time from `time_filter.py`; the topic is what is left when these and the words of the frame are taken away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.answering.query.time_filter import read_period, without
from rag.models.intents import OTHER, OUTLET, IntentClassifier, load_intents
from rag.schema import Period
from rag.text.names import names_in
from rag.text.sentences import Span
from rag.text.words import PRONOUNS, STOP_WORDS, words

LONGEST = 40  # words: what is longer is no request to the library, but a question or a pasted text
SURE = 0.55  # together, of the intents that are not answered by reading, from which one of them is acted on
OUTLET_NAMED = 0.35  # factor of the chance that a question with an outlet's name is an ordinary one
MOST_KEYWORDS = 6
ANSWERED = ("content", "keywords")  # intents that search and read
_WORD = re.compile(r"[^\s?!.,;:()\"“”]+(?:[.,:]\d+)*%?")
# Words that introduce a topic wherever they stand.
_INTRODUCING = frozenset(
    "about regarding concerning mention mentions mentioning mentioned on cover covers covering covered".split()
)
# What a request of each kind cannot do without: a guard on what the weights say, since each has more questions about
# the world for a neighbour ("how many countries signed?", "who owns the paper?").
_TEXTS = (
    r"articles?|stor(?:y|ies)|pieces?|reports?|reporting|texts?|documents?|files?|items?|headlines?|coverage|"
    r"materials?|library|collection|sources?|mention\w*|covered|reported|wrote|written|published|topics?|subjects?"
)
_OUTLETS = r"outlets?|publishers?|publications?|newspapers?|papers?|media|sites?|news|carried"
_AUTHORS = r"authors?|journalists?|reporters?|writers?|bylines?|wr[io]t\w+|contribut\w+|by whom|whose"
_HELD = re.compile(rf"\b(?:{_TEXTS}|{_OUTLETS}|{_AUTHORS}|you|here|anything|everything|{OUTLET})\b", re.I)
_NEEDED = {
    "count": re.compile(rf"\b(?:{_TEXTS}|{_OUTLETS}|{_AUTHORS}|big)\b", re.I),
    "authors": re.compile(
        r"\b(?:authors?|journalists?|reporters?|writers?|bylines?|contribut\w+|whose)\b|"
        rf"\b(?:wr[io]t\w+|by whom|work\w*)\b.*\b(?:articles?|pieces?|stor(?:y|ies)|about|these|{OUTLET})\b",
        re.I,
    ),
}
_SPOKEN = frozenset({"hello", "thanks"})
POINTED = 0.05  # chance from which a question that points at something, with nothing before it, asks for help
FEWEST_LETTERS = 2  # of a greeting: a letter or a figure by itself greets nobody
_BEFORE_FRAME = frozenset({"you", "we", "how"})
_NO_TOPIC = frozenset({"hello", "thanks", "help"})
_INTRODUCED = frozenset({"news", "authors"})  # intents whose topic follows a word that introduces it
_YEAR = re.compile(r"\b(?:in|during) ((?:19|20)\d\d)\b")
_OF_A_TIME = re.compile(
    r"\b(?:of|from) (?=(?:[A-Z][a-z]+ )?(?:19|20)\d\d\b(?! (?:to|on)))"
)  # "articles from June 2022"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to know, and of which articles."""

    intent: str
    question: str
    topic: str = ""
    outlets: tuple[str, ...] = ()  # of the library, as the library spells them
    period: Period | None = None
    sure: float = 0.0  # probability of the intent


def understand(question: str, publishers: Sequence[str], today: date, *, first: bool = False) -> Wish:
    """The wish behind a question; its intent is "content" for whatever is no request to the library.

    `first`: nothing was asked before, so that "this" and "it" can only mean the assistant itself.
    """
    if len(question.split()) > LONGEST:
        return Wish("content", question)
    classifier = load_intents()
    masked, outlets = mask_outlets(question, publishers)
    chances = _informed(classifier.probabilities(masked), outlets)
    intent = _likeliest(chances)
    if intent in _NEEDED and not _NEEDED[intent].search(masked):
        intent = "content"
    if first and intent == "content" and chances["help"] >= POINTED and _points_at_nothing(question):
        intent = "help"
    if intent in _SPOKEN and sum(map(str.isalpha, question)) < FEWEST_LETTERS:
        intent = "keywords"
    if intent in ANSWERED or chances[intent] < SURE:
        intent = "keywords" if _are_keywords(question) else intent
    if first and intent == "keywords" and classifier.opens(" ".join(words(question))):
        intent = "help"  # "Explain", "Translate": what, is not said
    dated = _OF_A_TIME.sub("in ", masked)
    period = _period(dated, today)
    left = without(dated, period)
    topic = "" if intent in _NO_TOPIC else topic_of(left, classifier, introduced=intent in _INTRODUCED)
    return Wish(intent, question, topic, outlets, period, chances.get(intent, 0.0))


def _period(question: str, today: date) -> Period | None:
    """The time that the articles asked for are of, to the day; a year alone counts, since it is no word of a story."""
    if found := read_period(question, today, reported_within=timedelta(0)):
        return found
    year = _YEAR.search(question)
    return Period(year.group(), date(int(year[1]), 1, 1), date(int(year[1]), 12, 31)) if year else None


def _informed(chances: dict[str, float], outlets: Sequence[str]) -> dict[str, float]:
    """The chances once the library was looked at: who names one of its outlets seldom asks for anything else."""
    if not outlets:
        return chances
    known = {name: value * (OUTLET_NAMED if name == "content" else 1.0) for name, value in chances.items()}
    whole = sum(known.values())
    return {name: value / whole for name, value in known.items()}


def _likeliest(chances: dict[str, float]) -> str:
    """The best intent; reading, unless those that are not answered by reading are likelier together."""
    if sum(chances.get(name, 0.0) for name in ANSWERED) >= 1 - SURE:
        return max(ANSWERED, key=lambda name: chances.get(name, 0.0))
    return max((name for name in chances if name not in ANSWERED), key=lambda name: chances[name])


def _points_at_nothing(question: str) -> bool:
    """Whether it has a pronoun and nothing else that could be looked up: "How does this work?"."""
    plain = set(words(question))
    return not PRONOUNS.isdisjoint(plain) and len(plain - STOP_WORDS - PRONOUNS) <= 1 and not names_in(question)


def _are_keywords(question: str) -> bool:
    """Whether it is no sentence: a few words, none of which is a function word, and no question mark."""
    plain = words(question)
    return 0 < len(plain) <= MOST_KEYWORDS and "?" not in question and not STOP_WORDS & set(plain)


def mask_outlets(question: str, publishers: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The question with placeholders for the library's outlets, and these in the order in which they are named."""
    found: dict[Span, str] = {}
    for name in sorted(publishers, key=len, reverse=True):
        for match in outlet_pattern(name).finditer(question):
            if not any(start < match.end() and match.start() < end for start, end in found):
                found[match.span()] = name
    ordered = sorted(found.items())
    names = tuple(dict.fromkeys(name for _, name in ordered))
    masked, at = "", 0
    for (start, end), name in ordered:
        masked += question[at:start] + (OUTLET if name == names[0] else OTHER)
        at = end
    return masked + question[at:], names


def outlet_pattern(name: str) -> re.Pattern[str]:
    """What names an outlet: its name, "the" before it or not; one of a single word is told by its capitals."""
    plain = re.sub(r"^the\s+", "", name.strip(), flags=re.I)
    if not plain:
        return re.compile(r"(?!)")
    body = r"\s+".join(re.escape(word) for word in plain.split())
    flags = "(?i:" if " " in plain else "(?:"
    return re.compile(rf"(?:\b(?i:the)\s+)?(?<!\w){flags}{body})(?!\w)")


def topic_of(masked: str, classifier: IntentClassifier, *, introduced: bool = False) -> str:
    """The words that say what the articles are to be about; "" when nothing is left.

    With `introduced`, only words behind "about", "on" and their like are a topic.
    """
    spans = [match.span() for match in _WORD.finditer(masked)]
    plain = [masked[start:end].lower().replace("’", "'").removesuffix("'s") for start, end in spans]
    frame = [word in classifier.frame or bool(_HELD.fullmatch(word)) or word.upper() in _PLACEHOLDERS for word in plain]
    for place in range(1, len(plain)):  # "the sources you use", "how big": a verb, a measure, no topic
        frame[place] = frame[place] or (plain[place - 1] in _BEFORE_FRAME and plain[place].isalpha())
    for first, last, behind in _ranges(plain):
        if introduced and not behind:
            continue
        while first < last and (plain[first] in STOP_WORDS or (frame[first] and not behind)):
            first += 1
        while last > first and (plain[last - 1] in STOP_WORDS | _TAIL or (frame[last - 1] and not behind)):
            last -= 1
        if first < last and not all(frame[first:last]):
            return _unmasked(masked[spans[first][0] : spans[last - 1][1]])
    return ""


_PLACEHOLDERS = frozenset({OUTLET, OTHER})
_TAIL = frozenset("please library collection articles anywhere library's outlets differently".split())


def _ranges(plain: Sequence[str]) -> Iterator[tuple[int, int, bool]]:
    """Where the topic may stand, the likeliest first, and whether a word introduces it."""
    for place, word in enumerate(plain):
        if word in _INTRODUCING:
            yield place + 1, len(plain), True
            yield 0, place, False
    yield 0, len(plain), False


def _unmasked(topic: str) -> str:
    """The topic without the outlets in it."""
    rest = re.sub(rf"\s*\b(?:(?:in|of|by|from|for|at|across|and)\s+)?(?:{OUTLET}|{OTHER})\b(?:['’]s)?", "", topic)
    return rest.strip(" ,")
