"""`rag search`, `rag ask` and `rag check`: passages, answers with their sources, and claims compared with articles."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from rag.cli import exits
from rag.cli.options import (
    Json,
    LibraryPath,
    Publisher,
    Since,
    Today,
    Until,
    day,
    filters_for,
    open_library,
    settings_for,
)
from rag.cli.terminal import Wrapped, one_line, print_indented, print_json, stderr, stdout
from rag.export.plain import answer_json

if TYPE_CHECKING:
    from rag.library import Library
    from rag.schema import Answer, Citation, Claim, Event

SHOWN_CHARACTERS = 320  # about four lines of a passage: enough to judge it; --json prints the whole

Question = Annotated[str, typer.Argument(metavar="QUESTION", help="A question, in quotation marks.")]


def search(
    context: typer.Context,
    question: Question,
    k: Annotated[int, typer.Option("-k", "--top", min=1, max=200, help="How many passages.")] = 8,
    publisher: Publisher = None,
    since: Since = None,
    until: Until = None,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Find the passages nearest to a question, best first."""
    from rag.retrieval.retriever import as_document

    with open_library(settings_for(context, library), one_shot=True) as opened:
        retriever = opened.retriever(k=k, publisher=publisher, since=day(since), until=day(until))
        searched = retriever.retrieve(question)
        found = [as_document(one) for one in searched.candidates]
        _hint_when_empty(opened)
    if searched.note:
        stderr().print(one_line(searched.note), style="yellow", soft_wrap=True)
    if json:
        print_json([{**document.metadata, "text": document.page_content} for document in found])
        return
    for number, document in enumerate(found, start=1):
        _print_hit(number, document.metadata, document.page_content)
    if not found:
        stderr().print("Nothing found.")


def _print_hit(number: int, about: dict[str, Any], text: str) -> None:
    head = Text(f"{number:>2}. {one_line(str(about['title']))}", style="bold")
    tail = [one_line(str(part)) for part in (about.get("publisher"), about.get("published")) if part]
    head.append(f"  {' · '.join([*tail, format(about['score'], '.2f')])}", style="dim not bold")
    out = stdout()
    out.print(head, soft_wrap=True)
    print_indented(one_line(text, SHOWN_CHARACTERS))
    out.print()


def ask(
    context: typer.Context,
    question: Question,
    publisher: Publisher = None,
    since: Since = None,
    until: Until = None,
    today: Today = None,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Answer a question from the articles, with numbered sources. Exit code 4 when the articles do not say."""
    from rag.assistant import Assistant

    settings = settings_for(context, library)
    with open_library(settings, one_shot=True) as opened:
        filters = filters_for(publisher, since, until)
        events = Assistant(opened, settings=settings).stream(question, filters=filters, today=day(today))
        answer = _last(events) if json else _show(events)
        _hint_when_empty(opened)
    if json:
        print_json(answer_json(answer))
    raise typer.Exit(exits.OK if answer.answered else exits.NO_ANSWER)


VERDICTS = {"said": ("said", "green"), "contradicted": ("contradicted", "red"), "not_found": ("not found", "yellow")}


def check(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Sentences in quotation marks; - for stdin.")],
    publisher: Publisher = None,
    since: Since = None,
    until: Until = None,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Tell for each sentence of a text whether the articles say it. Exit code 4 when they do not say all of it."""
    from rag.assistant import Assistant

    settings = settings_for(context, library)
    with open_library(settings, one_shot=True) as opened:
        told = sys.stdin.read() if text == "-" else text
        claims = []
        for claim in Assistant(opened, settings=settings).checking(told, filters=filters_for(publisher, since, until)):
            claims.append(claim)
            if not json:
                _print_claim(claim)
        for note in dict.fromkeys(one.note for one in claims if one.note and not json):
            stderr().print(one_line(note), style="yellow", soft_wrap=True)
        _hint_when_empty(opened)
    if json:
        print_json(claims)
    raise typer.Exit(exits.OK if all(one.verdict == "said" for one in claims) else exits.NO_ANSWER)


def _print_claim(claim: Claim) -> None:
    word, style = VERDICTS[claim.verdict]
    out = stdout()
    out.print(Text.assemble((f"{word}: ", f"bold {style}"), one_line(claim.text)), soft_wrap=True)
    for citation in claim.citations:
        tail = " · ".join(one_line(part) for part in (citation.publisher, _iso(citation.published)) if part)
        print_indented(f"“{one_line(citation.quote, SHOWN_CHARACTERS)}” {tail}".rstrip(), style="italic")


def _last(events: Iterable[Event]) -> Answer:
    from rag.schema import Done

    *_, last = events
    assert isinstance(last, Done)
    return last.answer


def _show(events: Iterable[Event]) -> Answer:
    """Print the text as it comes, then the sources; the finished answer is returned."""
    from rag.schema import Done, TextDelta

    written = Wrapped(sys.stdout)
    answer: Answer | None = None
    for event in events:
        if isinstance(event, TextDelta):
            written.write(event.text)
        elif isinstance(event, Done):
            answer = event.answer
    assert answer is not None
    if not written.wrote:
        written.write(answer.text)
    written.end()
    if answer.answered:
        _print_sources("Articles" if answer.kind == "library" else "Sources", answer.citations)
    else:
        _print_sources("The nearest passages", answer.closest, limit=SHOWN_CHARACTERS)
    for note in answer.notes:
        stderr().print(one_line(note), style="dim", soft_wrap=True)
    return answer


def _print_sources(heading: str, citations: Sequence[Citation], limit: int | None = None) -> None:
    if not citations:
        return
    out = stdout()
    out.print()
    out.print(heading, style="bold")
    for citation in citations:
        line = Text(f"[{citation.number}] {one_line(citation.title)}")
        tail = [one_line(part) for part in (citation.publisher, _iso(citation.published)) if part]
        line.append("".join(f" · {part}" for part in tail), style="dim")
        out.print(line, soft_wrap=True)
        print_indented(f"“{one_line(citation.quote, limit)}”", style="italic")


def _iso(published: date | None) -> str | None:
    return published.isoformat() if published else None


def _hint_when_empty(library: Library) -> None:
    if not library.articles(limit=1):
        stderr().print("The library is empty. Add articles with: rag add SOURCE...")
