"""Whether a chat model answers at all: one tiny request, asked for by the user, with a sentence on what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from rag.answering.generative.chat_models import choose_model
from rag.answering.generative.model_errors import AttemptFailed
from rag.answering.generative.model_stream import words
from rag.answering.usage import Usage
from rag.config import Settings
from rag.errors import RagError

PROBE = "Answer with one word: ready."


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of the request."""

    works: bool
    message: str


def probe(settings: Settings) -> Probe:
    """Ask the model that `settings` name for one word."""
    try:
        chosen = choose_model(None, settings)
        if chosen is None:
            return Probe(False, "No chat model is set: answers are offline.")
        model = chosen()
    except RagError as error:
        return Probe(False, str(error))
    from langchain_core.messages import HumanMessage

    began = perf_counter()
    pieces = words(model.model, [HumanMessage(PROBE)], timeout_s=settings.llm_timeout_s, usage=Usage())
    try:
        said = next((piece for piece in pieces if piece.strip()), "")
    except AttemptFailed as failed:
        return Probe(False, f"{model.name} {failed.failure.reason}.")
    finally:
        pieces.close()
    if not said:
        return Probe(False, f"{model.name} sent an empty answer.")
    return Probe(True, f"{model.name} answers; its first word took {perf_counter() - began:.1f} s.")
