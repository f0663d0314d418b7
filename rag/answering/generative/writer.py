"""Answers written by a chat model: prompted, streamed, each sentence checked; the offline answer when it fails.

In: a question, its candidates and readings, and the offline answer, which costs little and is there for every case.
Out: events while the model writes, and the Answer. What has been told is never taken back.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter, sleep

from rag.answering.citations import cited, stands, told
from rag.answering.extractive.answer import closest
from rag.answering.generative.chat_models import ChatModel, Model
from rag.answering.generative.model_stream import HEARTBEAT_S, AttemptFailed, Failure, traced_words
from rag.answering.generative.prompt import MOST_PASSAGES, Prompt, prompt_for
from rag.answering.generative.stream import Written
from rag.answering.query.rewrite import Usage
from rag.answering.reading.refusal import REFUSAL
from rag.answering.reading.windows import TextOf
from rag.answering.verification.verifier import Grounding, Judge
from rag.config import Settings
from rag.errors import RagError
from rag.schema import Answer, AnswerSentence, Candidate, Event, Writing

ATTEMPTS = 3  # a busy server mostly answers the second time; the user does not wait for a fourth
PAUSE_S = 0.5  # before the second attempt, twice as long before the third
# Below this confidence of the offline reader nothing that was found has to do with the question: a model would be
# tempted to say something true and beside the point, and a paid one would cost money.
HOPELESS = 0.03


# What is counted while a model writes, and what an answer says of it: of one, of several.
_COUNTED = {
    "unknown": (
        "citation of a passage that does not exist was removed",
        "citations of passages that do not exist were removed",
    ),
    "links": ("link was removed", "links were removed"),
    "moved": (
        "sentence was given the passage that bears it out",
        "sentences were given the passages that bear them out",
    ),
    "dropped": (
        "sentence that the articles do not support was left out",
        "sentences that the articles do not support were left out",
    ),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a question before a model is asked to answer it."""

    question: str
    passages: Sequence[Candidate]  # best first
    offline: Answer
    spent: Usage = field(default_factory=Usage)  # what the model was used for so far


class Writer:
    """Writes one answer with a chat model.

    >>> for event in Writer(model, settings, reader, text_of).events(found):  # doctest: +SKIP
    ...     print(event)
    """

    def __init__(self, model: Model, settings: Settings, reader: object, text_of: TextOf) -> None:
        self._model = model
        self._settings = settings
        self._text_of = text_of
        self._judge = Judge(reader, text_of)

    def events(self, found: Found) -> Generator[Event, None, Answer]:
        """Events of the answer's text; gives the Answer back."""
        passages = self._current(found.passages)
        try:
            model = self._model.chosen()
        except RagError as error:
            return (yield from _offline(found, f"{error} This is the offline answer."))
        if not passages or found.offline.confidence < HOPELESS:
            why = f"{model.name} was not asked for an answer: no passage comes near the question."
            return (yield from _offline(found, why, *_used(model.name, found.spent)))
        return (yield from self._attempts(model, found, passages))

    def _current(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates whose articles have not changed meanwhile."""
        return [one for one in candidates if stands(one.passage, self._text_of(one.passage.article_id))]

    def _attempts(
        self, model: ChatModel, found: Found, passages: Sequence[Candidate]
    ) -> Generator[Event, None, Answer]:
        """The model's answer, or after a bounded number of failures the offline one."""
        most, failure, spent = MOST_PASSAGES, Failure("did not answer"), Usage()
        spent.add(found.spent)
        for attempt in range(ATTEMPTS):
            prompt = prompt_for(
                found.question, passages, window=model.window, characters_a_token=model.gauge.characters, most=most
            )
            written = Written(Grounding(self._judge, prompt.passages, self._text_of), strict=self._settings.strict)
            began = perf_counter()
            try:
                yield from self._write(model, prompt, written, spent)
            except AttemptFailed as failed:
                failure = failed.failure
            else:
                answer = self._answer(model, found, prompt, written, spent, began)
                if not written.sentences:
                    yield from told(answer)
                return answer
            if written.sentences:  # what is told stays, with a word on why it ends
                return self._answer(model, found, prompt, written, spent, began, broken=failure)
            if failure.shorter and len(prompt.passages) > 1:
                most = len(prompt.passages) // 2
            elif not failure.again or not failure.worth_waiting:
                break
            elif attempt + 1 < ATTEMPTS:
                yield from _pause(max(failure.pause_s, PAUSE_S * 2**attempt))
        why = f"{model.name} {failure.reason}; this is the offline answer."
        return (yield from _offline(found, why, *_used(model.name, spent)))

    def _write(self, model: ChatModel, prompt: Prompt, written: Written, spent: Usage) -> Generator[Event, None, None]:
        """One attempt: the events of what the model writes, checked sentence by sentence."""
        usage = Usage()
        pieces = traced_words(model, self._model, prompt.messages, usage)
        try:
            for piece in pieces:
                yield from written.take(piece)
            yield from written.end()
        finally:
            pieces.close()
            spent.add(usage)
        if usage.read:
            model.gauge.learn(sum(len(str(message.content)) for message in prompt.messages), usage.read)

    def _answer(
        self,
        model: ChatModel,
        found: Found,
        prompt: Prompt,
        written: Written,
        spent: Usage,
        began: float,
        broken: Failure | None = None,
    ) -> Answer:
        """The Answer made of what was written; a refusal when nothing of it is borne out."""
        sentences = written.sentences
        took = 1000 * (perf_counter() - began)
        timings = {"first token": written.first_ms, "write": took - written.check_ms, "verify": written.check_ms}
        total = found.offline.timings.get("total", 0.0) + took
        text = written.text or REFUSAL
        return replace(
            found.offline,
            text=text,
            answered=bool(sentences),
            sentences=sentences,
            citations=cited(sentences),
            closest=() if sentences else closest(found.offline.candidates, self._text_of),
            short=_short(found.offline.short, sentences),
            confidence=round(max((one.support for one in sentences if one.verified), default=0.0), 4),
            differences=(),
            speakers=(),
            model=model.name,
            notes=(*found.offline.notes, *_notes(model.name, prompt, written, broken), *_used(model.name, spent)),
            timings={
                **found.offline.timings,
                **{step: round(ms, 2) for step, ms in timings.items() if ms is not None},
                "total": round(total, 2),
            },
        )


def _short(offline: str | None, sentences: Sequence[AnswerSentence]) -> str | None:
    """The short answer of the offline reader, where a sentence that could be verified says it too."""
    said = offline is not None and any(one.verified and offline in one.text for one in sentences)
    return offline if said else None


def _offline(found: Found, *notes: str) -> Generator[Event, None, Answer]:
    """The offline answer, told, with one line on why it is that."""
    answer = replace(found.offline, notes=(*found.offline.notes, *notes))
    yield from told(answer)
    return answer


def _pause(seconds: float) -> Generator[Event, None, None]:
    """Wait, with a sign of life for whoever may want to stop."""
    until = perf_counter() + seconds
    while (left := until - perf_counter()) > 0:
        yield Writing("")
        sleep(min(left, HEARTBEAT_S))


def _used(name: str, spent: Usage) -> list[str]:
    """One line on what a model was used for an answer, where its provider counts it."""
    if not (spent.read or spent.written):
        return []
    cost = f", which cost {spent.cost:.2g} by its provider's count" if spent.cost else ""
    return [f"{name} read {spent.read:,} tokens and wrote {spent.written:,}{cost}."]


def _notes(name: str, prompt: Prompt, written: Written, broken: Failure | None) -> list[str]:
    """One line each: what the model did wrong, and what was left out."""
    notes = []
    if broken:
        notes.append(f"{name} {broken.reason}; the answer may be incomplete.")
    if prompt.left_out:
        notes.append(
            f"{name} saw {len(prompt.passages)} of {len(prompt.passages) + prompt.left_out} passages: "
            "its context window holds no more."
        )
    notes += [f"{count} {_COUNTED[what][count > 1]}." for what in _COUNTED if (count := getattr(written, what)) > 0]
    doubtful = sum(not sentence.verified for sentence in written.sentences)
    if doubtful:
        notes.append(f"{doubtful} of {len(written.sentences)} sentences could not be verified in the articles.")
    return notes
