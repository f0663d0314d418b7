"""Ask questions over a collection of articles; every sentence of an answer cites the exact passage it rests on.

Public names, grouped by step. Each is loaded when it is first used, so `import rag` takes a blink and starts nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.answering.options import AskOptions
    from rag.assistant import Assistant
    from rag.config import Settings, load_settings
    from rag.errors import (
        ChatModelError,
        ConfigError,
        EmbedderMismatch,
        LibraryError,
        LibraryLocked,
        ModelError,
        QuestionError,
        RagError,
        SourceError,
    )
    from rag.library import Library
    from rag.models.reader import Reader
    from rag.schema import (
        AddReport,
        Answer,
        AnswerSentence,
        Article,
        Candidate,
        Citation,
        Claim,
        Done,
        Event,
        Failure,
        Filters,
        Finding,
        Progress,
        Reading,
        Retrieved,
        Searching,
        SentenceDone,
        SyncReport,
        TextDelta,
        Turn,
        Writing,
    )

__version__ = "0.2.0"

# Where each public name lives. tests/test_import.py holds this table, __all__ and the imports above together.
_HOME = {
    # settings
    "Settings": "rag.config",
    "load_settings": "rag.config",
    # collect: articles into a library
    "Library": "rag.library",
    "Article": "rag.schema",
    "AddReport": "rag.schema",
    "SyncReport": "rag.schema",
    "Failure": "rag.schema",
    "Finding": "rag.schema",
    "Progress": "rag.schema",
    # find: passages for a question
    "Filters": "rag.schema",
    "Candidate": "rag.schema",
    # read: what answers the question
    "Reader": "rag.models.reader",
    "Reading": "rag.schema",
    # answer: sentences with citations
    "Assistant": "rag.assistant",
    "AskOptions": "rag.answering.options",
    "Answer": "rag.schema",
    "AnswerSentence": "rag.schema",
    "Citation": "rag.schema",
    "Turn": "rag.schema",
    # check what a text says
    "Claim": "rag.schema",
    # follow an answer while it is made
    "Event": "rag.schema",
    "Searching": "rag.schema",
    "Retrieved": "rag.schema",
    "TextDelta": "rag.schema",
    "SentenceDone": "rag.schema",
    "Writing": "rag.schema",
    "Done": "rag.schema",
    # what can go wrong
    "RagError": "rag.errors",
    "ConfigError": "rag.errors",
    "SourceError": "rag.errors",
    "LibraryError": "rag.errors",
    "LibraryLocked": "rag.errors",
    "EmbedderMismatch": "rag.errors",
    "ModelError": "rag.errors",
    "QuestionError": "rag.errors",
    "ChatModelError": "rag.errors",
}

__all__ = [
    "AddReport",
    "Answer",
    "AnswerSentence",
    "Article",
    "AskOptions",
    "Assistant",
    "Candidate",
    "ChatModelError",
    "Citation",
    "Claim",
    "ConfigError",
    "Done",
    "EmbedderMismatch",
    "Event",
    "Failure",
    "Filters",
    "Finding",
    "Library",
    "LibraryError",
    "LibraryLocked",
    "ModelError",
    "Progress",
    "QuestionError",
    "RagError",
    "Reader",
    "Reading",
    "Retrieved",
    "Searching",
    "SentenceDone",
    "Settings",
    "SourceError",
    "SyncReport",
    "TextDelta",
    "Turn",
    "Writing",
    "__version__",
    "load_settings",
]


def __getattr__(name: str) -> object:
    """The public name, imported on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for completion in a shell."""
    return list(__all__)
