"""The geometry of the operators' charts: numbers in, marks in the units of a drawing out; templates draw them. Pure.

Every chart is drawn twice, for a page and for a phone, so that its text keeps its size. Scales need not start
at zero: lines and intervals are read by their ends, which are labelled.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from feedback.charts.drawing import Text
from feedback.charts.intervals import Estimate

WIDE: Final = 720
NARROW: Final = 340
MOST_SERIES: Final = 5
MOST_POINTS: Final = 120
MOST_DOTS: Final = 40
_TEXT: Final = 7.0
_ROW: Final = 30
_GAP: Final = 15.0
_TOP: Final = 14.0
_BELOW: Final = 26.0
_NOTHING: Final = 0.01
"""How far a scale goes from zero where every interval is zero."""
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)

Point = tuple[float, float]
Say = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one line, from left to right."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Dot:
    """One point of a line, with the words that say what it shows."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line: its number from 1 on picks its style, `label` stands at its end."""

    number: int
    name: str
    points: str
    dots: Sequence[Dot]
    label: Text


@dataclass(frozen=True, slots=True)
class LinePlot:
    """Lines between two scales."""

    width: int
    height: float
    left: float
    right: float
    floor: float
    strokes: Sequence[Stroke]
    rungs: Sequence[Text]
    places: Sequence[Text]


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval with its mean, and the row that it stands in."""

    y: float
    low: float
    mean: float
    high: float
    tone: str
    name: Text
    note: Text
    title: str


@dataclass(frozen=True, slots=True)
class IntervalPlot:
    """Intervals on one scale, one row each; `zero` is where nothing differs, None where it is off the scale."""

    width: int
    height: float
    left: float
    right: float
    floor: float
    bars: Sequence[Bar]
    places: Sequence[Text]
    zero: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as a page holds it: the finding, the measure with its unit, both drawings, and the table."""

    key: str
    finding: str
    measure: str
    drawings: Sequence[LinePlot | IntervalPlot]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]] = field(default_factory=list)

    @property
    def has_lines(self) -> bool:
        """Whether lines are drawn rather than intervals."""
        return isinstance(self.drawings[0], LinePlot)


@dataclass(frozen=True, slots=True)
class Scale:
    """Values on [low, high] laid out from one end of a stretch to the other."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def line_plot(series: Sequence[Series], *, width: int, say_x: Say, say_y: Say) -> LinePlot:
    """Lay out at most five lines with their names at their ends; those without points are left out."""
    told = [each for each in series if each.points][:MOST_SERIES]
    rungs = ticks([y for each in told for _, y in each.points])
    margin = min(_extent([each.name for each in told]) + 12, width * 0.34)
    left, right = _extent([say_y(rung) for rung in rungs]) + 8, width - margin
    height = 220.0 if width > NARROW else 190.0
    across = _across([x for each in told for x, _ in each.points], left, right)
    up = Scale(rungs[0], rungs[-1], height - _BELOW, _TOP)
    strokes = [_stroke(at, each, across, up, (say_x, say_y)) for at, each in enumerate(told, 1)]
    return LinePlot(
        width,
        height,
        left,
        right,
        height - _BELOW,
        _apart(strokes, height - _BELOW),
        [Text(left - 6, up(rung), say_y(rung)) for rung in rungs],
        [Text(across(x), height - 8, say_x(x)) for x in sorted({across.low, across.high})],
    )


def interval_plot(spans: Sequence[Estimate], *, width: int, say: Say) -> IntervalPlot:
    """Lay out intervals on one scale that holds zero; their names stand beside them, on a phone above."""
    beside = width > NARROW
    left = min(_extent([each.name for each in spans]) + 16, width * 0.4) if beside else 6.0
    right = width - (_extent([each.note for each in spans]) + 16 if beside else 6.0)
    row = _ROW if beside else _ROW + 18
    ends = [end for each in spans for end in (each.low, each.high)]
    marks = ticks([0.0, *ends] if any(ends) else [-_NOTHING, _NOTHING])
    across = Scale(marks[0], marks[-1], left, right)
    floor = _TOP + row * len(spans)
    bars = [
        _bar(each, across, _TOP + row * at, (row, beside, say)) for at, each in enumerate(spans)
    ]
    shown = marks if beside else [marks[0], *({0.0} & set(marks[1:-1])), marks[-1]]
    return IntervalPlot(
        width,
        floor + _BELOW,
        left,
        right,
        floor,
        bars,
        [Text(across(mark), floor + 18, say(mark)) for mark in shown],
        across(0.0) if marks[0] <= 0 <= marks[-1] else None,
    )


def ticks(values: Iterable[float], most: int = 5) -> list[float]:
    """Round numbers, at most so many, the first not above the values and the last not below them."""
    told = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(told), max(told)
    if low == high:
        low, high = (low - abs(low) / 2, high + abs(high) / 2) if low else (0.0, 1.0)
    step = _step((high - low) / (most - 1))
    while math.ceil(high / step - 1e-9) - math.floor(low / step + 1e-9) > most - 1:
        step = _step(step * 1.01)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(at * step, 12) for at in range(first, last + 1)]


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """So few points that they can be told apart: of every stretch the lowest and the highest, and both ends.

    Nothing is averaged, so that no spike is lost.
    """
    if len(points) <= most:
        return list(points)
    inner = range(1, len(points) - 1)
    size = math.ceil(2 * len(inner) / (most - 2))
    kept = {0, len(points) - 1}
    for start in range(1, len(points) - 1, size):
        stretch = inner[start - 1 : start - 1 + size]
        kept |= {min(stretch, key=lambda at: points[at][1])}
        kept |= {max(stretch, key=lambda at: points[at][1])}
    return [points[at] for at in sorted(kept)]


def _step(least: float) -> float:
    unit = 10.0 ** math.floor(math.log10(least))
    return next(each * unit for each in _STEPS if each * unit >= least * (1 - 1e-9))


def _across(xs: Sequence[float], left: float, right: float) -> Scale:
    low, high = min(xs, default=0.0), max(xs, default=1.0)
    return Scale(low, high if high > low else low + 1, left, right)


def _stroke(number: int, series: Series, across: Scale, up: Scale, say: tuple[Say, Say]) -> Stroke:
    points = thinned(series.points)
    places = [(across(x), up(y)) for x, y in points]
    dots = [
        Dot(*place, f"{series.name}, {say[0](x)}: {say[1](y)}")
        for place, (x, y) in zip(places, points, strict=True)
    ]
    x, y = places[-1]
    line = " ".join(f"{left},{top}" for left, top in places)
    few = dots if len(dots) <= MOST_DOTS else dots[-1:]
    return Stroke(number, series.name, line, few, Text(x + 8, y, series.name))


def _apart(strokes: Sequence[Stroke], floor: float) -> list[Stroke]:
    """The strokes with their labels moved so far apart that each can be read."""
    order = sorted(strokes, key=lambda stroke: stroke.label.y)
    heights = [stroke.label.y for stroke in order]
    for at in range(1, len(heights)):
        heights[at] = max(heights[at], heights[at - 1] + _GAP)
    for at in range(len(heights) - 1, -1, -1):
        heights[at] = min(heights[at], floor - _GAP * (len(heights) - 1 - at))
    moved = {
        stroke.number: Text(stroke.label.x, round(height, 1), stroke.label.text)
        for stroke, height in zip(order, heights, strict=True)
    }
    return [
        Stroke(each.number, each.name, each.points, each.dots, moved[each.number])
        for each in strokes
    ]


def _bar(span: Estimate, across: Scale, top: float, how: tuple[int, bool, Say]) -> Bar:
    row, beside, say = how
    y = top + (row / 2 if beside else row - 14)
    note_x = across.end + 10 if beside else across.end
    title = f"{span.name}: {say(span.value)} [{say(span.low)}, {say(span.high)}] {span.note}"
    name = Text(across.start - 10 if beside else across.start, y if beside else y - 18, span.name)
    note = Text(note_x, y if beside else y - 18, span.note)
    low, mean, high = across(span.low), across(span.value), across(span.high)
    return Bar(y, low, mean, high, span.style or "machine", name, note, title.strip())


def _extent(texts: Iterable[str]) -> float:
    """About how wide the longest text is drawn; characters of Chinese take two places."""
    return max((sum(map(_places, text)) * _TEXT for text in texts), default=0.0)


def _places(letter: str) -> float:
    return 1.75 if unicodedata.east_asian_width(letter) in "WF" else 1.0
