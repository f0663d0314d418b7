"""Questions out of one sentence: a figure, a name or a speaker is asked for, and the sentence tells the answer.

Word for word as far as it goes ("Ada Holm led the work, which took how many weeks?"), so these are easier to find than
what people ask. Rules only; a sentence that fits no rule gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag.text.names import is_known, names_in
from rag.text.quotations import quotations
from rag.text.words import STOP_WORDS

NAME, NUMBER, SPEAKER = "name", "number", "speaker"


@dataclass(frozen=True, slots=True)
class Cloze:
    """A question with the words of the sentence that answer it."""

    kind: str
    question: str
    answer: str


# Figures: what stands in the sentence, and what is asked in its place. The first group is the answer.
_AMOUNT = r"\d[\d,.]*\d|\d"
_SCALE = r"(?:\s(?:thousand|million|billion|trillion))?"
_FIGURES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"(?<![\w$€£.,])((?:{_AMOUNT})\s?(?:%|per\s?cent))(?!\w)"), "what percentage"),
    (re.compile(rf"(?<!\w)([$€£](?:{_AMOUNT}){_SCALE})(?!\w)"), "how much"),
    (re.compile(rf"(?<![\w$€£.,])((?:{_AMOUNT}){_SCALE})(?=\s(?!years\b)[a-z]{{3,}}s\b)"), "how many"),
    (re.compile(r"(?<=\bin )((?:1[89]|20)\d\d)(?!\w)"), "what year"),
)
_BORDER = re.compile(
    r"[;:](?=\s)|[—–]|,\s(?=(?:and|but|while|which|who|where|when|as|after|before|although)\b)|\s[-—–]\s"
)
_LONGEST = 15  # words: the reader and the search see such questions whole
_BEFORE, _AFTER = 16, 8  # words around a figure: a longer beginning is not asked, a longer end is cut
_RANGE = re.compile(r"\d\s?(?:to|and|or|-|–)\s?$|[-–]\s?$")  # "12 to 36 hours" has two answers
_FEWEST = 5  # words: shorter ones are about anything

_LEANS = re.compile(r"(?:He|She|They|It|His|Her|Their|Its|This|These|That|Those|We|I|You|There|But|And|So)\b")
_VERB = re.compile(
    r"\s+(?:(?:has|have|had|will|would|also)\s+)?(?:\w{2,}ed|is|was|are|were|became|began|won|lost|led|took|made|gave|"
    r"held|sold|built|found|met|left|put|set|rose|fell|wrote|won|ran|beat|paid|brought|bought|plans|runs|wants)\b"
)
_BODY = re.compile(
    r"\b(?:University|Party|Bank|Group|Court|Ministry|Department|Office|Council|Agency|Association|Union|Company|Inc|"
    r"Corp|Club|City|United|Institute|Commission|Committee|Police|House|Times|Post|News|Church|School|College|States|"
    r"Kingdom|Nations|League|Cup|Games|Center|Centre|Museum|Park|River|Island|Street|Organi[sz]ation|Foundation|Board|Conference|Association|Army|Navy|North|South|East|West|Association|Bowl|Act|Day)\b"
)
# Words that begin a sentence before a name, and so look like a first name: "Although Viagra".
_OPENERS = STOP_WORDS | set(
    "although though whenever whereas like despite since unlike meanwhile yet even former".split()
)
_ROLE = re.compile(
    r"\b(?:President|Minister|Secretary|Judge|Justice|Senator|Chancellor|King|Queen|Prince|Princess|Attorney|General|"
    r"Governor|Mayor|Spokesman|Spokeswoman|Spokesperson|Director|Professor|Pope|Ambassador|Captain|Coach|Sen|Rep|Gov)\b"
)
_WORD = r"[A-ZÀ-Þ][^\W\d_’'-]*(?:[’'-][^\W\d_’'-]+)*"
_PERSON = re.compile(rf"{_WORD}(?:\s(?:[A-Z]\.|de|van|von|al|bin|da|di|el))?(?:\s{_WORD}){{1,2}}")
_SAYS = re.compile(r"\b(?:said|says|told|added|wrote|argued|warned|explained|insisted|declared|replied)\b")
_QUOTED = (5, 60)  # words: fewer may be anybody's, more is no single quotation
_ASKED_OF_QUOTE = 11  # words of it that the question repeats


def clozes(sentence: str) -> Iterator[Cloze]:
    """The questions that a sentence gives, figures first."""
    if _LEANS.match(sentence) or "\n" in sentence:
        return
    makers: tuple[Callable[[str], Cloze | None], ...] = (_figure, _name, _speaker)
    for make in makers:
        made = make(sentence)
        if made is not None:
            yield made


def is_person(name: str) -> bool:
    """Whether a name has the shape of a person's: two or three words, none of them that of a body."""
    if is_known(name) or _BODY.search(name) or name.isupper() or name.split()[0].lower() in _OPENERS:
        return False
    return bool(_PERSON.fullmatch(name))


def _figure(sentence: str) -> Cloze | None:
    if quotations(sentence):
        return None
    for pattern, asked in _FIGURES:
        found = list(pattern.finditer(sentence))
        if len(found) != 1 or sentence.count(found[0].group(1)) > 1:
            continue
        place = found[0]
        before = sentence[: place.start(1)]
        if len(before.split()) <= _BEFORE and not _RANGE.search(before):
            question = f"{before}{asked}{_head(sentence[place.end(1) :], _AFTER)}"
            question = question[0].upper() + question[1:]
            if _fits(question) and names_in(question):
                return Cloze(NUMBER, _asked(question), place.group(1))
    return None


def _name(sentence: str) -> Cloze | None:
    """The name that a sentence begins with: 'Ada Holm led the work' asks who led the work."""
    names = names_in(sentence)
    if not names or not sentence.startswith(names[0]) or quotations(sentence):
        return None
    name, rest = names[0], sentence[len(names[0]) :]
    if " " not in name or " and " in name or name in rest or not _VERB.match(rest):
        return None
    human = bool(_ROLE.search(name))
    if not human and is_person(name.split(" of ")[0]):  # "Sifan Hassan of the Netherlands"
        human, name = True, name.split(" of ")[0]
    question = ("Who" if human else "What") + _head(rest, _LONGEST)
    return Cloze(NAME, _asked(question), name) if _fits(question) else None


def _speaker(sentence: str) -> Cloze | None:
    """Who said it, when one person is named beside one quotation."""
    quotes = quotations(sentence)
    if len(quotes) != 1:
        return None
    start, end = quotes[0]
    words = sentence[start + 1 : end - 1].split()
    outside = f"{sentence[:start]} {sentence[end:]}"
    names = [name for name in names_in(outside) if not is_known(name)]
    if not _QUOTED[0] <= len(words) <= _QUOTED[1] or not _SAYS.search(outside) or len(names) != 1:
        return None
    if not is_person(names[0]) or _ROLE.search(names[0]):
        return None
    said = " ".join(words[:_ASKED_OF_QUOTE]).rstrip(",.;:!?…")
    return Cloze(SPEAKER, f"Who said “{said}”?", names[0])


def _head(text: str, most: int) -> str:
    """The beginning of a text up to a border that leaves enough words, without function words at its end."""
    for border in _BORDER.finditer(text):
        if len(text[: border.start()].split()) >= _FEWEST:
            text = text[: border.start()]
            break
    words = text.split()[:most]
    while words and words[-1].lower().strip(",") in STOP_WORDS:
        words.pop()
    return "".join(f" {word}" for word in words)


def _fits(question: str) -> bool:
    return _FEWEST < len(question.split()) <= _BEFORE + _AFTER + 2


def _asked(question: str) -> str:
    return question.strip().rstrip(",.;:!?… ") + "?"
