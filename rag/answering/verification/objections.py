"""What a passage has against a statement: it denies it, or other names or figures stand there.

Rules only, each a pure function of texts. `verifier.py` weighs them. A swapped name mostly stands somewhere else in the
passage, so that looking it up finds it: laying the statement beside the sentences it comes from shows the swap.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from rag.answering.verification.evidence import Evidence, best_run, pairs_held, widened
from rag.answering.verification.facts import Source, holds_name, source
from rag.schema import Candidate
from rag.text.moments import moments
from rag.text.names import STYLES
from rag.text.numbers import Figure, figures, rejoined
from rag.text.words import STOP_WORDS, stem, stems

NEGATED_REACH = 60  # characters behind a negative word in which the three words stand that it denies
LONG_ENOUGH = 300  # characters: a shorter text may have no capital inside a sentence because it names nobody
SAME_WORDS = 0.4  # pairs of words held from which a statement is a sentence with changes, not one worded anew

_CAPITAL = re.compile(r"[a-z,] [A-ZÀ-Þ]")
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|refus\w+|den(?:y|ied|ies)|fail(?:s|ed)?|rejects?|"
    r"rejected|unable|lacks?|hardly)\b|n['’]t\b",
    re.I,
)

_SENTENCE_END = re.compile(r"[.!?][\"”’')\]]*\s")
LONGEST_SWAP = 5  # words: longer stretches that differ are worded anew, not swapped
_TOKEN = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")


def contradicting(statement: str, evidence: Evidence, *, alone: bool) -> tuple[str, ...]:
    """What the statement has in the place of other names, figures or dates of the passages that it comes from.

    `alone`: the statement rests on one passage alone, so figures that it has beside others of the run are strange too.
    """
    found: list[str] = []
    for one in evidence.candidates:
        text = one.passage.text
        told = text[slice(*best_run(statement, text, 1))]
        if pairs_held(statement, told) >= SAME_WORDS:
            found += _strange(swapped(statement, told, names=has_capitals(text)), text)
    if alone:
        found += _strange(displaced(statement, widened(evidence.closest)), evidence.closest.candidate.passage.text)
    return tuple(dict.fromkeys(found))


def _strange(written: Sequence[str], text: str) -> list[str]:
    """What of this is no figure of the text."""
    held = rejoined(text)
    return [one for one in written if not _among(one, held)]


def has_capitals(text: str) -> bool:
    """Whether words inside sentences have capitals; in a text without, nobody can be told by name."""
    return _CAPITAL.search(text) is not None


def is_caseless(text: str) -> bool:
    """Whether a text is written without capitals, as transcripts and some converted pages are."""
    return len(text) >= LONG_ENOUGH and not has_capitals(text)


def denied(text: str, of: str) -> bool:
    """Whether a text denies what it shares with another: an odd number of negative words before words of the other.

    A negative word reaches to the end of its sentence; the last word of a text denies all of it.
    """
    shared = frozenset(stems(of))
    found = 0
    for match in _NEGATIVE.finditer(text):
        rest = text[match.end() : match.end() + NEGATED_REACH]
        after = stems(_SENTENCE_END.split(rest, maxsplit=1)[0])[:3]
        found += bool(shared & frozenset(after)) or not stems(rest)
    return found % 2 == 1


def source_of(candidate: Candidate) -> Source:
    """A passage with its title, outlet and date, taken apart."""
    text = f"{candidate.title}\n{candidate.publisher or ''}\n{candidate.passage.text}"
    return source(text, candidate.published)


def _among(written: str, held: Sequence[Figure]) -> bool:
    return bool(held) and any(one.agrees(other) for one in figures(written) for other in held)


def swapped(statement: str, run: str, *, names: bool = True) -> tuple[str, ...]:
    """Names (where they can be told by their capitals) and figures that stand where the source has others."""
    mine, theirs = _tokens(statement), _tokens(run)
    matcher = SequenceMatcher(None, [key for key, _ in mine], [key for key, _ in theirs], autojunk=False)
    found: list[str] = []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "replace" and max(end - start, other_end - other_start) <= LONGEST_SWAP:
            ours = " ".join(word for _, word in mine[start:end])
            held = " ".join(word for _, word in theirs[other_start:other_end])
            found += _differing(ours, held, names=names)
    return tuple(found)


def displaced(statement: str, run: str) -> tuple[str, ...]:
    """Figures and dates of the statement that the run lacks while it has others that the statement lacks."""
    (mine, my_rest), (theirs, their_rest) = moments(statement), moments(run)
    numbers, held = figures(my_rest), figures(their_rest)
    strange = [one.written for one in numbers if not any(one.agrees(other) for other in held)]
    if not strange or all(any(one.agrees(other) for one in numbers) for other in held):
        strange = []
    days = [one.written for one in mine if not any(one.agrees(other) for other in theirs)]
    if not days or all(any(one.agrees(other) for one in mine) for other in theirs):
        days = []
    return (*strange, *days)


def _differing(ours: str, held: str, *, names: bool) -> list[str]:
    """What of our stretch is a name or figure that the other stretch has another of."""
    found: list[str] = []
    numbers, others = figures(ours), figures(held)
    if others:
        found += [one.written for one in numbers if not any(one.agrees(other) for other in others)]
    mine, theirs = (_names(ours), _names(held)) if names else ([], [])
    if theirs and mine:
        known = source(held)
        found += [name for name in mine if not holds_name(name, known)]
        found = [] if any(holds_name(name, source(ours)) for name in theirs) and not numbers else found
    return found


def _names(text: str) -> list[str]:
    """Words with a capital that are not plain openings or titles."""
    return [
        word.removesuffix("'s").removesuffix("’s")
        for word in _TOKEN.findall(text)
        if word[0].isupper() and word.lower() not in STOP_WORDS and word.lower() not in STYLES
    ]


def _tokens(text: str) -> tuple[tuple[str, str], ...]:
    """The words of a text, each with the form by which it is compared."""
    return tuple((stem(word.lower().removesuffix("'s").removesuffix("’s")), word) for word in _TOKEN.findall(text))
