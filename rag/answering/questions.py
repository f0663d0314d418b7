"""What a question asks for: its parts, whose words it wants, which names and figures must be there. Rules only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.text.names import aliases, is_known, name_words, names_in, numbers_in
from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS, content_words, stem, stems

_AUXILIARY = r"(?:did|does|do|has|have|had|is|was|were|are|would|will|can|could|should)"
# "is X called", "was X told" are passive: after forms of "be" only "-ing" says that X speaks.
_DOES = r"(?:did|does|do|has|have|had|would|will|can|could|should)"
_SAYING_NOW = (
    r"(?:say|think|claim|respond|react|critici[sz]|call|argu|warn|tell|suggest|ask|"
    r"demand|propos|express|accus|promis)ing"
)
_SAYING = (
    r"(?:say|said|saying|says|think|thinks|thinking|claim\w*|respond\w*|reacts?|reacted|"
    r"critici[sz]e\w*|call(?:ed)?|describe[sd]?|argue[sd]?|"
    r"warn(?:ed|ing|s)?|tell|told|stated|state that|suggest(?:ed|s)?|want|believe[sd]?|accuse[sd]?|"
    r"comment(?:ed)?|announce[sd]?|"
    r"deny|denie[sd]|demand(?:ed|s)?|promise[sd]?|pledge[sd]?|explain(?:ed|s)?|express(?:ed)?|"
    r"mention(?:ed)?|report(?:ed)?|make of|"
    r"condemn(?:ed)?|feel|admit(?:ted)?|urge[sd]?|propose[sd]?|insist(?:ed)?|voice[sd]?|object(?:ed)?|"
    r"reply|replied|answer(?:ed)?|"
    r"recommend(?:ed)?|predict(?:ed)?|expect(?:ed)?|estimate[sd]?|defend(?:ed)?|justif(?:y|ied)|"
    r"reject(?:ed)?|welcome[sd]?|praise[sd]?|blame[sd]?|declare[sd]?|remark(?:ed)?|caution(?:ed)?|remind(?:ed)?)"
)
_STANCE = (
    r"(?:response|reaction|view|views|position|opinion|criticisms?|comments?|statements?|stance|reply|"
    r"answer|claims?|arguments?|"
    r"complaints?|objections?|demands?|remarks|warning|message|assessment|take|verdict|judge?ment|words|thoughts|"
    r"explanation|accusations?)"
)
# "criticism of X" and "an assessment of X" are about X; these are X's own.
_STANCE_OF = r"(?:response|reaction|views?|position|opinion|comments?|statements?|stance|reply|remarks|verdict|words)"
_NOUN = r"(?:[\w.'’&-]+\s+){0,7}?[\w.'’&-]+"
_SPEAKER_FORMS = (
    re.compile(
        rf"\b(?:what|how|why|whom?|when|where|"
        rf"which)\b.*?\b{_DOES}\s+(?P<who>{_NOUN})\s+{_SAYING}\b",
        re.I,
    ),
    re.compile(
        rf"\b(?:what|how|why|where)\b.*?\b(?:is|was|are|were|been)\s+(?P<who>{_NOUN})\s+{_SAYING_NOW}\b",
        re.I,
    ),
    re.compile(rf"\baccording to (?P<who>{_NOUN})\s*(?:[,?]|$|\b{_AUXILIARY}\b|\bwhat\b|\bhow\b|\bwhy\b)", re.I),
    re.compile(
        rf"\b(?:what|how)\b(?!.*\bcalled\W*$).*?\b(?:is|was|were|are)\s+(?P<who>{_NOUN})['’]s?\s+{_STANCE}\b", re.I
    ),
    re.compile(
        rf"\b(?:{_STANCE_OF}\s+of|{_STANCE}\s+(?:from|by))\s+(?P<who>{_NOUN}?)\s*(?:\?|$|\b(?:to|on|about|over)\b)",
        re.I,
    ),
    re.compile(rf"^(?!wh|how\b)(?P<who>{_NOUN})['’]s?\s+{_STANCE}\s+(?:to|on|about|over|of)\b", re.I),
    re.compile(rf"\bhow\s+(?P<who>{_NOUN})\s+(?:responded|reacted|described)\b", re.I),
)
_NOT_SPEAKERS = frozenset(("you i this there people anyone everybody article articles text the a").split())
_DEMONYM = ("an", "ans", "ese", "ish", "ch")  # "American" is in half of all news: no help to a search
_SAYS = re.compile(_SAYING, re.I)
_TAKES = re.compile(_STANCE, re.I)
_WHO_SAID = re.compile(
    rf"^\s*(?:who|which \w+)\s+(?:\w+ly\s+)?(?:has |have |had )?"
    rf"(?:{_SAYING}|sp[eo]ke?n?|compared?|complain(?:ed)?|quoted?)\b",
    re.I,
)
_MANY = re.compile(
    r"^\s*(?:why|how(?! (?:many|much|old|long|far|tall|big|large|high|often)\b))|\b(?:which|"
    r"what)\s+\w+s\s+(?:are|were|did|do|have)\b|"
    r"\b(?:list|explain|describe|reasons?|ways|causes|summar\w+|tell me|differ\w*|concerns|effects)\b|"
    r"^\s*what (?:happened|is known)",
    re.I,
)
_SHORT = re.compile(
    r"^\s*(?:\W|and |but |so )*(?:when|who|whom|whose|where|which|in (?:what|which)|how (?:many|much|"
    r"old|long|far|tall|big|large|high|often))\b",
    re.I,
)
_FIGURE = re.compile(
    r"\b(?:when|how (?:many|much|old|long|far|tall|big|large|high|often|precise\w*|fast|deep|heavy|strong|hot)|"
    r"how \w+ly|"
    r"(?:what|which|by what) (?:\w+ )?(?:year|day|date|month|time|number|amount|age|price|share|percentage|rate|toll)|"
    r"percent|toll|record|fastest|highest|lowest|largest|longest|number of|cost of|price of|size of)\b",
    re.I,
)
_WH = r"(?:what|who|whom|whose|when|where|why|how|which|in (?:what|which))"
_JOINT = re.compile(rf"\s*(?:,\s*(?:and\s+)?|;\s*|\s+and\s+(?:also\s+)?|\?\s+(?:and\s+)?)(?={_WH}\s+\S+)", re.I)
# A second question, or a comparison: "and did it pass?", "; who voted?", "how do they differ?"
_SEVERAL = re.compile(
    rf"(?:[?;,]|\band|\bor|\bplus)\s+(?:(?:and|also|then|or)\s+)*(?:{_WH}|{_AUXILIARY})\s+\w|"
    r"\b(?:both|compar\w+|differ\w*|versus|vs|respectively)\b",
    re.I,
)
_GENERIC = frozenset(
    stem(word)
    for word in (
        "say said tell told think claim happen happened give given name many much long last new first person people "
        "thing year time day week month article articles news according report reported call called make made take "
        "took come came get got go went find use know known mean want kind type number amount percentage following "
        "country company group"
    ).split()
)

LONGEST = 600  # characters that rules and readers look at; the search itself takes the whole question
NAME_WEIGHT = 2.5  # a name of the question that a passage lacks tells more than a missing plain word
NUMBER_WEIGHT = 2.0
GENERIC_WEIGHT = 0.3  # words such as "say" and "happen" that any news passage may or may not hold


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart."""

    text: str
    weights: dict[str, float]  # stems of the content words and how much each matters
    others: dict[str, tuple[frozenset[str], ...]]  # stems that mean the same name: 'us' is also {'unit', 'state'}
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    speaker: str | None  # whose statements are asked for
    wants_statement: bool  # a statement is asked for, whoever made it
    limit: int  # how many sentences an answer may have
    wants_figure: bool = False  # a number, a date or a record is asked for: reports may differ

    @property
    def search_words(self) -> str:
        """Words to add to a search so that the speaker's other names are found; '' when there is nothing to add."""
        forms = aliases(self.speaker)[1:] if self.speaker else ()
        telling = [form for form in forms if len(form) > 4 and "." not in form and not form.endswith(_DEMONYM)]
        return " ".join([*telling[:8], *(["spokesperson", "said"] if telling else [])])


@lru_cache(maxsize=256)
def analyse(text: str) -> Question:
    """The question taken apart."""
    names = tuple(name for name in names_in(text) if name_words(name))
    numbers = numbers_in(text)
    speaker = asked_speaker(text)
    wants_statement = speaker is not None or bool(_WHO_SAID.search(text))
    return Question(
        text,
        _weights(text, names, numbers, speaker),
        _others(names),
        names,
        numbers,
        speaker,
        wants_statement,
        _limit(text, speaker),
        bool(_FIGURE.search(text)),
    )


def asked_speaker(text: str) -> str | None:
    """Whose statements a question asks for ("what did the US say about ...": "US"), or None."""
    for form in _SPEAKER_FORMS:
        if found := form.search(text):
            who = re.sub(r"^(?:the|a|an|some|any|many)\s+", "", found.group("who").strip(), flags=re.I)
            who = re.sub(r"^.*\b(?:by|from)\s+(?:the\s+)?|['’]s?$", "", who, flags=re.I)
            who = _OF_A_BODY.sub("", who)
            if _NOBODY.search(who):
                continue
            who = _named(who)
            if who.lower() == "us" or (who.isupper() and len(who) < 5):
                who = who.upper()
            if who.lower() not in _NOT_SPEAKERS and not _WH_ONLY.match(who):
                return who
    return None


def _named(who: str) -> str:
    """The name in "the quarterback Ada Holm" and in "Ada Holm, the quarterback"; else the words as they are."""
    names = names_in(who)
    if len(names) == 1 and len(who.split()) - len(names[0].split()) < 2:
        return names[0]
    before = who.removesuffix(names[-1]).split() if names and who.endswith(names[-1]) else []
    return names[-1] if before and before[-1].islower() and before[-1] not in STOP_WORDS else who


# Papers and numbers say nothing of their own; somebody known only as a relative or helper cannot be looked for; and
# words of the question itself are nobody: "been accused", "should he pay over his false claims".
_NOBODY = re.compile(
    r"\b(?:polls?|surveys?|study|studies|research|data|theory|analysis|index|figures|statistics)\b|"
    r"['’]s? (?:trainer|wife|husband|lawyers?|mother|father|parents|brother|sister|son|daughter|coach|doctor|family|"
    r"owner|agent|friends?)$|"
    r"\b(?:be|been|being|it|they|he|she|we|that|that['’]s|now|his|her|their|its)\b|(?<=\s)to\b|^so$|^\w+ly$",
    re.I,
)
_OF_A_BODY = re.compile(r"^.*['’]s\s+(?=[A-ZÀ-Þ]\S+(?:\s+[A-ZÀ-Þ]\S+)*$)")  # "the ministry's Ada Holm"
_WH_ONLY = re.compile(rf"^{_WH}$", re.I)


def parts(text: str) -> tuple[str, ...]:
    """The questions inside a question, each with the names that the first one holds; one when it asks one thing."""
    pieces = [piece.strip(" ,;?") for piece in _JOINT.split(text)]
    pieces = [piece for piece in pieces if piece]
    opens = [bool(re.match(rf"(?:\W|and |so |but )*{_WH}\b", piece, re.I)) for piece in pieces]
    if len(pieces) < 2 or len(pieces) > 4 or not all(opens) or any(len(piece.split()) < 2 for piece in pieces):
        return (text.strip(),)
    return tuple(f"{piece}?" for piece in pieces)


def asks_several(text: str) -> bool:
    """Whether a question may ask for more than one thing: a cheap test that rather says yes."""
    return bool(_SEVERAL.search(text))


def core(text: str) -> str:
    """The question inside a long text: its last sentence that asks, else its beginning; a short text as it is."""
    if len(text) <= LONGEST:
        return text
    asking = [text[start:end] for start, end in split_sentences(text) if text[start:end].endswith("?")]
    return asking[-1][-LONGEST:] if asking else text[:LONGEST]


def coverage(question: Question, text: str) -> float:
    """The weighted share of the question's words that `text` holds, 0..1; 1.0 for a question without content words."""
    if not question.weights:
        return 1.0
    held = text_stems(text)
    total = sum(question.weights.values())
    found = sum(weight for word, weight in question.weights.items() if word in held or _otherwise(question, word, held))
    return found / total


def _otherwise(question: Question, word: str, held: frozenset[str]) -> bool:
    """Whether a text holds another name for the word of a name."""
    return any(other <= held for other in question.others.get(word, ()))


def _others(names: tuple[str, ...]) -> dict[str, tuple[frozenset[str], ...]]:
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for name in names:
        forms = tuple(frozenset(stems(form)) for form in aliases(name)[1:] if len(form) > 2) if is_known(name) else ()
        for word in name_words(name):
            found[stem(word)] = tuple(form for form in forms if form)
    return found


@lru_cache(maxsize=8192)
def text_stems(text: str) -> frozenset[str]:
    """The stems of a text, for many questions."""
    return frozenset(stems(text))


def _weights(text: str, names: tuple[str, ...], numbers: tuple[str, ...], speaker: str | None) -> dict[str, float]:
    """How much each stem matters. Who speaks, and that it is said, is judged by attribution, not by these words."""
    named = {stem(word) for name in names for word in name_words(name)}
    speaking = {stem(word) for word in name_words(speaker)} if speaker else set()
    figures = set(numbers)
    weights: dict[str, float] = {}
    for word in content_words(text):
        root = stem(word)
        said = _SAYS.fullmatch(word) or (speaker is not None and _TAKES.fullmatch(word))
        if root in speaking or root in _GENERIC or said:
            weights[root] = GENERIC_WEIGHT
        elif word in figures:
            weights[root] = NUMBER_WEIGHT
        else:
            weights[root] = NAME_WEIGHT if root in named else 1.0
    return weights


def _limit(text: str, speaker: str | None) -> int:
    """Two sentences for a single fact, four when more is asked for."""
    if _SHORT.search(text) or re.search(r"\b(?:percentage|how many|how much|what year)\b", text, re.I):
        return 2
    return 4 if speaker is not None or _MANY.search(text) else 3
