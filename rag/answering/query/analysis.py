"""A question taken apart, once: what is read, its parts, what must stand in the evidence, what must not.

Only what can be seen in the characters of the question: quotation marks, capitals, figures, a minus sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.models.intents import load_intents
from rag.text.dates import MONTHS, WEEKDAYS
from rag.text.numbers import Figure, figures, one_of
from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS, content_words

LONGEST = 600  # characters that the reader looks at; the search itself takes the whole question
MOST_PARTS = 4
MOST_NAMES = 3  # words of a question that may all be names; more capitals without a word between are a headline
_MOSTLY = 0.6  # share of small words with a capital from which capitals say nothing about names

_WH = r"(?:what|who|whom|whose|when|where|why|how|which|in (?:what|which))"
_JOINT = re.compile(rf"\s*(?:,\s*(?:and\s+)?|;\s*|\s+and\s+(?:also\s+)?|\?\s+(?:and\s+)?)(?={_WH}\s+\S+)", re.I)
_OPENS = re.compile(rf"(?:\W|and |so |but )*{_WH}\b", re.I)
_PHRASE = re.compile(r"[\"“”«»„]([^\"“”«»„]{3,200})[\"“”«»„]")
# "-Syria"; "not Blinken" behind a mark, or at the end in small letters.
_LEFT_OUT = re.compile(
    r"(?:^|\s)[-–−]([^\W\d_][\w’'-]+)|"
    r"(?:[,;.?!(–—]\s*|\b(?:and|but)\s+)(?:(?:but|and)\s+)?not\s+(?:(?:by|from|of|in)\s+)?(?:the\s+)?"
    r"([A-ZÀ-Þ][\w’'-]+)\s*\)?(?=\s*(?:[?.,;)]|$))|"
    r"[,;?!(]\s*(?:but\s+)?not\s+([^\W\d_][\w’'-]+)[\s).?!]*$"
)
# What a polite question puts before what it asks: "could you tell me, when you have time, who ...".
_POLITE = re.compile(
    r"^.{0,200}?\b(?:tell me|let me know|explain to me|"
    r"i(?:['’]m|['’]d| am| was| would)?\b[^?.]{0,40}?\b(?:wonder(?:ing)?|to know|to ask(?: you)?|to find out)|"
    r"(?:can|could|would|will) you\b[^?.]{0,40}?\b(?:explain|say|find out))\b"
    rf"[^?]{{0,80}}?(?:,\s*|\s)(?P<asks>(?!when you\b|where you\b){_WH}\s+\S+\s.*?)"
    r"(?:[,.;!?\s]*\b(?:many thanks|thank you|thanks|please)\b[^?]*)?$",
    re.IGNORECASE | re.DOTALL,
)
_STAYS = STOP_WORDS | {"yet", "sure"}  # "not yet" leaves nothing out
_FEWEST_POLITE = 12  # words: a shorter question needs no cutting
_DECIMAL_COMMA = re.compile(r"(?<![\d,.])(\d+),(\d{1,2})(?![\d,])")  # "9,1 %" as much of Europe writes it
_SCALES = {1e12: "trillion", 1e9: "billion", 1e6: "million"}
_TELLING = 100  # from which a plain number says which one is meant
_TOKEN = re.compile(r"[^\W_]+(?:[-’'.][^\W_]+)*")
_CALENDAR = frozenset(name.lower() for name in (*MONTHS, *WEEKDAYS))


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    >>> analyse("Who said “rien du tout”, and when?").phrases
    ('rien du tout',)
    """

    text: str  # as it is read
    parts: tuple[str, ...]  # the questions inside it; one where it asks one thing
    phrases: tuple[str, ...]  # in quotation marks: must stand in the evidence
    left_out: tuple[str, ...]  # words that the evidence may not hold
    names: tuple[str, ...]  # words written as names
    figures: tuple[Figure, ...] = ()  # that must stand in what is shown

    @property
    def wanted(self) -> str:
        """The question without what is to be left out: what is read."""
        return " ".join(_LEFT_OUT.sub(" ", self.text).split()) if self.left_out else self.text

    @property
    def searched(self) -> str:
        """What is searched for: the same, with its figures as the articles may write them too."""
        return " ".join([self.wanted or self.text, *(one for one in self._spellings if one not in self.text)])

    @property
    def _spellings(self) -> Iterator[str]:
        for value in (value for figure in self.figures for value in figure.values):
            scale = next((one for one in _SCALES if value >= one), 1.0)
            yield f"{value / scale:.10g} {_SCALES[scale]}" if scale > 1 else f"{value:,.10g}"


def analyse(text: str) -> Question:
    """The question taken apart."""
    asked = _DECIMAL_COMMA.sub(r"\1.\2", core(text))
    left_out = tuple(
        word for found in _LEFT_OUT.findall(asked) for word in found if word and word.lower() not in _STAYS
    )
    phrases = tuple(" ".join(phrase.split()) for phrase in _PHRASE.findall(asked))
    named = tuple(one for one in names(asked) if one not in left_out)
    return Question(asked, parts(asked), phrases, left_out, named, named_figures(asked))


def core(text: str) -> str:
    """The question inside a long text: its last sentence that asks, else its beginning; a short text as it is.

    What a polite question puts before and behind what it asks is left out.
    """
    if len(text) <= LONGEST:
        return _plainly(text)
    asking = [text[start:end] for start, end in split_sentences(text) if text[start:end].endswith("?")]
    return asking[-1][-LONGEST:] if asking else text[:LONGEST]


def _plainly(text: str) -> str:
    """A polite question as the question alone."""
    polite = _POLITE.match(text) if len(text.split()) >= _FEWEST_POLITE else None
    return polite["asks"].strip(" ,.;") if polite else text


def named_figures(text: str) -> tuple[Figure, ...]:
    """The figures by which a question says what it is about: "53,537", "9.1%", "$44bn"; no year, no small number.

    None of a question that asks whether, or compares: what is shown may then give another figure.
    """
    return () if asks_yes_no(text) else tuple(one for one in figures(one_of(text)) if _is_telling(one))


def _is_telling(figure: Figure) -> bool:
    large = figure.value >= _TELLING or any(mark in figure.written for mark in ".,")
    is_year = figure.written.isdigit() and 1000 <= figure.value < 2100
    return large and not is_year and not figure.about


def parts(text: str) -> tuple[str, ...]:
    """The questions inside a question; the whole where it asks one thing."""
    pieces = [piece.strip(" ,;?") for piece in _JOINT.split(text)]
    pieces = [piece for piece in pieces if piece]
    asking = all(_OPENS.match(piece) and len(piece.split()) > 1 for piece in pieces)
    if not 1 < len(pieces) <= MOST_PARTS or not asking:
        return (text.strip(),)
    return tuple(f"{piece}?" for piece in pieces)


def asks_several(text: str) -> bool:
    """Whether a question asks for more than one thing."""
    return len(parts(text)) > 1


def names(text: str) -> tuple[str, ...]:
    """The words that are written as names: with a capital inside the question, or in capitals; no day, no month.

    No word of command that opens the question, either ("Summarise Parasite").
    In a question written as a headline, or without any capital, they cannot be told.
    """
    tokens = list(_TOKEN.finditer(text))
    capital = [one.group()[0].isupper() for one in tokens]
    if _is_headline([one.group() for one in tokens]):
        return ()
    found = []
    for number, one in enumerate(tokens):
        word = one.group().removesuffix("'s").removesuffix("’s")
        opens = number == 0 or text[: one.start()].rstrip().endswith((".", "?", "!", ":", "“", '"'))
        named = number + 1 < len(tokens) and capital[number + 1] and word.lower() not in STOP_WORDS
        led = opens and (not named or load_intents().opens(word))
        if capital[number] and not led and len(word) > 1 and word.lower() not in _CALENDAR and content_words(word):
            found.append(word)
    return tuple(dict.fromkeys(found))


def _is_headline(tokens: Sequence[str]) -> bool:
    """Whether capitals tell no names: even small words have them, or every other word behind the first does."""
    small = [word[0].isupper() for word in tokens[1:] if word.lower() in STOP_WORDS]
    others = [word[0].isupper() for word in tokens[1:] if word.lower() not in STOP_WORDS]
    return sum(small) > _MOSTLY * max(1, len(small)) or (len(others) > MOST_NAMES and all(others))


_YES_NO = re.compile(
    r"(?:\W|and |but |so )*(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|should|might|may)\b", re.I
)


def asks_yes_no(text: str) -> bool:
    """Whether yes or no could answer the question: it opens with an auxiliary verb."""
    return bool(_YES_NO.match(text)) and " or " not in text
