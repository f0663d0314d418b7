"""Plots as inline SVG: numbers in, a picture without scripts, fonts or addresses out. Colours come from the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 16, 48
_ROW = 26  # height of a bar with its label
_LABEL = 180  # room for the labels of bars


def curve(points: Sequence[tuple[float, float]], x_label: str, y_label: str, mark: float | None = None) -> str:
    """A step line of shares over shares; `mark` draws an upright line where the product stands."""
    top = max(0.1, math.ceil(10 * max((y for _, y in points), default=0.0)) / 10)
    x_of, y_of = _scale(0, 1, _LEFT, _WIDTH - _RIGHT), _scale(0, top, _HEIGHT - _BOTTOM, _TOP)
    parts = [_grid_y(y_of, [top * step / 4 for step in range(5)], "{:.0%}")]
    parts += [_text(x_of(share), _HEIGHT - 26, f"{share:.0%}", "middle") for share in (0, 0.25, 0.5, 0.75, 1)]
    if points:
        path = f"M{x_of(0):.1f},{y_of(points[0][1]):.1f}"
        path += "".join(f"V{y_of(y):.1f}H{x_of(x):.1f}" for x, y in points)
        parts.append(f'<path d="{path}" class="line"/>')
    if mark is not None:
        x = x_of(mark)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" class="mark"/>')
        parts.append(_text(min(x + 6, _WIDTH - 70), _TOP + 10, f"now {mark:.0%}", "start"))
    return _svg(_WIDTH, _HEIGHT, [*parts, *_axes(x_label, y_label)], f"{y_label} by {x_label}")


def bars(
    values: Mapping[str, float], unit: str = "", top: float | None = None, second: Mapping[str, float] | None = None
) -> str:
    """Level bars with their figures; `second` gives each a thin bar behind, as a 95th percentile behind a median."""
    most = top or max([*values.values(), *(second or {}).values()], default=1.0) or 1.0
    x_of = _scale(0, most, _LABEL, _WIDTH - 110)
    parts = []
    for row, (name, value) in enumerate(values.items()):
        y = 6 + row * _ROW
        parts.append(_text(_LABEL - 8, y + 14, name, "end"))
        told = _figure(value, unit)
        if second and name in second:
            parts.append(_bar(_LABEL, y + 6, x_of(second[name]) - _LABEL, 8, "behind"))
            told = f"{told.removesuffix(unit)}/ {_figure(second[name], unit)}"
        parts.append(_bar(_LABEL, y, x_of(value) - _LABEL, 20 if not second else 12, "bar"))
        end = max(x_of(value), x_of((second or {}).get(name, 0.0)))
        parts.append(_text(end + 6, y + 14, told, "start"))
    return _svg(_WIDTH, 12 + len(values) * _ROW, parts, "bars")


def growth(series: Mapping[str, Sequence[tuple[float, float]]], x_label: str, y_label: str) -> str:
    """Lines over two logarithmic axes: cost by size. A line that rises by one step a step grows with the size."""
    points = [point for line in series.values() for point in line if point[0] > 0 and point[1] > 0]
    if not points:
        return _svg(_WIDTH, _HEIGHT, _axes(x_label, y_label), y_label)
    xs, ys = [math.log10(x) for x, _ in points], [math.log10(y) for _, y in points]
    x_of = _scale(math.floor(min(xs)), max(math.ceil(max(xs)), math.floor(min(xs)) + 1), _LEFT, _WIDTH - 130)
    y_of = _scale(math.floor(min(ys)), max(math.ceil(max(ys)), math.floor(min(ys)) + 1), _HEIGHT - _BOTTOM, _TOP)
    decades = range(math.floor(min(ys)), max(math.ceil(max(ys)), math.floor(min(ys)) + 1) + 1)
    parts = [_grid_y(y_of, list(map(float, decades)), "10^{:.0f}", right=_WIDTH - 130)]
    parts += [
        _text(x_of(power), _HEIGHT - 26, f"{10**power:,}", "middle")
        for power in range(math.floor(min(xs)), math.ceil(max(xs)) + 1)
    ]
    for number, (name, line) in enumerate(series.items()):
        placed = [(x_of(math.log10(x)), y_of(math.log10(y))) for x, y in line if x > 0 and y > 0]
        path = "L".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<path d="M{path}" class="line s{number % 4}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="dot s{number % 4}"/>' for x, y in placed]
        if placed:
            parts.append(_text(placed[-1][0] + 8, placed[-1][1] + 4, name, "start"))
    return _svg(_WIDTH, _HEIGHT, [*parts, *_axes(x_label, y_label)], f"{y_label} by {x_label}")


STYLE = (
    "svg.plot{max-width:100%;height:auto;font:12px system-ui,sans-serif}"
    "svg.plot text{fill:currentColor}svg.plot .grid{stroke:currentColor;stroke-opacity:.15}"
    "svg.plot .line{fill:none;stroke:#2563eb;stroke-width:2}svg.plot .dot{fill:#2563eb}"
    "svg.plot .s1{stroke:#c2410c}svg.plot .dot.s1{fill:#c2410c}"
    "svg.plot .s2{stroke:#15803d}svg.plot .dot.s2{fill:#15803d}"
    "svg.plot .s3{stroke:#7e22ce}svg.plot .dot.s3{fill:#7e22ce}"
    "svg.plot .mark{stroke:#c2410c;stroke-dasharray:4 3}svg.plot .bar{fill:#2563eb}"
    "svg.plot .behind{fill:currentColor;fill-opacity:.25}"
)


def standalone(svg: str) -> str:
    """The picture as a file of its own, with its style."""
    opening, rest = svg.split(">", 1)
    return f'{opening} xmlns="http://www.w3.org/2000/svg"><style>{STYLE}</style>{rest}\n'


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    return Scale(low, high, start, end)


class Scale:
    """From a value to a place on the picture."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low, self._span = low, (high - low) or 1.0
        self._start, self._length = start, end - start

    def __call__(self, value: float) -> float:
        """The place of a value."""
        return self._start + (value - self._low) / self._span * self._length


def _grid_y(y_of: Scale, values: Sequence[float], form: str, right: int = _WIDTH - _RIGHT) -> str:
    lines = []
    for value in values:
        y = y_of(value)
        lines.append(f'<line x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        lines.append(_text(_LEFT - 8, y + 4, form.format(value), "end"))
    return "".join(lines)


def _axes(x_label: str, y_label: str) -> list[str]:
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    turned = f'<text transform="translate(14,{middle:.0f}) rotate(-90)" text-anchor="middle">{escape(y_label)}</text>'
    return [_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, x_label, "middle"), turned]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _bar(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height}" rx="2" class="{kind}"/>'


def _figure(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if unit and value >= 10 else f"{value:.1f} {unit}" if unit else f"{value:.3f}"


def _svg(width: int, height: int, parts: Sequence[str], label: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )
