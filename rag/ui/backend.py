"""The library and the assistant behind the page, opened and warmed up in a background thread.

The page paints at once; `wait` tells when questions can be answered. One backend serves all sessions of the process.
"""

from __future__ import annotations

import gc
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.config import Settings, load_settings
from rag.errors import AccessDenied, LibraryError, RagError
from rag.schema import Rights

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.library import Library
    from rag.ui.identity import Person
    from rag.ui.ingest_job import IngestJob


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, and what to do, in plain words."""

    message: str
    hint: str = ""

    @classmethod
    def of(cls, error: RagError) -> Problem:
        """The problem that a known error tells of."""
        return cls(error.message, error.hint)


# Reading modules and loading models takes the processor from the browser on the same machine: the library waits this
# long for a page's frame, the models as long for the whole page. A cold start paints after 1.9 s in place of 2.3, and
# has the question box after 2.9 s in place of 4.0.
PAINT_FIRST_S = 3.0
NO_RIGHTS = Rights(frozenset(), frozenset())
WARM_UP = "What did the minister say about the plan?"  # an ordinary question, so that the reader loads
UNEXPECTED = Problem("The library could not be opened.", "The server's log says why; `rag doctor` may mend it.")


@dataclass(slots=True)
class _Shared:
    """What a backend holds once, whoever looks at it."""

    settings: Settings
    problem: Problem | None = None
    library: Library | None = None
    assistant: Assistant | None = None
    started: bool = False
    adding: dict[str, list[IngestJob]] = field(default_factory=lambda: defaultdict(list))  # by who adds
    opened: threading.Event = field(default_factory=threading.Event)
    ready: threading.Event = field(default_factory=threading.Event)
    visited: threading.Event = field(default_factory=threading.Event)
    painted: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Backend:
    """A library that opens, and models that load, while the page is already there."""

    def __init__(self, settings: Settings) -> None:
        self._shared = _Shared(settings)
        self.person: Person | None = None  # who sees it so; None without sign-in

    def seen_by(self, person: Person) -> Backend:
        """The same backend as somebody sees it who signed in: with the rights that he or she has at each moment."""
        view = Backend.__new__(Backend)
        view._shared, view.person = self._shared, person
        return view

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._shared.settings

    @property
    def problem(self) -> Problem | None:
        """Why the library or the models are not there."""
        return self._shared.problem

    @property
    def adding(self) -> list[IngestJob]:
        """What is being added, or was and was not shown yet: a page that is loaded again finds it here."""
        return self._shared.adding[self.person.name if self.person else ""]

    @property
    def rights(self) -> Rights:
        """What may be read and written here: all without sign-in, else what is granted now."""
        if self.person is None:
            return Rights()
        whole = self._shared.library
        return whole.grants.rights(self.person.name, self.person.groups) if whole else NO_RIGHTS

    def start(self) -> Backend:
        """The same backend, loading; a second call changes nothing."""
        with self._shared.lock:
            if not self._shared.started:
                self._shared.started = True
                threading.Thread(target=self._load, name="warm-up", daemon=True).start()
        return self

    def retry(self) -> None:
        """Open again, after the user mended what was wrong; while it is still loading, nothing."""
        held = self._shared
        with held.lock:
            if not held.ready.is_set():
                return
            held.problem = None
            held.opened.clear()
            held.ready.clear()
            held.started = False
        self.start()

    @property
    def library(self) -> Library | None:
        """The open library, with what may be read of it; None while it opens, or when it cannot be opened."""
        whole = self._shared.library
        return whole if whole is None or self.person is None else whole.restricted(self.rights, self.person.name)

    @property
    def opened(self) -> bool:
        """Whether the opening has ended, well or not."""
        return self._shared.opened.is_set()

    @property
    def ready(self) -> bool:
        """Whether questions are answered without waiting for models."""
        return self._shared.ready.is_set()

    def visited(self) -> None:
        """Tell that the frame of a page has been drawn, so that the library may be opened."""
        self._shared.visited.set()

    def painted(self) -> None:
        """Tell that a page has been drawn, so that the models may load."""
        self._shared.visited.set()
        self._shared.painted.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether the models are there (or have failed) within `timeout` seconds; they load now."""
        self.painted()
        return self._shared.ready.wait(timeout)

    def wait_opened(self, timeout: float | None = None) -> bool:
        """Whether the library is open (or has failed to open) within `timeout` seconds; it opens now."""
        self._shared.visited.set()
        return self._shared.opened.wait(timeout)

    def assistant(self) -> Assistant:
        """The assistant over what may be read; a LibraryError with the hint when there is none."""
        made, library = self._shared.assistant, self.library
        if made is None or library is None:
            problem = self.problem or UNEXPECTED
            raise LibraryError(problem.message, problem.hint)
        return made if self.person is None else made.over(library)

    def choose_model(self, llm: str, base_url: str) -> None:
        """From the next question on, for everybody on this server, this chat model answers; "" for offline answers.

        Who signed in needs the right to write the whole library: AccessDenied.
        """
        if not self.rights.manages:
            raise AccessDenied("The chat model is chosen by who may write the whole library.")
        held = self._shared
        if held.assistant is None or held.library is None:
            self.assistant()  # says why there is none
            return
        import rag

        settings = self.settings.model_copy(update={"llm": llm, "llm_base_url": base_url})
        made = rag.Assistant(held.library, settings=settings)
        held.settings, held.assistant = settings, made

    def note(self, act: str, detail: str) -> None:
        """Keep in the library's record who asks, adds or removes what; without sign-in nothing is kept."""
        whole = self._shared.library
        if self.person and whole:
            whole.deeds.note(self.person.name, f"oidc:{self.person.name}", act, detail)

    def _load(self) -> None:
        problem: Problem | None = UNEXPECTED
        try:
            self._open()
            problem = None
        except RagError as error:
            problem = Problem.of(error)
        finally:  # an unknown error goes on to the log; the page must not wait for ever
            self._shared.problem = problem
            self._shared.opened.set()
            self._shared.ready.set()

    def _open(self) -> None:
        self._shared.visited.wait(PAINT_FIRST_S)
        import rag  # here, not above: the page must paint before the library's modules are read

        library = self._shared.library = rag.Library.open(settings=self.settings)
        self._shared.opened.set()
        self._shared.painted.wait(PAINT_FIRST_S)
        assistant = rag.Assistant(library)
        # The first question pays for what loads lazily (models, dense index): ask one and throw its answer away.
        library.embedder.embed_query("warm up")
        if library.articles(limit=1):  # offline: no call to a chat model that nobody asked for
            rag.Assistant(library, llm="").ask(WARM_UP)
        self._shared.assistant = assistant
        # A collection walks all objects: 230 ms a rerun with the models loaded, 20 ms when these are frozen.
        gc.collect()
        gc.freeze()


_lock = threading.Lock()
_current: Backend | None = None


def use(backend: Backend) -> None:
    """Make this the backend of all pages of the process."""
    global _current
    with _lock:
        _current = backend


def settings() -> Settings:
    """The settings of this process's backend, which need not have started."""
    return _held().settings


def shared() -> Backend:
    """The backend of this process, with all that it holds; the first call starts it with the settings in force."""
    return _held().start()


def _held() -> Backend:
    global _current
    with _lock:
        if _current is None:
            _current = Backend(load_settings())
        return _current


def current() -> Backend:
    """The backend as whoever looks at this page may see it: the only one that a page uses.

    With sign-in, a SignInNeeded unless somebody has signed in; so nothing is shown where nobody asked who comes.
    """
    found = shared()
    if not found.settings.oidc_issuer:
        return found
    from rag.ui.sign_in import signed_in

    return found.seen_by(signed_in(found.settings))
