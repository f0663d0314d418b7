"""Who said it: which sentences of a text are statements of a speaker, and which only mention the name.

A sentence belongs to a speaker when a verb of saying has an obvious name of that speaker as its subject ("US state
department spokesperson Ada Holm said"), when a pronoun takes the speaker over from the sentence before,
or when a quotation goes on. Names met on the way ("Ada Holm") count for the rest of the text. Rules only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rag.answering.verification.quotes import inside, quotations, quoted_share, runs_on
from rag.text.names import pattern
from rag.text.sentences import Span

STATEMENT = 1.0  # said by the speaker, by name
CONTINUED = 0.9  # said by the speaker, by pronoun or because the quotation goes on
WEAK = 0.4  # a verb of saying with the name near it, but as an attribute ("a US singer said")
MENTION = 0.15  # the name only occurs

_VERBS = (
    "said says say saying told tells added adds called calls calling criticised criticized criticises "
    "criticizes panned panning warned warns argued argues claimed claims stated states insisted insists denied "
    "denies denying announced announces accused accuses accusing condemned condemns urged urges explained "
    "explains noted notes wrote writes responded responds replied replies described describes declared declares "
    "acknowledged acknowledges admitted admits rejected rejects defended defends suggested suggests believes "
    "believed thinks thought asked asks demanded demands hailed hails praised praises welcomed welcomes voiced "
    "expressed expresses reiterated stressed stresses confirmed confirms predicted predicts proposed proposes "
    "vowed vows pledged pledges promised promises dismissed dismisses recommended recommends snubbed slammed "
    "blasted blamed blames tweeted posted commented remarked remarks lamented complained estimates estimated "
    "expects expected hopes hoped concluded concludes questioned questions decried denounced denounces "
    "cautioned cautions emphasised emphasized signalled signaled applauded objected objects echoed testified "
    "presented refused refuses agreed agrees accusing warning arguing saying demanding urging calling "
    "criticising criticizing denying say argue claim warn accuse call fear fears believe think want wants deny "
    "insist criticise criticize expect estimate describe welcome condemn dispute disputes"
).split()
_SAYING = frozenset(_VERBS)
_VERB = re.compile(
    rf"(?<!\bto )\b({'|'.join(_VERBS)}|(?:raised?|raises|raising|voic\w+|express\w*) (?:concern|"
    rf"question|fear|doubt|hope|alarm)s?)\b"
)
# Before a word that is noun and verb alike ("few promises", "Xi's remarks", "the calls") these show the noun.
_NOUN_BEFORE = re.compile(
    r"(?:['’]s?|\b(?:the|a|an|his|her|its|their|our|few|many|some|any|no|more|such|these|those|of|by|"
    r"with|to|new|in|on|and|all|for|from))\s+$"
)
_AMBIGUOUS = frozenset(
    (
        "calls claims remarks promises hopes demands questions asks estimates fears call claim fear notes expects "
        "warning asked calling estimate dispute disputes thought welcome suggested proposed expected"
    ).split()
)
# What follows is told, not said by the names in it: "Wang has said that the Americans first demanded a visit".
_REPORTED = re.compile(rf"\b(?:{'|'.join(_VERBS)})\s+(?:\w+\s+){{0,3}}that\s")
_ONLY_AUXILIARY = re.compile(r"^\s*(?:(?:had|has|have|also|then|later|earlier|\w+ly)\s*)*$")
_NEGATED = re.compile(r"\b(?:not|never|n['’]t|yet to|declined to)\s+(?:\w+\s+)?$")
_INVERTING = re.compile(r"[,?!…”\"’»]\s*$")  # “...,” said NAME
_INVERTED = re.compile(r"\s+((?:[^,.;:“\"]|\.(?=\S)){2,90})")
_ACCORDING = re.compile(r"\b[Aa]ccording to ((?:[^,.;:“\"]|\.(?=\S)){2,90})")
_STATEMENT_OF = re.compile(
    r"\b(?:statement|remarks|comments|criticism|response|view|words) (?:of|by|from) ([^,.;:“\"]{2,80})"
)
_CLAUSE = re.compile(r"[,;:“”\"()–—]|\b(?:and|but|while|after|as|that|because|when|which|although|though)\s")
_RELATIVE = re.compile(r"\b(?:who|which|that)\b[^,]*$")
_PASSIVE = re.compile(r"\b(?:was|were|is|are|been|being|be)\s+(?:\w+ly\s+)?$")
_BY = re.compile(r"\bby ((?:[^,.;:“\"]){2,80})")
_PRONOUN = re.compile(r"^(?:[^\w]*|.*\b(?:and|but|also|then)\s+)(?:he|she|they|it)\b(?:\s+\w+){0,3}\s*$", re.I)
_GOES_ON = re.compile(r"(?:\w+\s+){0,2}(?:he|she|they|his|her|their)\b", re.I)  # still about whoever spoke before
_ROLE_WORD = (
    r"(?:president|premier|prime minister|minister|ministry|spokes\w+|officials?|government|"
    r"administration|secretary|ambassadors?|"
    r"envoys?|diplomats?|department|leaders?|authorities|embassy|military|treasury|general|admiral|"
    r"senators?|lawmakers?|"
    r"congress\w*|courts?|regulators?|agency|side|delegation|commission\w*|council|chancellor|chief|"
    r"king|queen|parliament|"
    r"police|media|party|office|bank|mission|house|director|head|state|army|intelligence|negotiators?|mp|mps)"
)
_ROLE = re.compile(rf"\b{_ROLE_WORD}\b", re.I)
_PERSON = r"[A-ZÀ-Þ][\w’'-]+(?:\s+[A-ZÀ-Þ][\w’'-]+){0,2}"
_ROLE_THEN_PERSON = re.compile(rf"\b(?i:{_ROLE_WORD}),?\s+({_PERSON})\s*$")
_ROLE_NAMED = re.compile(rf"\b(?i:({_ROLE_WORD})),?\s+{_PERSON}\s*$")
_PERSON_BEFORE = re.compile(rf"({_PERSON}),\s*$")
_APPOSED = re.compile(rf"({_PERSON}, (?:the|a|an|its|who)\s[^,“”\"]{{3,90}}),\s*$")  # "Ada Holm, the spokesman, called"
_OUTSIDE = re.compile(
    r"\b(?:in|against|to|toward|towards|with|for|on|between|across|outside|near|about|over)\s+(?:the\s+)?$", re.I
)


@dataclass
class _Reader:
    """What is known about the speaker while a text is read from its beginning."""

    speaker: re.Pattern[str]
    learned: set[str] = field(default_factory=set)  # 'Ada Holm', 'Holm', 'the spokesperson'
    current: float = 0.0  # how surely the last statement was the speaker's

    def names(self, text: str) -> re.Match[str] | None:
        """The first place that names the speaker, by table or by a name learned in this text."""
        found = self.speaker.search(text)
        if found is None and self.learned:
            found = re.search(rf"\b(?:{'|'.join(map(re.escape, self.learned))})\b", text)
        return found

    def learn(self, subject: str, before: str) -> None:
        """Remember the person that a subject such as 'US state department spokesperson Ada Holm' names."""
        if role := _ROLE_NAMED.search(subject):
            self.learned.update({f"the {role.group(1).lower()}", f"The {role.group(1).lower()}"})
        met = _ROLE_THEN_PERSON.search(subject) or (_PERSON_BEFORE.search(before) if _ROLE.search(subject) else None)
        if met and not self.speaker.search(met.group(1)):
            self.learned.update({met.group(1), met.group(1).split()[-1]})


def statement_scores(text: str, sentences: tuple[Span, ...], speaker: str) -> tuple[float, ...]:
    """For each sentence how far it is a statement of `speaker`: STATEMENT, CONTINUED, WEAK, MENTION or 0."""
    reader = _Reader(pattern(speaker))
    quotes = quotations(text)
    scores: list[float] = []
    for position, span in enumerate(sentences):
        scores.append(_score(text, span, quotes, reader))
        if position and scores[-1] >= CONTINUED and quoted_share(span, quotes) < 0.95:
            _hand_back(text, sentences, quotes, scores)
    return tuple(scores)


def is_saying(word: str) -> bool:
    """Whether a word is a verb of saying."""
    return word in _SAYING


def speaks(text: str) -> bool:
    """Whether a sentence reports what somebody said, outside its quotations."""
    quotes = quotations(text)
    return bool(_ACCORDING.search(text)) or any(not inside(m.start(), quotes) for m in _VERB.finditer(text))


def _score(text: str, span: Span, quotes: tuple[Span, ...], reader: _Reader) -> float:
    subjects = list(subjects_of_saying(text, span, quotes))
    mentioned = MENTION if reader.names(text[slice(*span)]) else 0.0
    if not subjects:
        goes_on = quoted_share(span, quotes) > 0.5 and reader.current >= CONTINUED
        if not goes_on and quoted_share(span, quotes) <= 0.5:
            kept = reader.current if _GOES_ON.match(text[slice(*span)]) else 0.0
            reader.current = max(kept, mentioned and _leads(text[slice(*span)], reader))
        return CONTINUED if goes_on else mentioned
    best = max(_subject_score(subject, before, reader) for subject, before in subjects)
    reader.current = best
    return max(best, mentioned)


def _subject_score(subject: str, before: str, reader: _Reader) -> float:
    """How far the subject of a verb of saying is the speaker."""
    if _PRONOUN.match(subject):
        return CONTINUED if reader.current >= CONTINUED else 0.0
    found = reader.names(subject)
    if found is None or _OUTSIDE.search(subject[: found.start()]):
        return 0.0
    rest = subject[found.end() :]
    direct = not re.search(r"\w{3,}", rest.removeprefix("’s").removeprefix("'s")) or bool(_ROLE.search(rest))
    direct = direct or " " in found.group() or found.group() in reader.learned or not _is_adjective(found.group(), rest)
    if direct:
        reader.learn(subject, before)
    return STATEMENT if direct and not _NEGATED.search(subject) else WEAK


def _is_adjective(name: str, rest: str) -> bool:
    """Whether the name stands before a noun that is not an office: 'US singer', 'Chinese students'."""
    return bool(re.match(r"\s+[a-z]\w+", rest)) and (len(name) <= 4 or name.endswith(("an", "ish", "ese", "li", "ch")))


def _leads(sentence: str, reader: _Reader) -> float:
    """A sentence about the speaker that says nothing itself: a pronoun after it may still be the speaker."""
    found = reader.names(sentence)
    return CONTINUED if found and found.start() < 40 and not _OUTSIDE.search(sentence[: found.start()]) else 0.0


def subjects_of_saying(text: str, span: Span, quotes: tuple[Span, ...]) -> list[tuple[str, str]]:
    """(subject, what stands before it) of each verb of saying outside quotations: who speaks in the sentence `span`."""
    start, end = span
    verbs = [
        _subject_of(text, start, end, verb)
        for verb in _VERB.finditer(text, start, end)
        if not inside(verb.start(), quotes)
        and not _is_noun(text, start, verb)
        and not _REPORTED.search(text, start, verb.start())
    ]
    found = [(subject, before) for subject, before in verbs if subject.strip()]
    for pattern_of in () if found else (_ACCORDING, _STATEMENT_OF):  # who said it goes before who reported it
        found += [(m.group(1), "") for m in pattern_of.finditer(text, start, end) if not inside(m.start(), quotes)]
    return found


def _is_noun(text: str, start: int, verb: re.Match[str]) -> bool:
    """Whether the word that looks like a verb of saying is a noun here: 'few promises', 'his remarks'."""
    return verb.group() in _AMBIGUOUS and bool(_NOUN_BEFORE.search(text[max(start, verb.start() - 16) : verb.start()]))


def _subject_of(text: str, start: int, end: int, verb: re.Match[str]) -> tuple[str, str]:
    before = text[start : verb.start()]
    if _PASSIVE.search(before) and not verb.group().endswith("ing"):
        by = _BY.search(text, verb.end(), min(end, verb.end() + 120))
        return (by.group(1), "") if by else ("", "")
    if apposed := _APPOSED.search(before):
        return apposed.group(1), ""
    if _INVERTING.search(before):
        after = _INVERTED.match(text, verb.end(), end)
        return (after.group(1), "") if after else ("", "")
    cuts = [0, *(clause.end() for clause in _CLAUSE.finditer(before))]
    cut = cuts[-1]
    if len(cuts) > 2 and _ONLY_AUXILIARY.match(before[cut:]) and before[cut - 1 : cut] == ",":
        cut = cuts[-3]  # "Agnès Callamard, the secretary general of Amnesty International, had warned"
    subject = _RELATIVE.sub("", before[cut:])
    if not subject.strip() and verb.group().endswith("ing"):  # "Panning China ..., spokesperson Ada Holm said"
        return "", ""
    return subject, before[:cut]


def _hand_back(text: str, sentences: tuple[Span, ...], quotes: tuple[Span, ...], scores: list[float]) -> None:
    """Give the quotation just before '..., he said' to the same speaker when one quotation runs through both."""
    position = len(scores) - 1
    while position and runs_on(sentences[position - 1], sentences[position], quotes):
        position -= 1
        scores[position] = max(scores[position], CONTINUED)
