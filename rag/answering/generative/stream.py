"""What a chat model has written so far: taken in piece by piece, cut into claims, each grounded once it is complete.

Nothing is told before a first sentence is borne out: until then a failure leaves the offline answer, and an answer
without any support a refusal. From there on every sentence is told as soon as it is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from rapidfuzz import fuzz

from rag.answering.citations import marked, number
from rag.answering.generative.citation_marks import Claim, claims
from rag.answering.generative.model_stream import AttemptFailed, Failure
from rag.answering.reading.refusal import REFUSAL
from rag.answering.verification.verifier import Grounded, Grounding
from rag.schema import AnswerSentence, Event, SentenceDone, TextDelta, Writing

LONGEST = 12_000  # characters: twenty times what is asked for; a model that writes more has lost its way
MOST_SENTENCES = 24
MOST_REPEATS = 3  # the same sentence again: small models fall into loops
LEAST_LETTERS = 0.5  # share of letters and spaces below which an answer is no text
REFUSING = 70.0  # of 100: how like the refusal that the prompt asks for a sentence is that says the same


class Written:
    """One attempt of a model."""

    def __init__(self, grounding: Grounding, *, strict: bool) -> None:
        self._grounding = grounding
        self._strict = strict
        self._raw = ""
        self._began = perf_counter()
        self._seen: list[Claim] = []
        self._held: list[Grounded] = []  # checked, but not told yet
        self._told: list[AnswerSentence] = []
        self._known: set[str] = set()
        self._repeats = 0
        self.refused = False
        self.unsupported = 0
        self.unknown = self.links = self.moved = self.dropped = 0
        self.first_ms: float | None = None
        self.check_ms = 0.0

    @property
    def sentences(self) -> tuple[AnswerSentence, ...]:
        """The sentences told so far, citations numbered."""
        return tuple(self._told)

    @property
    def text(self) -> str:
        """The text told so far."""
        return " ".join(map(marked, self._told))

    def take(self, piece: str) -> Iterator[Event]:
        """Events for one more piece of text; '' is a sign of life."""
        if piece and self.first_ms is None:
            self.first_ms = 1000 * (perf_counter() - self._began)
        self._raw += piece
        if len(self._raw) > LONGEST:
            raise AttemptFailed(Failure(f"wrote more than {LONGEST:,} characters and was stopped", again=False))
        complete, under_way = claims(self._raw, ended=False)
        yield from self._check(complete)
        yield Writing(under_way)

    def end(self) -> Iterator[Event]:
        """Events for what is left when the model has ended; AttemptFailed when it wrote nothing that can be read."""
        complete, _ = claims(self._raw, ended=True)
        yield from self._check(complete)
        if not self._raw.strip():
            raise AttemptFailed(Failure("sent an empty answer"))
        if not self._told and not self.refused and (not self._seen or not readable(self._raw)):
            raise AttemptFailed(Failure("sent nothing that can be read"))
        if not self._told:
            self.dropped += len(self._held)  # nothing is borne out: a refusal, whatever the setting

    def _check(self, complete: list[Claim]) -> Iterator[Event]:
        """Ground the sentences that are new, and tell them."""
        for claim in complete[len(self._seen) :]:
            self._seen.append(claim)
            if self._is_repeat(claim):
                continue
            if fuzz.ratio(claim.text, REFUSAL) >= REFUSING:
                self.refused = True
                continue
            if len(self._told) + len(self._held) >= MOST_SENTENCES:
                raise AttemptFailed(Failure(f"wrote more than {MOST_SENTENCES} sentences and was stopped", again=False))
            yield Writing(claim.text)
            began = perf_counter()
            grounded = self._grounding.ground(claim.text, claim.numbers)
            self.check_ms += 1000 * (perf_counter() - began)
            self._count(claim, grounded)
            yield from self._tell(grounded)

    def _is_repeat(self, claim: Claim) -> bool:
        if claim.text not in self._known:
            self._known.add(claim.text)
            return False
        self._repeats += 1
        if self._repeats > MOST_REPEATS:
            raise AttemptFailed(Failure("repeated itself and was stopped", again=False))
        return True

    def _count(self, claim: Claim, grounded: Grounded) -> None:
        self.links += claim.links
        self.unknown += grounded.unknown
        self.moved += grounded.moved

    def _tell(self, grounded: Grounded) -> Iterator[Event]:
        """Tell the sentence, after those held back; hold it back while nothing is borne out yet."""
        if self._strict and not grounded.sentence.verified:
            self.dropped += 1
            return
        self._held.append(grounded)
        if not self._told and not grounded.sentence.verified:
            return
        for one in self._held:
            self._told = list(number([*self._told, one.sentence]))
            yield TextDelta(f"{' ' if len(self._told) > 1 else ''}{marked(self._told[-1])}")
            yield SentenceDone(self._told[-1])
        self._held.clear()


def readable(text: str) -> bool:
    """Whether a text consists of words rather than of symbols and bytes that could not be read."""
    plain = text.strip()
    letters = sum(character.isalpha() or character.isspace() for character in plain)
    return letters >= LEAST_LETTERS * len(plain) and plain.count("\ufffd") <= 0.02 * len(plain)
