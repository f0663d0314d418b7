"""Tables drawn with characters to rows of cells: "| Castle | 1,877 |" to "Castle / 1,877".

In: text as it was decoded. Out: the same with each row of such a table as a paragraph, without the lines around it.
"""

from __future__ import annotations

from collections.abc import Sequence

CELL = " / "  # between the cells of a row
_BARS = "|│┃║"
_RULES = frozenset(_BARS + "+-=_─━═┄┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╞╡╪╭╮╯╰: ")
_PLAIN_RULES = frozenset("-=_ ")  # which stand between parts of a text, too
_FEWEST_TABS = 2  # in each of two lines: a single tab stands in lists, too


def with_plain_rows(text: str) -> str:
    """The text with the cells of drawn tables parted by " / ", those between bars and those parted by tabs."""
    if "\t" not in text and not any(bar in text for bar in _BARS):
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    rows = [_between_bars(line) or _between_tabs(lines, place) for place, line in enumerate(lines)]
    if not any(rows):
        return text
    shown = (
        f"\n{CELL.join(filter(None, cells))}\n" if cells else line for line, cells in zip(lines, rows, strict=True)
    )
    return "\n".join(one for one, line in zip(shown, lines, strict=True) if not _is_rule(line))


def _between_bars(line: str) -> list[str]:
    """The cells of a line that begins and ends with a bar; none of another."""
    plain = line.strip()
    if len(plain) < 3 or plain[0] not in _BARS or plain[-1] not in _BARS:
        return []
    return [cell.strip() for cell in plain[1:-1].translate(dict.fromkeys(map(ord, _BARS), "|")).split("|")]


def _between_tabs(lines: Sequence[str], place: int) -> list[str]:
    """The cells of a line with tabs, where the one above or below has as many."""
    tabs = lines[place].strip().count("\t")
    near = (lines[other].strip() for other in (place - 1, place + 1) if 0 <= other < len(lines))
    if tabs < _FEWEST_TABS or all(line.count("\t") != tabs for line in near):
        return []
    return [cell.strip() for cell in lines[place].split("\t")]


def _is_rule(line: str) -> bool:
    """Whether a line only draws a table: "+------+------+"."""
    drawn = set(line.strip())
    return len(drawn) > 1 and drawn <= _RULES and not drawn <= _PLAIN_RULES
