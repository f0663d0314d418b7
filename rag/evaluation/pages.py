"""Reports: results in, a page in Markdown or HTML out. Text of articles is shown, never read as markup."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from html import escape

from rag.errors import SourceError
from rag.evaluation import plots
from rag.evaluation.comparing import Change
from rag.evaluation.figures import ALL, MEANINGS, Figures
from rag.evaluation.results import Results
from rag.evaluation.running import Outcome
from rag.text.showable import markdown_escaped, one_line

MISSES = 40  # shown in a report; the JSON holds all
_SHOWN = 300  # characters of a question or quote in a report
_OF_FIGURES = frozenset(string.ascii_letters + string.digits + " .%+@-")
Row = Sequence[str]


def writer_for(name: str) -> Callable[[Results, Sequence[Change]], str]:
    """What makes the report that the file's name asks for: .md, .html or .htm; a SourceError for another name."""
    lower = name.lower()
    if lower.endswith(".md"):
        return markdown
    if lower.endswith((".html", ".htm")):
        return html
    raise SourceError(f"A report cannot be written as {name}.", "Name it with .md or .html at its end.")


def markdown(results: Results, changes: Sequence[Change] = ()) -> str:
    """The report as Markdown."""
    lines = [f"# How well: {_plain(results.about)}", "", _told(results), ""]
    lines += [f"> {_plain(note)}" for note in results.notes] + ([""] if results.notes else [])
    if results.advice:
        lines += ["## What to change", "", *(f"- {_plain(one)}" for one in results.advice), ""]
    lines += ["## Figures", "", *_table(*figure_rows(results.figures)), ""]
    if changes:
        lines += ["## Before and now", "", *_table(*change_rows(changes)), ""]
    lines += ["## Time, in milliseconds", "", *_table(*latency_rows(results)), ""]
    if results.risk is not None:
        lines += [f"Area under risk and coverage: {results.risk:.3f} (0: the sure answers are all right).", ""]
    lines += [
        "## What the figures say",
        "",
        *(f"- **{name}**: {MEANINGS[name]}" for name in _names(results.figures)),
        "",
    ]
    lines += ["## Missed", "", *(f"- {_plain(_miss(one))}" for one in results.missed()[:MISSES])]
    return "\n".join(lines) + "\n"


def html(results: Results, changes: Sequence[Change] = ()) -> str:
    """The report as one HTML file that loads nothing."""
    whole = results.figures[ALL]
    parts = [f"<h1>How well: {_text(results.about)}</h1>", f"<p>{_text(_told(results))}</p>"]
    parts += [f"<p class=note>{_text(note)}</p>" for note in results.notes]
    if results.advice:
        parts.append("<h2>What to change</h2>" + _list(results.advice))
    parts += ["<h2>Figures</h2>", plots.bars({name: one.value for name, one in whole.items()}, top=1.0)]
    parts.append(_html_table(*figure_rows(results.figures)))
    if changes:
        parts.append("<h2>Before and now</h2>" + _html_table(*change_rows(changes)))
    parts.append("<h2>Time</h2><p>Median (thick) and 95th percentile (thin); retrieve holds encode to fuse.</p>")
    medians = {step: spent.p50 for step, spent in results.latency.items()}
    parts.append(plots.bars(medians, "ms", second={step: spent.p95 for step, spent in results.latency.items()}))
    if results.curve:
        answered = sum(bool(one.reply and one.reply.answered) for one in results.outcomes) / len(results.outcomes)
        parts.append("<h2>Risk and coverage</h2><p>Share of wrong answers when only the surest are given.</p>")
        parts.append(plots.curve(results.curve, "questions answered", "answers that are wrong", answered))
    parts.append("<h2>What the figures say</h2>")
    parts.append("<dl>" + "".join(f"<dt>{name}<dd>{MEANINGS[name]}" for name in _names(results.figures)) + "</dl>")
    missed = results.missed()
    parts.append(f"<h2>Missed: {len(missed)} of {len(results.outcomes)}</h2>" + _list(map(_miss, missed[:MISSES])))
    return _PAGE.format(title=_text(results.about), style=_STYLE + plots.STYLE, body="\n".join(parts))


# --- rows, for the terminal as well


def _told(results: Results) -> str:
    machine, settings = results.machine, results.settings
    return (
        f"{len(results.outcomes)} questions over {results.articles} articles, {results.made[:10]}. "
        f"{machine['system']}, {machine['cores']} cores, load {machine['load']}, Python {machine['python']}; "
        + ", ".join(f"{name} {value}" for name, value in settings.items())
        + "."
    )


def _names(figures: Figures) -> list[str]:
    return [name for name in MEANINGS if name in figures[ALL]]


def figure_rows(figures: Figures) -> tuple[Row, list[Row]]:
    """Head and rows of the table of figures: measures down, kinds of question across."""
    kinds = list(figures)
    head = ["measure", *(f"{kind}" for kind in kinds), "cases"]
    rows: list[Row] = []
    for name in _names(figures):
        cells = [f"{figures[kind][name].value:.3f}" if name in figures[kind] else "" for kind in kinds]
        rows.append([name, *cells, str(figures[ALL][name].cases)])
    return head, rows


def change_rows(changes: Sequence[Change]) -> tuple[Row, list[Row]]:
    """Head and rows of the comparison."""
    head = ["measure", "before", "now", "difference", "95 % interval", "verdict"]
    return head, [
        [
            one.measure,
            f"{one.before:.3f}",
            f"{one.now:.3f}",
            f"{one.now - one.before:+.3f}",
            f"{one.low:+.3f} to {one.high:+.3f}",
            verdict(one),
        ]
        for one in changes
    ]


def verdict(change: Change) -> str:
    """The change in a word."""
    return "worse" if change.worse else "better" if change.better else "no more than chance"


def latency_rows(results: Results) -> tuple[Row, list[Row]]:
    """Head and rows of the time that each step took."""
    return ["step", "p50", "p95"], [
        [step, f"{spent.p50:.1f}", f"{spent.p95:.1f}"] for step, spent in results.latency.items()
    ]


def _miss(outcome: Outcome) -> str:
    """A missed question in one line: what was asked, what was wanted, what came."""
    asked, reply = outcome.asked, outcome.reply
    wanted = "the articles do not say" if not asked.answerable else " or ".join(asked.answers) or "its article"
    place = (
        f"first hit at rank {outcome.hits.index(True) + 1}" if True in outcome.hits else "no passage that answers found"
    )
    came = f" Came ({reply.confidence:.2f}): {reply.text}" if reply else ""
    found = "" if not asked.answerable else f" ({place})"
    return f"{_cut(asked.text)} Wanted: {_cut(wanted)}{found}.{_cut(came)}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1].rsplit(" ", 1)[0] + "…"


# --- forms


def _table(head: Row, rows: Sequence[Row]) -> list[str]:
    lines = [f"| {' | '.join(map(_cell, head))} |", "|---|" + "--:|" * (len(head) - 1)]
    return lines + [f"| {' | '.join(map(_cell, row))} |" for row in rows]


def _cell(text: str) -> str:
    """A cell of a table: figures stay readable in the source."""
    return text if _OF_FIGURES.issuperset(text) else _plain(text)


def _plain(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    return markdown_escaped(one_line(text))


def _text(text: str) -> str:
    """Text on one line that HTML shows as it is."""
    return escape(one_line(text))


def _list(items: Sequence[str] | map[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(one)}" for one in items) + "</ul>"


def _html_table(head: Row, rows: Sequence[Row]) -> str:
    top = "".join(f"<th>{_text(cell)}" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{_text(cell)}" for cell in row) for row in rows)
    return f"<table><thead><tr>{top}</thead><tbody>{body}</tbody></table>"


_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}td,th{padding:.25rem .75rem;text-align:right;"
    "border-bottom:1px solid #8884}td:first-child,th:first-child{text-align:left}dt{font-weight:600}.note{opacity:.8}"
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>How well: {title}</title><style>{style}</style></head><body>
{body}
</body></html>
"""
