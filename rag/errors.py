"""The error tree. Every error that a user can meet says what happened, with which value, and what to do.

RagError
├── ConfigError          a setting is unknown or has a bad value
├── SourceError          an article source cannot be read
├── LibraryError         the library cannot be opened, read or written
│   ├── LibraryLocked    another process is writing
│   └── EmbedderMismatch the library was made by another embedding model
├── ModelError           a model's files are missing, damaged or of the wrong kind
├── QuestionError        a question cannot be asked as it stands
├── AccessDenied         somebody who signed in may not do this
│   └── SignInNeeded     nobody has signed in, or no longer
└── ChatModelError       a configured chat model did not answer
"""

from __future__ import annotations


class RagError(Exception):
    """Something a user can put right: `message` says what happened, `hint` is a command or a step.

    >>> print(RagError("The port 80 is taken.", "Choose another: rag chat --port 8501"))
    The port 80 is taken. Choose another: rag chat --port 8501
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    @property
    def mend(self) -> str:
        """The hint, by its name in version 0.1."""
        return self.hint


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


class AccessDenied(RagError):
    """Somebody who signed in may not do this."""


class SignInNeeded(AccessDenied):
    """Nobody has signed in, or the sign-in has ended."""


class ChatModelError(RagError):
    """A configured chat model did not answer."""
