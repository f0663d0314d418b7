"""The Typer application: puts the commands together and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from rag.cli import exits
from rag.cli.access import deeds, token
from rag.cli.articles import add, list_articles, remove
from rag.cli.backups import backup, restore
from rag.cli.evaluation import evaluate
from rag.cli.feedback import feedback
from rag.cli.folders import sync, watch
from rag.cli.move import move
from rag.cli.options import LibraryPath
from rag.cli.questions import ask, check, search
from rag.cli.rights import rights
from rag.cli.service import chat, doctor
from rag.cli.serving import serve
from rag.cli.terminal import one_line
from rag.cli.work import work
from rag.errors import RagError

app = typer.Typer(
    name="rag",
    help="Ask questions over your articles; every sentence of an answer cites the passage it rests on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: loading rich's help costs more than the rest of `rag --help`
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from rag import __version__

        typer.echo(f"article-chat {__version__}")
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    library: LibraryPath = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Ask questions over your articles; every sentence of an answer cites the passage it rests on."""
    context.obj = library


app.command("add")(add)
app.command("list")(list_articles)
app.command("sync")(sync)
app.command("watch")(watch)
app.command("remove")(remove)
app.command("search")(search)
app.command("ask")(ask)
app.command("check")(check)
app.command("chat")(chat)
app.command("serve")(serve)
app.command("work")(work)
app.add_typer(token, name="token")
app.add_typer(rights, name="rights")
app.command("deeds")(deeds)
app.command("doctor")(doctor)
app.command("backup")(backup)
app.command("restore")(restore)
app.command("move")(move)
app.command("feedback")(feedback)
app.command("eval")(evaluate)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Known errors are one line on stderr; unknown ones stay loud."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal in an old encoding shows "?" instead of failing
    try:
        app(args=list(arguments), prog_name="rag")
    except RagError as error:
        print(one_line(f"rag: {error}"), file=sys.stderr)  # noqa: T201
        return exits.ERROR
    except KeyboardInterrupt:
        return _stopped()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else exits.OK if leaving.code is None else exits.ERROR
        return _stopped() if code == exits.STOPPED else code
    return exits.OK


def _stopped() -> int:
    print("rag: stopped.", file=sys.stderr)  # noqa: T201
    return exits.STOPPED
