"""Charts as SVG, as far as this benchmark needs them: points joined by lines, on labelled axes.

Colours follow the reader's light or dark scheme. Everything is drawn in user units of one pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 70, 24, 46, 52
STYLE = """
  svg { color-scheme: light dark; --ink: #1f2933; --soft: #7b8794; --grid: #e4e7eb;
        --paper: #ffffff; --one: #1967b3; --two: #b45309; --three: #15803d; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e4e7eb; --soft: #9aa5b1; --grid: #323f4b; --paper: #1b222b; --one: #62b0ff;
          --two: #f5a524; --three: #4ade80; } }
  text { font: 12px system-ui, sans-serif; fill: var(--ink); }
  .title { font-size: 14px; font-weight: 600; }
  .tick { font-size: 11px; fill: var(--soft); }
  .grid { stroke: var(--grid); }
  .paper { fill: var(--paper); }
  polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
"""
COLOURS = ("var(--one)", "var(--two)", "var(--three)")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """Points that belong together, from left to right. `dashed` for what is not measured."""

    name: str
    points: Sequence[Point]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. `x` and `y` say what the axes count, with the unit."""

    title: str
    x: str
    y: str
    lines: Sequence[Line]


def drawn(charts: Sequence[Chart]) -> str:
    """An SVG with the charts one below the other."""
    height = HEIGHT * len(charts)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
    ]
    for place, chart in enumerate(charts):
        parts += [f'<g transform="translate(0 {place * HEIGHT})">', *_chart(chart), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def steps(most: float) -> list[float]:
    """Round numbers from 0 to beyond `most`, about five of them. Raises `ValueError` below 0."""
    if most < 0:
        raise ValueError("an axis begins at 0")
    rough = (most or 1.0) / 4
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= rough)
    return [step * number for number in range(math.ceil((most or 1.0) / step) + 1)]


def _chart(chart: Chart) -> Iterator[str]:
    points = [point for line in chart.lines for point in line.points]
    across = steps(max((x for x, _ in points), default=0))
    up = steps(max((y for _, y in points), default=0))
    yield _text(LEFT, 18, chart.title, "title")
    yield from _axes(across, up)
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, chart.x, anchor="middle")
    yield _text(LEFT, 38, chart.y, "tick")
    for line, colour in zip(chart.lines, COLOURS, strict=False):
        yield from _line(line, colour, across[-1], up[-1])
    yield from _legend(chart.lines)


def _axes(across: Sequence[float], up: Sequence[float]) -> Iterator[str]:
    for value in up:
        y = _y(value, up[-1])
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(LEFT - 8, y + 4, _number(value), "tick", "end")
    for value in across:
        yield _text(_x(value, across[-1]), HEIGHT - BOTTOM + 18, _number(value), "tick", "middle")


def _line(line: Line, colour: str, across: float, up: float) -> Iterator[str]:
    places = [(_x(x, across), _y(y, up)) for x, y in line.points]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = ' stroke-dasharray="5 5"' if line.dashed else ""
    yield f'<polyline points="{joined}" style="stroke:{colour}"{dashes}/>'
    if not line.dashed:
        for (x, y), (at, value) in zip(places, line.points, strict=True):
            told = escape(f"{line.name}: {_number(value)} at {_number(at)}")
            yield (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" style="fill:{colour}">'
                f"<title>{told}</title></circle>"
            )


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    """Names of the lines at the right of the top, where there is more than one."""
    right = float(WIDTH - RIGHT)
    for line, colour in reversed(list(zip(lines, COLOURS, strict=False))):
        if len(lines) > 1:
            yield _text(right, 38, line.name, anchor="end")
            right -= 7.0 * len(line.name) + 14
            yield f'<circle cx="{right + 6:.1f}" cy="34" r="4" style="fill:{colour}"/>'
            right -= 14


def _x(value: float, most: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * value / most


def _y(value: float, most: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{escape(text)}</text>'
