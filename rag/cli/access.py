"""`rag token`, `rag rights` and `rag deeds`: who may use a served library and how, and who asked and added what."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from rag.cli.options import Json, LibraryPath, open_library, settings_for
from rag.cli.terminal import clean, headed, plain, print_json, stderr, stdout
from rag.errors import ConfigError

token = typer.Typer(help="Make, list and revoke the tokens that open `rag serve --sign-in`.", no_args_is_help=True)


@token.command("new")
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the person or program that it is for.")],
    write: Annotated[bool, typer.Option("--write", help="It may also write what NAME may write.")] = False,
    group: Annotated[list[str] | None, typer.Option("--group", help="NAME is of this group. May come again.")] = None,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Make a token. It is shown now and never again. What it opens, `rag rights` says."""
    with open_library(settings_for(context, library)) as opened:
        made, secret = opened.tokens.make(name, may_write=write, groups=group or ())
        rights = opened.grants.rights(made.name, made.groups)
    if json:
        print_json(
            {"id": made.id, "name": made.name, "may_write": made.may_write, "groups": made.groups, "token": secret}
        )
        return
    stdout().print(secret, soft_wrap=True)
    if rights.read is not None and not rights.read:
        stderr().print(f"It opens nothing yet: rag rights grant {clean(made.name)!r} --all", style="yellow")
    stderr().print(f"Token {made.id} of {clean(made.name)}. Keep it: it is not shown again.", style="dim")


@token.command("list")
def list_tokens(context: typer.Context, library: LibraryPath = None, json: Json = False) -> None:
    """List the tokens, without their secrets."""
    with open_library(settings_for(context, library)) as opened:
        found = opened.tokens.all()
    if json:
        print_json(found)
        return
    table = headed("id", "name", "groups", "may", "made", "last used", "")
    for one in found:
        days = [moment.date().isoformat() if moment else "" for moment in (one.made, one.used)]
        rights = "read and write" if one.may_write else "read"
        groups = plain(", ".join(one.groups))
        table.add_row(one.id, plain(one.name), groups, rights, *days, "revoked" if one.revoked else "")
    stdout().print(table)


@token.command("revoke")
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `rag token list` shows it.")],
    library: LibraryPath = None,
) -> None:
    """Revoke a token: from the next request on it opens nothing."""
    with open_library(settings_for(context, library)) as opened:
        if not opened.tokens.revoke(token_id):
            raise ConfigError(f"There is no token {clean(token_id)!r} to revoke.", "Ids: rag token list")
    stdout().print("1 revoked")


def deeds(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Show who asked, added and removed what over `rag serve --sign-in`, the latest first."""
    with open_library(settings_for(context, library)) as opened:
        found = opened.deeds.latest(limit)
    if json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(4):
        table.add_column(overflow="fold")
    for one in found:
        table.add_row(f"{one.moment:%Y-%m-%d %H:%M}", plain(one.name), one.act, plain(one.detail))
    stdout().print(table)
