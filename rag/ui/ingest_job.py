"""Adding articles in a thread of its own; the page polls its progress.

In: uploaded files, addresses, a pasted article, a feed or a site map. Out: a `Tally`, replaced as a whole at each
step. The backend holds the job, so that a page that is loaded again shows it again.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.schema import AddReport, Article, Failure, Note, Progress
from rag.ui.backend import Backend, Problem

if TYPE_CHECKING:
    from rag.library import Library

Told = Callable[[Progress], None]
ACCEPTED = (
    "txt", "md", "markdown", "html", "htm", "pdf", "docx", "odt", "rtf", "epub", "eml", "mbox", "mhtml", "mht", "json",
    "jsonl", "csv", "tsv", "xml", "rss", "atom", "enex", "ris", "bib", "warc", "wacz", "gz", "zip",
)  # fmt: skip
DEMO = Path(__file__).parents[2] / "corpus"  # there in a checkout, not in an installed package
UNEXPECTED = Problem("Something went wrong while adding.", "Try again; the server's log says what happened.")


@dataclass(frozen=True, slots=True)
class Tally:
    """How far the adding is."""

    done: int = 0
    total: int = 0
    last: str = ""  # the name of what was finished last
    report: AddReport | None = None
    problem: Problem | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.report is not None or self.problem is not None

    @property
    def fraction(self) -> float:
        """0..1 for a progress bar."""
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a browser sent: its name is only a label."""

    name: str
    content: bytes


class IngestJob:
    """Adds articles in the background; read `tally` at any time."""

    def __init__(
        self, backend: Backend, work: Callable[[Library, Path, Told], AddReport], count: int, named: Sequence[str] = ()
    ) -> None:
        """`count` is how much there is to add, 0 while that is not known; `named` what it is, for the record."""
        self.tally = Tally(total=count)
        self._named = named
        self.seen = False  # whether a page has shown how it ended
        self._backend = backend
        self._work = work
        self._thread = threading.Thread(target=self._run, name="add", daemon=True)

    @classmethod
    def of_files(cls, backend: Backend, uploads: Sequence[Upload], collection: str | None = None) -> IngestJob:
        """A job that adds uploaded files, in a collection if one is named."""
        return cls(
            backend,
            lambda library, folder, told: library.add(_written(folder, uploads), progress=told, collection=collection),
            len(uploads),
            [one.name for one in uploads],
        )

    @classmethod
    def of_article(cls, backend: Backend, article: Article, collection: str | None = None) -> IngestJob:
        """A job that adds a pasted article."""
        return cls(
            backend,
            lambda library, _folder, told: library.add(article, progress=told, collection=collection),
            1,
            [article.title],
        )

    @classmethod
    def of_addresses(cls, backend: Backend, addresses: Sequence[str], collection: str | None = None) -> IngestJob:
        """A job that fetches pages and adds them."""
        return cls(
            backend,
            lambda library, _folder, told: library.add(addresses, progress=told, collection=collection),
            len(addresses),
            addresses,
        )

    @classmethod
    def of_demo(cls, backend: Backend) -> IngestJob:
        """A job that adds the demo articles."""
        return cls(backend, lambda library, _folder, told: library.add(str(DEMO), progress=told), 1, [DEMO.name])

    @classmethod
    def of_feed(cls, backend: Backend, url: str, limit: int) -> IngestJob:
        """A job that adds at most `limit` entries of a feed that are new."""
        return cls(backend, lambda library, _folder, told: library.add_feed(url, limit=limit, progress=told), 0, [url])

    @classmethod
    def of_sitemap(cls, backend: Backend, url: str, limit: int) -> IngestJob:
        """A job that adds at most `limit` pages of a site map that are new."""
        return cls(
            backend, lambda library, _folder, told: library.add_sitemap(url, limit=limit, progress=told), 0, [url]
        )

    @staticmethod
    def unseen(backend: Backend) -> IngestJob | None:
        """The newest job of this server that runs, or that no page has shown the end of."""
        return next((job for job in reversed(backend.adding) if not (job.tally.ended and job.seen)), None)

    def start(self) -> IngestJob:
        """The same job, running, and held by the backend until a page has shown its end."""
        self._backend.adding[:] = [job for job in self._backend.adding if not (job.tally.ended and job.seen)] + [self]
        self._thread.start()
        return self

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        problem: Problem | None = UNEXPECTED
        folder = Path(tempfile.mkdtemp(prefix="article-chat-"))
        try:
            self._backend.wait_opened()
            library = self._backend.library
            if library is None:
                problem = self._backend.problem or UNEXPECTED
                return
            self._backend.note("add", "; ".join(self._named))
            report = self._work(library, folder, self._progress)
            self.tally = replace(self.tally, report=_named(report), last="")
            problem = None
        except RagError as error:
            problem = Problem.of(error)
        finally:  # an unknown error goes on to the log; the page must not wait for ever
            shutil.rmtree(folder, ignore_errors=True)
            if problem:
                self.tally = replace(self.tally, problem=problem)

    def _progress(self, step: Progress) -> None:
        self.tally = replace(self.tally, done=step.done, total=max(step.total, 1), last=_short_name(step.source))


def safe_name(name: str) -> str:
    """A file name that can do no harm: the last part, letters, digits and a few marks, at most 120 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(letter if letter.isalnum() or letter in " ._-()" else "_" for letter in last).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:100]}{dot}{ending[:10]}" if dot else kept[:100] or "article.txt"


def _written(folder: Path, uploads: Sequence[Upload]) -> list[str | Article]:
    """The paths of the uploads as files, each in a folder of its own so that equal names do not meet."""
    paths: list[str | Article] = []
    for number, upload in enumerate(uploads):
        place = folder / str(number)
        place.mkdir()
        path = place / safe_name(upload.name)
        path.write_bytes(upload.content)
        paths.append(str(path))
    return paths


def _named(report: AddReport) -> AddReport:
    """The report with file names in place of the paths of our temporary copies."""
    failed = tuple(
        Failure(_short_name(one.source), one.reason.replace(one.source, _short_name(one.source)))
        for one in report.failed
    )
    return replace(report, failed=failed, notes=tuple(Note(_short_name(one.source), one.text) for one in report.notes))


def _short_name(source: str) -> str:
    """A file's name without our folders; an address as it is."""
    return source if source.lower().startswith(("http://", "https://")) else Path(source).name
