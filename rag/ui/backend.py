"""The library and the assistant behind the page, opened and warmed up in a background thread.

The page paints at once; `wait` tells when questions can be answered. One backend serves all sessions of the process.
"""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.config import Settings, load_settings
from rag.errors import LibraryError, RagError

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.library import Library
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
WARM_UP = "What did the minister say about the plan?"  # an ordinary question, so that the reader loads
UNEXPECTED = Problem("The library could not be opened.", "The server's log says why; `rag doctor` may mend it.")


class Backend:
    """A library that opens, and models that load, while the page is already there."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.problem: Problem | None = None
        self.adding: list[IngestJob] = []  # under way, or ended and not shown yet: a page loaded again finds them here
        self._library: Library | None = None
        self._assistant: Assistant | None = None
        self._opened = threading.Event()
        self._ready = threading.Event()
        self._visited = threading.Event()
        self._painted = threading.Event()
        self._started = False
        self._lock = threading.Lock()

    def start(self) -> Backend:
        """The same backend, loading; a second call changes nothing."""
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._load, name="warm-up", daemon=True).start()
        return self

    def retry(self) -> None:
        """Open again, after the user mended what was wrong; while it is still loading, nothing."""
        with self._lock:
            if not self._ready.is_set():
                return
            self.problem = None
            self._opened.clear()
            self._ready.clear()
            self._started = False
        self.start()

    @property
    def library(self) -> Library | None:
        """The open library; None while it opens, or when it cannot be opened."""
        return self._library

    @property
    def opened(self) -> bool:
        """Whether the opening has ended, well or not."""
        return self._opened.is_set()

    @property
    def ready(self) -> bool:
        """Whether questions are answered without waiting for models."""
        return self._ready.is_set()

    def visited(self) -> None:
        """Tell that the frame of a page has been drawn, so that the library may be opened."""
        self._visited.set()

    def painted(self) -> None:
        """Tell that a page has been drawn, so that the models may load."""
        self._visited.set()
        self._painted.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether the models are there (or have failed) within `timeout` seconds; they load now."""
        self.painted()
        return self._ready.wait(timeout)

    def wait_opened(self, timeout: float | None = None) -> bool:
        """Whether the library is open (or has failed to open) within `timeout` seconds; it opens now."""
        self._visited.set()
        return self._opened.wait(timeout)

    def assistant(self) -> Assistant:
        """The assistant; a LibraryError with the hint when there is none."""
        if self._assistant is None:
            problem = self.problem or UNEXPECTED
            raise LibraryError(problem.message, problem.hint)
        return self._assistant

    def choose_model(self, llm: str, base_url: str) -> None:
        """From the next question on, for everybody on this server, this chat model answers; "" for offline answers."""
        self.assistant()  # raises while there is none
        import rag

        assert self._library is not None
        settings = self.settings.model_copy(update={"llm": llm, "llm_base_url": base_url})
        made = rag.Assistant(self._library, settings=settings)
        self.settings, self._assistant = settings, made

    def _load(self) -> None:
        problem: Problem | None = UNEXPECTED
        try:
            self._open()
            problem = None
        except RagError as error:
            problem = Problem.of(error)
        finally:  # an unknown error goes on to the log; the page must not wait for ever
            self.problem = problem
            self._opened.set()
            self._ready.set()

    def _open(self) -> None:
        self._visited.wait(PAINT_FIRST_S)
        import rag  # here, not above: the page must paint before the library's modules are read

        self._library = rag.Library.open(settings=self.settings)
        self._opened.set()
        self._painted.wait(PAINT_FIRST_S)
        assistant = rag.Assistant(self._library)
        # The first question pays for what loads lazily (models, dense index): ask one and throw its answer away.
        self._library.embedder.embed_query("warm up")
        if self._library.articles(limit=1):  # offline: no call to a chat model that nobody asked for
            rag.Assistant(self._library, llm="").ask(WARM_UP)
        self._assistant = assistant
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


def current() -> Backend:
    """The backend of this process; the first call starts it with the settings in force."""
    global _current
    with _lock:
        if _current is None:
            _current = Backend(load_settings())
        return _current.start()
