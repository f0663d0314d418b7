"""The page of results: several sets side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.asks.figures import BINS, Bin, Figures, Shown

Sets = Mapping[str, Figures]  # by the name of the set

MEANINGS = """\
- **held**: a sentence that answers is shown. **first**: the first sentence shown answers, or would do.
- **precision**: sentences shown that are labelled (as answering, as good as it, or as what must stand before), over the
  questions answered. **recall**: labelled sentences that are shown. **f1** of the two, mean over questions.
- **balanced**: mean of near-misses refused and single questions answered; refusing at random gives .50.
- **behind others**: every third question that stands alone, asked again behind three about other articles and what was
  answered to them. A conversation must not hurt what has nothing to do with it.
- **short answers** are right when they hold the labelled one or are held by it; "rightly none": none is apt or shown.
- **headings**: lines shown that end as no sentence does, are no row of a list and carry no label.
- **ece**: expected calibration error of `confidence` in ten bins, against "an answering sentence is shown and
  precision is at least .5", over answered single questions and near-misses."""


def page(sets: Sets, made_by: str) -> str:
    """The page, with date and machine in `made_by`."""
    sizes = [f"- **{name}**: {_size(one)}" for name, one in sets.items()]
    kinds = [part for name, one in sets.items() for part in ("", f"### {name}", "", *_kinds(one))]
    parts = ["# Questions as users type them", "", made_by, "", *sizes, "", *_overview(sets), "", MEANINGS]
    parts += ["", "## By kind of question", *kinds, "", "## Near-misses refused, by what is wrong with them", ""]
    parts += [*_reasons(sets), "", "## How far confidence can be trusted", "", *_reliability(sets)]
    return "\n".join(parts) + "\n"


def _size(one: Figures) -> str:
    return (
        f"{one.single.questions} single questions, {one.follow.questions} follow-up turns in their conversations, "
        f"{one.near_misses} near-misses"
    )


def _overview(sets: Sets) -> list[str]:
    """A row a measure, a column a set."""
    rows: dict[str, Callable[[Figures], str]] = {
        "held": lambda of: _share(of.single.held),
        "first sentence right": lambda of: _share(of.single.first),
        "precision": lambda of: _share(of.single.precision),
        "recall": lambda of: _share(of.single.recall),
        "f1 of the shown set": lambda of: _share(of.single.f1),
        "single questions answered": lambda of: _share(of.single.answered),
        "near-misses refused": lambda of: _share(of.refused),
        "**balanced**": lambda of: _share(of.balanced),
        "follow-up turns held": lambda of: _share(of.follow.held),
        "follow-up turns: first, f1": lambda of: f"{_share(of.follow.first)}, {_share(of.follow.f1)}",
        "behind others: held; alone": lambda of: f"{_share(of.behind.held)}; {_share(of.alone.held)}",
        "behind others: near-misses refused; alone": lambda of: "{1:.3f}; {0:.3f}".format(*of.refused_behind),
        "short answers right / wrong / missed / rightly none": lambda of: _shorts(of.single),
        "short answers wrong, of those shown": lambda of: _share(of.single.shorts_wrong),
        "yes/no verdict right": lambda of: "{} of {}".format(*of.verdicts),
        "headings or link lines shown": lambda of: "{} of {}".format(*of.headings),
        "ece": lambda of: _share(of.ece),
        "p50, ms": lambda of: f"{of.milliseconds:.0f}",
    }
    table = [_row("", *sets), "|---" + "|--:" * len(sets) + "|"]
    return table + [_row(name, *map(figure, sets.values())) for name, figure in rows.items()]


def _kinds(one: Figures) -> list[str]:
    columns = ["kind", "n", "held", "first", "precision", "recall", "f1", "answered", "short answers", "p50, ms"]
    groups = {**one.kinds, "**all**": one.single, "follow-ups": one.follow}
    return [_row(*columns), "|---" + "|--:" * (len(columns) - 1) + "|", *(_kind(*group) for group in groups.items())]


def _kind(name: str, of: Shown) -> str:
    shares = (of.held, of.first, of.precision, of.recall, of.f1, of.answered)
    return _row(name, str(of.questions), *map(_share, shares), _shorts(of), f"{of.milliseconds:.0f}")


def _shorts(of: Shown) -> str:
    return " / ".join(str(of.shorts[judgement]) for judgement in ("right", "wrong", "missed", "rightly none"))


def _reasons(sets: Sets) -> list[str]:
    reasons = sorted({reason for one in sets.values() for reason in one.refused_by_reason})
    rows = [_row(reason, *(_reason(one, reason) for one in sets.values())) for reason in reasons]
    return [_row("", *sets), "|---" + "|--:" * len(sets) + "|", *rows]


def _reason(one: Figures, reason: str) -> str:
    share, count = one.refused_by_reason.get(reason, (0.0, 0))
    return f"{_share(share)} ({count})" if count else "-"


def _reliability(sets: Sets) -> list[str]:
    """A row a bin; of each set the answers in it, their mean confidence and how many are right."""
    columns = [f"{name}: {part}" for name in sets for part in ("answers", "confidence", "right")]
    rows = [_row(_range(number), *_binned(sets, number)) for number in range(BINS)]
    return [_row("confidence", *columns), "|---" + "|--:" * len(columns) + "|", *rows]


def _range(number: int) -> str:
    return f"{number / BINS:.1f} to {(number + 1) / BINS:.1f}"


def _binned(sets: Sets, number: int) -> list[str]:
    return [cell for one in sets.values() for cell in _cells(one.bins[number])]


def _cells(held: Bin | None) -> tuple[str, str, str]:
    return (str(held.answers), _share(held.confidence), _share(held.right)) if held else ("0", "-", "-")


def _share(value: float) -> str:
    return f"{value:.3f}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
