"""What all of the server's interfaces stand on: the open library, the assistant, and the addresses of articles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import rag
from rag.errors import LibraryError
from rag.retrieval.hybrid import Retrieval
from rag.schema import Article, Filters
from rag.server.caller import ANYBODY, STRANGER, Caller, caller
from rag.server.problems import NotFound
from rag.ui.backend import UNEXPECTED, Backend

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.library import Library
    from rag.server.oauth import Issuer


State = Literal["ok", "starting", "failed"]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether questions can be answered, and over how much."""

    status: State
    version: str
    articles: int | None  # these five only for those who may read
    passages: int | None
    generation: int | None  # grows with each change of the library
    index_behind: int | None  # passages that the index of meanings lacks
    index_answers: bool | None  # whether it did at the last search; if not, words still find everything
    problem: str


@dataclass(frozen=True, slots=True)
class Service:
    """The library and the assistant of the chat, for other interfaces. Its methods may block: call them in threads.

    With `sign_in`, both are as whoever asks may see them; outside a request that is nothing.
    """

    backend: Backend
    address: str = ""  # of this server, for links to articles: "https://articles.example"
    chat: bool = True  # whether the chat's page is there to link to
    sign_in: bool = False
    issuer: Issuer | None = None  # of access tokens, beside personal ones

    def caller(self) -> Caller:
        """Who asks."""
        return caller.get() or (STRANGER if self.sign_in else ANYBODY)

    def library(self) -> Library:
        """The library as the caller may see it; a LibraryError when it cannot be opened."""
        return self.whole().restricted(self.caller().rights) if self.sign_in else self.whole()

    def whole(self) -> Library:
        """The open library with all that it holds: for signing in and for the record."""
        self.backend.start().wait_opened()
        library = self.backend.library
        if library is None:
            problem = self.backend.problem or UNEXPECTED
            raise LibraryError(problem.message, problem.hint)
        return library

    def assistant(self) -> Assistant:
        """The assistant with its models loaded, over the library as the caller may see it."""
        self.backend.start().wait()
        made = self.backend.assistant()
        return made.over(self.library()) if self.sign_in else made

    def search(self, question: str, k: int, filters: Filters) -> Retrieval:
        """The passages nearest to a question, best first, and what could not be searched."""
        return self.library().search(k, filters).retrieve(question)

    def article(self, article_id: str, version: str | None = None) -> Article:
        """The article, with the text of a version if one is named; NotFound when the library does not hold it."""
        found = self.library().article(article_id, version=version)
        if found is None:
            named = f"version {version!r} of the article {article_id!r}" if version else f"article {article_id!r}"
            raise NotFound(f"The library holds no {named}.", "Search for it, or list the articles.")
        return found

    def link(self, article_id: str, url: str | None = None, at: tuple[int, int] | None = None) -> str:
        """Where a reader finds the article: its outlet's page, or else this server's."""
        if url:
            return url
        name = quote(article_id, safe="")
        if not self.chat:
            return f"{self.address}/api/articles/{name}"
        return f"{self.address}/?article={name}" + (f"&at={at[0]}-{at[1]}" if at else "")

    def health(self) -> Health:
        """The state of the service, with counts of what the caller may read; never waits."""
        library, problem = self.backend.start().library, self.backend.problem
        if library is None or problem:
            failed = self.backend.opened and problem is not None
            said = problem.message if failed and problem else ""
            return _without_counts("failed" if failed else "starting", said)
        who = self.caller()
        if self.sign_in and who == STRANGER:
            return _without_counts("ok")
        try:
            held = (library.restricted(who.rights) if self.sign_in else library).stats()
            index = library.index_state()
        except LibraryError as error:
            return _without_counts("failed", error.message)
        if who.rights.read is not None:  # the rest tells of what others add, too
            return Health("ok", rag.__version__, held.articles, held.passages, None, None, None, "")
        return Health(
            "ok", rag.__version__, held.articles, held.passages, held.generation, index.behind, index.answers, ""
        )


def _without_counts(status: State, problem: str = "") -> Health:
    return Health(status, rag.__version__, None, None, None, None, None, problem)
