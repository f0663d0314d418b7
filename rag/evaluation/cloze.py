"""Questions out of one sentence: a figure, a name or a speaker is asked for, and the sentence tells the answer.

Word for word ("Ada Holm led the work, which took how many weeks?"), so these are easier to find than what people ask.
A sentence that is long, or leans on another one, gives nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag.text.aliases import is_known
from rag.text.names import names_in
from rag.text.numbers import figures
from rag.text.quotations import quotations
from rag.text.words import PRONOUNS, STOP_WORDS

NAME, NUMBER, SPEAKER = "name", "number", "speaker"
_FEWEST, _LONGEST = 6, 26  # words of a sentence: shorter ones are about anything, longer ones ask for too much
_QUOTED = (5, 60)  # words: fewer may be anybody's, more is no single quotation
_ASKED_OF_QUOTE = 11  # words of it that the question repeats


@dataclass(frozen=True, slots=True)
class Cloze:
    """A question with the words of the sentence that answer it."""

    kind: str
    question: str
    answer: str


def clozes(sentence: str) -> Iterator[Cloze]:
    """The questions that a sentence gives, figures first."""
    words = sentence.split()
    if "\n" in sentence or not words or words[0].lower() in PRONOUNS:
        return
    makers: tuple[Callable[[str], Cloze | None], ...] = (_figure, _name)
    if quotations(sentence):
        makers = (_speaker,)
    elif not _FEWEST <= len(words) <= _LONGEST:
        return
    for make in makers:
        made = make(sentence)
        if made is not None:
            yield made


def full_names(text: str) -> list[str]:
    """The names of a text that have several words and are no country or known body: mostly persons and firms."""
    return [name for name in names_in(text) if " " in name and not is_known(name)]


def _figure(sentence: str) -> Cloze | None:
    """The one figure of a sentence."""
    found = figures(sentence)
    if len(found) != 1 or sentence.count(found[0].written) != 1 or not found[0].written[0].isdigit():
        return None
    written = found[0].written
    before, _, after = sentence.partition(written)
    asked = _asked_for(written, before, after)
    question = f"{before}{asked}{after.removeprefix('%')}" if asked else ""
    return Cloze(NUMBER, _as_question(question), written) if question and names_in(question) else None


def _asked_for(written: str, before: str, after: str) -> str:
    """What is asked in the place of a figure; "" where it is part of a word or of a longer expression."""
    if before[-1:].strip() or not before:
        return ""
    if written.isdigit() and 1000 <= int(written) < 2100 and before.endswith(" in "):
        return "what year"
    if after.startswith("%"):
        return "what percentage"
    return "how many" if after[:1] == " " and after[1:2].islower() else ""


def _name(sentence: str) -> Cloze | None:
    """The name that a sentence begins with: 'Ada Holm led the work' asks who led the work."""
    name = next(iter(full_names(sentence)), "")
    rest = sentence[len(name) :]
    follows = next(iter(rest.split()), "")
    if not name or not sentence.startswith(name) or name in rest:
        return None
    if not rest.startswith(" ") or not follows.islower() or follows in STOP_WORDS:
        return None
    return Cloze(NAME, _as_question(f"Who{rest}"), name)


def _speaker(sentence: str) -> Cloze | None:
    """Who said it, when one name of several words stands beside one quotation."""
    quotes = quotations(sentence)
    if len(quotes) != 1:
        return None
    start, end = quotes[0]
    words = sentence[start + 1 : end - 1].split()
    names = full_names(f"{sentence[:start]} {sentence[end:]}")
    if not _QUOTED[0] <= len(words) <= _QUOTED[1] or len(names) != 1:
        return None
    said = " ".join(words[:_ASKED_OF_QUOTE]).rstrip(",.;:!?…")
    return Cloze(SPEAKER, f"Who said “{said}”?", names[0])


def _as_question(text: str) -> str:
    return text[0].upper() + text[1:].strip().rstrip(",.;:!?… ") + "?"
