"""`rag add`, `rag list`, `rag remove`: what is in the library."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TextColumn
from rich.table import Table

from rag.cli import exits
from rag.cli.options import Json, LibraryPath, Publisher, Since, Until, day, open_library, settings_for
from rag.cli.terminal import clean, counting_bar, one_line, plain, print_json, stderr, stdout
from rag.errors import LibraryError
from rag.export.plain import report_json, to_json

if TYPE_CHECKING:
    from rag.library import Library
    from rag.schema import AddReport, Article, ArticleId
    from rag.schema import Progress as Step

TITLE_WIDTH = 60  # a longer source name would push the bar off an 80-column terminal


Sources = Annotated[list[str] | None, typer.Argument(metavar="SOURCE...", help="Files, folders, or web addresses.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="FIELD=COLUMN", help="Column of a JSON or CSV file, as in text=story. May come again."
    ),
]
Links = Annotated[
    list[Path] | None,
    typer.Option(
        "--links",
        metavar="FILE",
        help="Fetch the pages that a file links to: bookmarks, a reading list. May come again.",
    ),
]
Feeds = Annotated[
    list[str] | None,
    typer.Option(
        "--feed",
        metavar="URL",
        help="RSS, Atom or JSON feed, or an OPML file of some: adds what is new. May come again.",
    ),
]
SiteMaps = Annotated[
    list[str] | None, typer.Option("--sitemap", metavar="URL", help="Site map: adds its newest pages. May come again.")
]
Most = Annotated[
    int | None, typer.Option("--limit", min=1, help="At most so many of a feed (all) or a site map (100).")
]
On = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="CLUSTER", help="Embed on a Ray cluster: local (all cores), or ray://HOST:10001 (bulk.md)."
    ),
]
Gathered = Annotated[
    str | None, typer.Option("--collection", metavar="NAME", help="Put what SOURCE... holds into a collection.")
]


def add(
    context: typer.Context,
    sources: Sources = None,
    columns: Columns = None,
    links: Links = None,
    feed: Feeds = None,
    sitemap: SiteMaps = None,
    limit: Most = None,
    collection: Gathered = None,
    on: On = None,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Add articles from files, folders or web addresses. Adding the same thing again changes nothing.

    Text, Markdown, HTML, PDF, Word, OpenDocument, RTF, EPUB, e-mail, MHTML, JSON, CSV, exports of press databases,
    Evernote and WordPress, feeds kept as files, web archives (WARC), and ZIP files of these.
    """
    from rag.ingest.link_lists import feeds_in, links_in

    fields = _fields(columns or [])
    if not (sources or links or feed or sitemap):
        raise typer.BadParameter("Name something to add: files, folders, addresses, --links, --feed or --sitemap.")
    wanted = [*(sources or []), *(url for file in links or [] for url in links_in(file))]
    feeds = [url for name in feed or [] for url in feeds_in(name)]
    with (
        open_library(settings_for(context, library)) as opened,
        _told_when_interrupted(opened),
        opened.embedding_on(on) if on else nullcontext(),
    ):
        adding = partial(opened.add, fields=fields, collection=collection)
        report = _added(opened, adding, wanted, feeds, sitemap or [], limit)
    if json:
        print_json(report_json(report))
    else:
        print_report(report)
    raise typer.Exit(add_code(report))


def _added(
    library: Library,
    adding: Callable[..., AddReport],
    sources: Sequence[str],
    feeds: Sequence[str],
    sitemaps: Sequence[str],
    limit: int | None,
) -> AddReport:
    """What became of all sources, with a bar while they are read."""
    from rag.schema import joined

    with progress_bar() as advance:
        report = adding(sources, progress=advance)
        for url in feeds:
            report = joined(report, library.add_feed(url, limit=limit, progress=advance))
        for url in sitemaps:
            report = joined(report, library.add_sitemap(url, limit=limit or 100, progress=advance))
    return report


@contextmanager
def _told_when_interrupted(library: Library) -> Iterator[None]:
    """Ctrl-C inside says what the library holds and how to go on, and then ends the command as it would have."""
    try:
        yield
    except KeyboardInterrupt:
        held = library.stats().articles
        stderr().print(f"Interrupted. The library holds {held} articles; the same command goes on from there.")
        raise


def _fields(pairs: Sequence[str]) -> dict[str, str]:
    """The columns that --map names, by field."""
    from rag.ingest.formats.tables.columns import FIELDS

    fields = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if len(fields) < len(pairs) or not set(fields) <= set(FIELDS):
        raise typer.BadParameter(f"Give FIELD=COLUMN with a field of {', '.join(FIELDS)}.", param_hint="--map")
    return fields


def add_code(report: AddReport) -> int:
    """The exit code for a report."""
    if not report.failed:
        return exits.OK
    taken = report.added or report.updated or report.unchanged or report.duplicates
    return exits.PARTLY if taken else exits.ERROR


@contextmanager
def progress_bar() -> Iterator[Callable[[Step], None]]:
    """A bar on stderr with counts and the time left; nothing when stderr is no terminal."""
    bar = counting_bar(TextColumn("{task.fields[passages]} passages{task.fields[rate]}", markup=False))
    with bar:
        task = bar.add_task("reading", total=None, passages=0, rate="")
        started = time.monotonic()

        def advance(step: Step) -> None:
            name = one_line(step.source.replace("\\", "/").rsplit("/", 1)[-1], TITLE_WIDTH // 2)
            rate = step.passages / max(1.0, time.monotonic() - started)
            shown = f", {rate:.0f}/s" if step.passages else ""
            bar.update(
                task, completed=step.done, total=step.total, passages=step.passages, rate=shown, description=name
            )

        yield advance


def print_report(report: AddReport, removed: Sequence[ArticleId] = ()) -> None:
    """Print what changed as a table, the counts, and the failures on stderr."""
    out = stdout()
    changed = [("added", item) for item in report.added] + [("updated", item) for item in report.updated]
    changed += [("duplicate", item) for item in report.duplicates] + [("removed", item) for item in removed]
    if changed:
        table = Table(box=None, pad_edge=False)
        table.add_column("")
        table.add_column("id", no_wrap=True)
        table.add_column("title", overflow="fold")
        for word, item in changed:
            table.add_row(word, plain(item), plain(item.title))
        out.print(table)
    counts = {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "duplicate": report.duplicates,
        "removed": removed,
        "failed": report.failed,
    }
    out.print(", ".join(f"{len(found)} {word}" for word, found in counts.items() if found) or "Nothing to add.")
    for note in report.notes:
        stderr().print(f"note: {one_line(note.source)}: {one_line(note.text)}", style="yellow", soft_wrap=True)
    for failure in report.failed:
        stderr().print(f"failed: {one_line(failure.source)}: {one_line(failure.reason)}", style="red", soft_wrap=True)


def list_articles(
    context: typer.Context,
    query: Annotated[
        str | None,
        typer.Option(
            "--query", "-q", metavar="WORDS", help="Only articles with these words in title, publisher or author."
        ),
    ] = None,
    publisher: Publisher = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Leave out the first so many.")] = 0,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """List the articles of the library, newest first."""
    with open_library(settings_for(context, library)) as opened:
        found = opened.articles(
            query=query, publisher=publisher, since=day(since), until=day(until), limit=limit, offset=offset
        )
    if json:
        print_json([_article_json(article) for article in found])
    elif found:
        _print_articles(found)
        if len(found) == limit:
            stderr().print(f"The first {limit}; go on with --offset {offset + limit}.", style="dim")
    else:
        stderr().print("No article found. Add some with: rag add SOURCE...")


def _article_json(article: Article) -> dict[str, object]:
    described: dict[str, object] = to_json(article)
    described["characters"] = len(article.text)
    del described["text"]
    return described


def _print_articles(found: Sequence[Article]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("published", no_wrap=True)
    table.add_column("publisher", overflow="fold")
    table.add_column("title", overflow="fold")
    for article in found:
        published = article.published.isoformat() if article.published else ""
        table.add_row(plain(article.id), published, plain(article.publisher), plain(article.title))
    stdout().print(table)


def remove(
    context: typer.Context,
    article_ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Ids of articles, as `rag list` shows them.")
    ],
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Remove articles from the library. The files they came from are not touched."""
    with open_library(settings_for(context, library)) as opened:
        unknown = [article_id for article_id in article_ids if opened.article(article_id) is None]
        if unknown:
            raise LibraryError(f"No article has the id {clean(unknown[0])!r}; nothing was removed.", "Ids: rag list")
        for article_id in article_ids:
            opened.remove(article_id)
    if json:
        print_json({"removed": article_ids})
    else:
        stdout().print(f"{len(article_ids)} removed")
