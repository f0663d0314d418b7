"""`rag rights`: who may read and write which collections over `rag serve --sign-in`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.options import Json, LibraryPath, open_library, settings_for
from rag.cli.terminal import clean, headed, plain, print_json, stdout
from rag.errors import ConfigError

if TYPE_CHECKING:
    from rag.store.grants import Grant, Kind

rights = typer.Typer(
    help="Grant, list and take back rights by collection. What is not granted is closed to those who sign in.",
    no_args_is_help=True,
)

Who = Annotated[str, typer.Argument(metavar="WHO", help="Name of a token or a user; with --group, of a group.")]
Named = Annotated[str, typer.Argument(metavar="[COLLECTION]", help="Name of a collection.")]
Whole = Annotated[bool, typer.Option("--all", help="The whole library, with what is in no collection.")]
Group = Annotated[bool, typer.Option("--group", help="WHO is a group.")]
EVERYBODY = "everybody"


@rights.command("grant")
def grant(
    context: typer.Context,
    who: Who,
    collection: Named = "",
    whole: Whole = False,
    write: Annotated[bool, typer.Option("--write", help="To add and remove articles too.")] = False,
    group: Group = False,
    library: LibraryPath = None,
) -> None:
    """Let a user or a group read a collection. WHO may be `everybody`: all who sign in."""
    from rag.store.grants import Grant

    if bool(collection.strip()) == whole:
        raise typer.BadParameter("Name one collection, or give --all for the whole library.")
    kind, name = _subject(who, group)
    with open_library(settings_for(context, library)) as opened:
        kept = opened.grants.give(Grant(kind, name, collection, write))
        known = {held for held, _ in opened.collections.names()}
    what = f"the collection {clean(kept.collection)!r}" if kept.collection else "the whole library"
    stdout().print(f"{clean(kept.name) or EVERYBODY} may {_may(kept)} {what}", markup=False, soft_wrap=True)
    if kept.collection and kept.collection not in known:
        stdout().print("There is no such collection yet.", style="yellow")


@rights.command("revoke")
def revoke(
    context: typer.Context,
    who: Who,
    collection: Named = "",
    whole: Whole = False,
    group: Group = False,
    library: LibraryPath = None,
) -> None:
    """Take back a right; without COLLECTION and --all, all that WHO was granted by name."""
    kind, name = _subject(who, group)
    with open_library(settings_for(context, library)) as opened:
        taken = opened.grants.take_back(kind, name, collection or ("" if whole else None))
    if not taken:
        raise ConfigError(f"{clean(who)!r} has no such right.", "What there is: rag rights list")
    stdout().print(f"{taken} taken back")


@rights.command("list")
def list_rights(context: typer.Context, library: LibraryPath = None, json: Json = False) -> None:
    """List who may read and write what."""
    with open_library(settings_for(context, library)) as opened:
        found = opened.grants.all()
    if json:
        print_json(found)
        return
    table = headed("who", "", "may", "collection")
    for one in found:
        who = plain(one.name) if one.name else EVERYBODY
        table.add_row(who, one.kind if one.name else "", _may(one), plain(one.collection or "(the whole library)"))
    stdout().print(table)


def _subject(who: str, group: bool) -> tuple[Kind, str]:
    if group:
        return "group", " ".join(who.split())
    return ("everybody", "") if who == EVERYBODY else ("user", " ".join(who.split()))


def _may(grant: Grant) -> str:
    return "read and write" if grant.may_write else "read"
