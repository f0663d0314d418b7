"""A question made to stand alone: the terms of the conversation that it leaves out, behind it.

"When will it ship? (Apple, headset)": which words of the conversation belong to the question is a decision of the
reader's network (term resolution: Voskarides and others, "Query Resolution for Conversational Search with Limited
Supervision", 2020). The question itself is never changed, so what is searched can always be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from rag.answering.query.analysis import names
from rag.schema import Turn
from rag.text.words import PRONOUNS, content_words, stem
from rag.text.words import words as plain_words

# Probability from which a word of the conversation belongs to the question. Follow-ups of asks whose answer is shown,
# dev and own: .62 and .76 at .2, .60 and .78 at .3, .57 and .73 at .45, .58 and .66 at .6.
TERM_FROM = 0.3
# Of the surest word, from which a question leans on its conversation at all. On own_test, follow-ups held and single
# questions held behind three others: .69 and .64 at .35, .65 and .65 at .45 (.67 by themselves).
LEANS_FROM = 0.4
# The same for a question with a name that nobody has said yet: mostly a new subject. Single questions of own_test
# behind three others are then held for .70, not .65, near-misses refused for .80, not .72; follow-ups stay alike.
NEW_FROM = 0.6
LOOK_BACK = 8  # turns in which terms are looked for
LONGEST_REPLY = 300  # characters of a reply: what it is about stands at its beginning
ASKED_BEFORE = 3  # questions before this one that it is searched for with
SHORTEST_QUOTE = 25  # characters by which an article can be known

_MARK = re.compile(r"\s*\[\d+\]")

MOST_TERMS = 5  # phrases behind a question; more would drown it
LONGEST_PHRASE = 6  # words
LONGEST_NAME = 4  # words: a longer run of capitals is a headline

_WORD = re.compile(r"[^\W_]+(?:[-’'.&][^\W_]+)*")
_LINK = re.compile(r"^(?: of | of the | the | de | and | & | ?, | ?[-–] ?| )$")


@dataclass(slots=True)
class Usage:
    """Tokens and money as the provider counted them; 0 when it does not say."""

    read: int = 0
    written: int = 0
    cost: float = 0.0  # in the provider's currency

    def add(self, other: Usage) -> None:
        """Count another call to this one."""
        self.read += other.read
        self.written += other.written
        self.cost += other.cost


@runtime_checkable
class TermReader(Protocol):
    """A reader that finds the words of a conversation which a question leaves out."""

    def terms(self, turns: Sequence[str], question: str) -> list[list[tuple[int, int, float]]]:
        """Spans of each turn with the probability that the question means them."""
        ...


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A question as it is searched for and read."""

    question: str  # stands alone
    before: tuple[str, ...] = ()  # the user's questions before it, oldest first
    terms: tuple[str, ...] = ()  # of the conversation, that stand behind it
    quoted: tuple[str, ...] = ()  # what the replies before it quoted: its articles are those of the conversation
    usage: Usage = field(default_factory=Usage)  # what a model was used for it
    note: str = ""  # why a model that was asked did not do it

    def in_context(self, question: str) -> str:
        """The question behind those before it: it is searched for as well, but not read.

        To a reader, questions before it are questions: on asks dev the best sentence answers for .41 of the follow-ups
        when it sees them, for .63 when it sees the terms alone.
        """
        return " ".join([*self.before, question])

    def forms(self, text: str) -> tuple[str, ...]:
        """The ways to read a question: as it stands and, where terms stand behind it, without them as well."""
        behind = with_terms("", self.terms)
        plain = text.removesuffix(behind).rstrip() if self.terms else text
        return (text, plain) if plain and plain != text else (text,)

    def with_terms(self, part: str) -> str:
        """A part of the question with the terms that stand behind the whole of it."""
        return part if part.endswith(")") else with_terms(part, self.terms)


def by_terms(question: str, turns: Sequence[Turn], reader: object) -> Rewritten:
    """The question with the terms of the conversation that it leaves out behind it, found by the reader."""
    latest = [turn for turn in turns if turn.text.strip()][-LOOK_BACK:]
    if not latest:
        return Rewritten(question)
    texts = [said(turn) for turn in latest]
    asked = tuple(text for text, turn in zip(texts, latest, strict=True) if turn.role == "user")[-ASKED_BEFORE:]
    if not isinstance(reader, TermReader):
        return Rewritten(with_terms(question, names(asked[-1]) if asked else ()), quoted=quotes(latest))
    found = reader.terms(texts, question)
    surest = max((chance for pieces in found for _, _, chance in pieces), default=0.0)
    leans = is_open(question) or surest >= (NEW_FROM if _names_anew(question, texts) else LEANS_FROM)
    terms = terms_from(texts, found, question) if leans else ()
    if not terms and not is_open(question):
        return Rewritten(question)  # it stands alone: what was talked of before is another matter
    return Rewritten(with_terms(question, terms), asked, terms, quotes(latest))


def _names_anew(question: str, texts: Sequence[str]) -> bool:
    """Whether a question names what the conversation has not named."""
    told = "\n".join(texts).lower()
    return any(name.lower() not in told for name in names(question))


def is_open(question: str) -> bool:
    """Whether a question needs the conversation, by what it refers to or by how little it says."""
    return not PRONOUNS.isdisjoint(plain_words(question)) or len(content_words(question)) < 2


def quotes(turns: Sequence[Turn]) -> tuple[str, ...]:
    """The sentences that the replies give, each as it stands before its mark; short ones could stand anywhere."""
    found = (piece.strip() for turn in turns if turn.role == "assistant" for piece in _MARK.split(turn.text))
    return tuple(dict.fromkeys(piece for piece in found if len(piece) >= SHORTEST_QUOTE))


def without_marks(text: str) -> str:
    """A turn as one line, without citation marks."""
    return " ".join(_MARK.sub("", text).split())


def said(turn: Turn) -> str:
    """A turn as terms are looked for in it: a reply by its beginning."""
    text = without_marks(turn.text)
    return text if turn.role == "user" else text[:LONGEST_REPLY]


def terms_from(
    texts: Sequence[str], found: Sequence[Sequence[tuple[int, int, float]]], question: str, least: float = TERM_FROM
) -> tuple[str, ...]:
    """The terms that a reader found in turns: `found` has the pieces of each turn with their probabilities."""
    chosen = [_chosen(text, pieces, least) for text, pieces in zip(texts, found, strict=True)]
    return phrases(texts, chosen, question)


def _chosen(text: str, pieces: Sequence[tuple[int, int, float]], least: float) -> list[tuple[int, int]]:
    """The words of a turn that the question means, names whole: a word is meant when its surest piece is."""
    found = [
        (start, end)
        for start, end in words(text)
        if max((chance for first, last, chance in pieces if first < end and last > start), default=0.0) >= least
    ]
    return whole_names(text, found)


def with_terms(question: str, terms: Sequence[str]) -> str:
    """The question with the terms behind it in brackets; as it is without any."""
    asked = " ".join(question.split())
    return f"{asked} ({', '.join(terms)})" if terms else asked


def phrases(turns: Sequence[str], chosen: Sequence[Sequence[tuple[int, int]]], question: str) -> tuple[str, ...]:
    """The chosen words of each turn, neighbours joined, latest turn first; none that a fuller one or the question has.

    `chosen` holds, for each turn, the spans of its chosen words in order.
    """
    known = {stem(word) for word in content_words(question)}
    found: list[tuple[str, frozenset[str]]] = []
    for text, spans in zip(reversed(turns), reversed(chosen), strict=True):
        for phrase in _joined(text, spans):
            own = frozenset(stem(word) for word in content_words(phrase)) - known
            if own and not any(own <= held for _, held in found):
                found = [*((one, held) for one, held in found if not held <= own), (phrase, own)]
    return tuple(phrase for phrase, _ in found[:MOST_TERMS])


def whole_names(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with the rest of the name that each is part of: of "United States", "States" alone says little."""
    everything = words(text)
    chosen = set(spans)
    for run in _capital_runs(text, everything):
        if len(run) <= LONGEST_NAME and chosen & set(run):
            chosen |= set(run)
    return sorted(chosen)


def _capital_runs(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Runs of words with capitals, parted by single blanks; a word that opens a sentence belongs to none."""
    run: list[tuple[int, int]] = []
    for start, end in spans:
        opens = start == 0 or text[:start].rstrip()[-1:] in '.!?:“"‘('
        if run and not (text[start].isupper() and text[run[-1][1] : start] == " "):
            yield run
            run = []
        if text[start].isupper() and (run or not opens):
            run.append((start, end))
    if run:
        yield run


def words(text: str) -> list[tuple[int, int]]:
    """The spans of the words of a text."""
    return [match.span() for match in _WORD.finditer(text)]


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """Runs of chosen words with what stands between them, where that is a blank or a small link."""
    runs: list[list[tuple[int, int]]] = []
    for span in spans:
        if runs and len(runs[-1]) < LONGEST_PHRASE and _LINK.match(text[runs[-1][-1][1] : span[0]]):
            runs[-1].append(span)
        else:
            runs.append([span])
    return [" ".join(text[run[0][0] : run[-1][1]].split()) for run in runs]
