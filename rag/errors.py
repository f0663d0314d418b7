"""The error tree. Every error that a user can meet says what happened, with which value, and how to mend it.

RagError
├── ConfigError          a setting is unknown or has a bad value
├── SourceError          an article source cannot be read
├── LibraryError         the library cannot be opened, read or written
│   ├── LibraryLocked    another process is writing
│   └── EmbedderMismatch the library was made by another embedding model
├── ModelError           a model's files are missing, damaged or of the wrong kind
├── QuestionError        a question cannot be asked as it stands
└── ChatModelError       a configured chat model did not answer
"""

from __future__ import annotations


class RagError(Exception):
    """Something a user can mend. `str(error)` is one line: what happened, then the mend."""

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message, mend)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()


class ConfigError(RagError):
    """A setting is unknown or has a bad value."""


class SourceError(RagError):
    """An article source (file, page, feed) cannot be read."""


class LibraryError(RagError):
    """The library cannot be opened, read or written."""


class LibraryLocked(LibraryError):
    """Another process is writing to the library."""


class EmbedderMismatch(LibraryError):
    """The library's vectors were made by another embedding model than the one that is set."""


class ModelError(RagError):
    """A model's files are missing, damaged or of the wrong kind."""


class QuestionError(RagError):
    """A question cannot be asked as it stands: empty, or far too long."""


class ChatModelError(RagError):
    """A configured chat model did not answer."""
