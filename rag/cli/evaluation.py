"""`rag eval`: how well it works on a data set, or on the user's own articles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rag.cli import exits
from rag.cli.options import LibraryPath, open_library, settings_for
from rag.cli.terminal import one_line, plain, stderr, stdout

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.evaluation.comparing import Change
    from rag.evaluation.results import Earlier, Results
    from rag.evaluation.running import Outcome
    from rag.evaluation.sets import EvalQuestion
    from rag.library import Library

PROBES = 100  # questions made from the user's articles: about a minute, and a tenth is then known to about .06


DataSet = Annotated[
    Path | None,
    typer.Argument(metavar="[SET]", help="A BEIR folder, SQuAD JSON, or JSON lines with articles and questions."),
]
MyArticles = Annotated[
    bool, typer.Option("--my-articles", help="Ask questions made from the articles of the library instead.")
]
Limit = Annotated[int, typer.Option("--limit", min=0, help="Ask so many questions, spread evenly (0: all).")]
Seed = Annotated[int, typer.Option("--seed", help="Of the questions made from your articles.")]
Split = Annotated[str, typer.Option("--split", help="Judgements of a BEIR folder: qrels/SPLIT.tsv.")]
RetrievalOnly = Annotated[
    bool, typer.Option("--retrieval-only", help="Measure the search alone: no answers, much faster.")
]
Cache = Annotated[
    Path | None, typer.Option("--cache", metavar="FOLDER", help="Where the index of a set is kept for next time.")
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write everything, question by question, as JSON.")
]
ReportFile = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write a report: FILE.md or FILE.html.")
]
EarlierFile = Annotated[
    Path | None,
    typer.Option("--compare", metavar="FILE", help="JSON of an earlier run; exit code 5 when this one is worse."),
]


def evaluate(
    context: typer.Context,
    data: DataSet = None,
    my_articles: MyArticles = False,
    limit: Limit = 0,
    seed: Seed = 0,
    split: Split = "test",
    retrieval_only: RetrievalOnly = False,
    cache: Cache = None,
    json: JsonFile = None,
    report: ReportFile = None,
    compare: EarlierFile = None,
    library: LibraryPath = None,
) -> None:
    """Measure search, answers, citations and refusals on a data set, or on questions made from your articles."""
    if (data is None) != my_articles:
        raise typer.BadParameter("Give a data set, or --my-articles.", param_hint="SET")
    earlier, write = _before_the_long_work(compare, report)
    settings = settings_for(context, library)
    if data is not None:
        results = _on_set(data, split, settings, cache or _cache(), limit, answers=not retrieval_only)
    else:
        results = _on_library(settings, limit or PROBES, seed, answers=not retrieval_only)
    changes = _changes(results, earlier)
    _print(results, changes)
    _write(results, json, report, write(results, changes) if write is not None else "")
    raise typer.Exit(exits.WORSE if any(one.worse for one in changes) else exits.OK)


def _before_the_long_work(
    compare: Path | None, report: Path | None
) -> tuple[Earlier | None, Callable[[Results, Sequence[Change]], str] | None]:
    """The earlier run, and what writes the report: a wrong file or name is told at once."""
    from rag.evaluation.pages import writer_for
    from rag.evaluation.results import load_earlier

    earlier = load_earlier(compare) if compare is not None else None
    return earlier, writer_for(report.name) if report is not None else None


def _write(results: Results, json: Path | None, report: Path | None, text: str) -> None:
    """Write the files that were asked for."""
    from rag.evaluation.results import save, write_text

    if json is not None:
        save(results, json)
    if report is not None:
        write_text(report, text)


def _on_set(data: Path, split: str, settings: Settings, cache: Path, limit: int, *, answers: bool) -> Results:
    from rag.evaluation.results import results_of
    from rag.evaluation.running import open_index
    from rag.evaluation.sets import every, load_set

    loaded = load_set(data, split=split)
    questions = every(loaded.questions, limit)
    with _progress("articles") as advance:
        opened = open_index(loaded, cache, settings, lambda step: advance(step.done, step.total))
    with opened:
        outcomes = _ask(opened, questions, answers=answers)
        held = opened.stats().articles
    return results_of(outcomes, about=loaded.name, digest=loaded.digest, articles=held, settings=settings)


def _on_library(settings: Settings, count: int, seed: int, *, answers: bool) -> Results:
    from rag.evaluation.advice import advise
    from rag.evaluation.probes import NOTE, make_probes
    from rag.evaluation.results import results_of

    with open_library(settings) as opened:
        questions = make_probes(opened, count, seed)
        outcomes = _ask(opened, questions, answers=answers)
        advice = advise(outcomes, opened)
        stats = opened.stats()
    return results_of(
        outcomes,
        about="questions made from my articles",
        digest=f"generation-{stats.generation}",
        articles=stats.articles,
        settings=settings,
        advice=advice,
        notes=(NOTE,),
    )


def _ask(library: Library, questions: Sequence[EvalQuestion], *, answers: bool) -> list[Outcome]:
    from rag.evaluation.running import run

    with _progress("questions") as advance:
        return list(run(library, questions, answers=answers, progress=lambda done: advance(done, len(questions))))


def _cache() -> Path:
    """The user's folder for things that can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "article-chat" / "eval"


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr; nothing when stderr is no terminal."""
    console = stderr()
    columns = (TextColumn(what, markup=False), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def _changes(results: Results, earlier: Earlier | None) -> list[Change]:
    from rag.errors import SourceError
    from rag.evaluation.comparing import compare

    if earlier is None:
        return []
    counts = results.counts()
    shared = sum(question in earlier.counts for question in counts)
    if not shared:
        raise SourceError("The earlier run asked none of these questions.", "Compare runs of the same set and --limit.")
    if earlier.digest != results.digest or shared < len(counts):
        stderr().print(
            f"The runs differ in their articles or questions: {shared} of {len(counts)} questions are compared.",
            style="yellow",
        )
    return compare(earlier.counts, counts)


def _print(results: Results, changes: Sequence[Change]) -> None:
    """Figures, time and changes as tables; advice as lines."""
    from rag.evaluation import pages

    out = stdout()
    out.print(f"{one_line(results.about)}: {len(results.outcomes)} questions over {results.articles} articles")
    for note in results.notes:
        out.print(note, style="dim")
    out.print(_table(*pages.figure_rows(results.figures)))
    if results.risk is not None:
        out.print(f"Area under risk and coverage: {results.risk:.3f} (0: the sure answers are all right)")
    out.print(_table(*pages.latency_rows(results)))
    if changes:
        out.print(_table(*pages.change_rows(changes)))
    if results.advice:
        out.print("What to change", style="bold")
    for advice in results.advice:
        out.print(f"- {one_line(advice)}")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(head):
        table.add_column(plain(name), justify="right" if number else "left")
    for row in rows:
        table.add_row(*(plain(cell, "red" if cell == "worse" else "") for cell in row))
    return table
