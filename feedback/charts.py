"""The geometry of charts: numbers in, marks in the units of the drawing out; a template draws them.

Drawings are 360 units wide, so that a phone shows them at their own size. Bars start at zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

WIDTH: Final = 360
HEIGHT: Final = 190
_LEFT: Final = 40
_TOP: Final = 10
_BASE: Final = 160
_MOST_LABELS: Final = 6
_ROUND: Final = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Series:
    """Values for each place on the axis, drawn in one style; None where there is nothing to draw."""

    name: str
    values: Sequence[float | None]
    style: str = ""
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar, or a point of a line, with the words that say what it shows."""

    title: str
    x: float
    y: float
    width: float
    height: float
    style: str
    opacity: float


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside an axis."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line through the points of a series; it breaks where a value is missing."""

    path: str
    style: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing: marks over a base line, a scale of three ticks, labels below."""

    marks: Sequence[Mark]
    ticks: Sequence[Label]
    labels: Sequence[Label]
    series: Sequence[Series]
    lines: Sequence[Line] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    base: int = _BASE


Say = Callable[[float], str]


def stacked_bars(places: Sequence[str], series: Sequence[Series], say: Say) -> Chart:
    """One bar for each place, the series on top of each other in their order."""
    totals = [sum(each.values[at] or 0 for each in series) for at in range(len(places))]
    top = _round_up(max(totals, default=0))
    step = (WIDTH - _LEFT) / max(len(places), 1)
    marks = []
    for at, place in enumerate(places):
        height = 0.0
        for each in series:
            value = each.values[at] or 0
            if value:
                size = value / top * (_BASE - _TOP)
                height += size
                x, wide = _LEFT + at * step + step * 0.1, step * 0.8
                title = f"{place}: {each.name} {say(value)}"
                box = (round(x, 2), round(_BASE - height, 2), round(wide, 2), round(size, 2))
                marks.append(Mark(title, *box, each.style, each.opacity))
    return Chart(marks, _ticks(top, say), _places(places, step), series)


def lines(places: Sequence[str], series: Sequence[Series], say: Say) -> Chart:
    """A line with points for each series."""
    top = _round_up(max((v for each in series for v in each.values if v is not None), default=0))
    step = (WIDTH - _LEFT) / max(len(places), 1)
    marks, drawn = [], []
    for each in series:
        points = [
            None if value is None else (_LEFT + (at + 0.5) * step, _height(value, top))
            for at, value in enumerate(each.values)
        ]
        drawn.append(Line(_path(points), each.style))
        for place, value, point in zip(places, each.values, points, strict=True):
            if value is not None and point is not None:
                title = f"{place}: {each.name} {say(value)}"
                x, y = round(point[0], 2), round(point[1], 2)
                marks.append(Mark(title, x, y, 3, 3, each.style, each.opacity))
    return Chart(marks, _ticks(top, say), _places(places, step), series, drawn)


def _height(value: float, top: float) -> float:
    return _BASE - value / top * (_BASE - _TOP)


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    words, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        words.append(f"{pen}{point[0]:.2f} {point[1]:.2f}")
        pen = "L"
    return " ".join(words)


def _round_up(value: float) -> float:
    """The least round number that is not below the value; 1 for nothing."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in _ROUND if step * unit >= value * (1 - 1e-9))


def _ticks(top: float, say: Say) -> list[Label]:
    return [Label(_LEFT - 6, _height(v, top) + 4, say(v)) for v in (0.0, top / 2, top)]


def _places(places: Sequence[str], step: float) -> list[Label]:
    every = math.ceil(len(places) / _MOST_LABELS) or 1
    return [
        Label(round(_LEFT + (at + 0.5) * step, 2), _BASE + 18, place)
        for at, place in enumerate(places)
        if at % every == 0
    ]
