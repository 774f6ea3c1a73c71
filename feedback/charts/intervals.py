"""Estimates with their intervals: the point is what was seen, the thin line where the truth may lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feedback.charts.bars import ROW
from feedback.charts.drawing import (
    Chart,
    Drawing,
    Key,
    Mark,
    Rule,
    Say,
    Series,
    Text,
    both,
    cut,
    round_up,
)
from feedback.charts.frame import Frame, Scale, frame

_PAD = 8.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A named value between two bounds."""

    name: str
    value: float
    low: float
    high: float
    style: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that all others are read against."""

    name: str
    value: float


def intervals(
    estimates: Sequence[Estimate],
    say: Say,
    reference: Reference | None,
    *,
    ends: tuple[float, float],
) -> Chart:
    """One row for each estimate on a common scale, a dashed line for what they are read against."""
    return both(lambda width: _rows(width, estimates, say, reference, ends))


def _rows(
    width: int,
    estimates: Sequence[Estimate],
    say: Say,
    reference: Reference | None,
    ends: tuple[float, float],
) -> Drawing:
    low, high = ends

    def x(value: float) -> float:
        inside = min(max(value, low), high)
        return round(_PAD + (inside - low) / ((high - low) or 1) * (width - 2 * _PAD), 1)

    start = 22.0 if reference else 4.0
    base = start + len(estimates) * ROW
    marks, texts = [], []
    for at, each in enumerate(estimates):
        y = start + at * ROW + 26
        line = Rule(x(each.low), y, x(each.high), y, "interval")
        bounds = f"{say(each.value)} ({say(each.low)} – {say(each.high)})"
        title = f"{each.name}: {bounds} {each.note}".strip()
        mark = Mark(title, x(each.value), y, 4, 4, each.style, round=True, interval=line)
        marks.append(mark)
        texts.append(Text(0, y - 12, cut(each.name, width), "start", "label"))
    rules = [Rule(_PAD, base + 4, width - _PAD, base + 4, "axis")]
    for value, anchor in ((low, "start"), ((low + high) / 2, "middle"), (high, "end")):
        edge = {"start": -_PAD, "end": _PAD}.get(anchor, 0.0)
        texts.append(Text(x(value) + edge, base + 20, say(value), anchor))
    if reference:
        at_x = x(reference.value)
        rules.append(Rule(at_x, 16, at_x, base + 4, "zero"))
        words = f"{reference.name} {say(reference.value)}"
        anchor = "end" if at_x > width / 2 else "start"
        texts.append(Text(at_x, 12, words, anchor))
    return Drawing(width, base + 26, rules, [], marks, texts)


def points(places: Sequence[str], series: Sequence[Series], say: Say, *, top: float = 0.0) -> Chart:
    """For each place a point of each series with its interval, upright."""
    found = [value for each in series for value in (*each.values, *each.high) if value is not None]
    scale = Scale(top or round_up(max(found, default=0)), say)
    keys = [Key(each.name, each.style) for each in series] if len(series) > 1 else []
    return both(lambda width: _upright(width, places, series, scale), keys)


def _upright(width: int, places: Sequence[str], series: Sequence[Series], scale: Scale) -> Drawing:
    box = frame(width, places, scale)
    marks = [
        mark
        for at, each in enumerate(series)
        for mark in _standing(box, each, (at + 1) / (len(series) + 1), scale.say)
    ]
    return Drawing(width, box.height, box.rules(), [], marks, box.texts(scale.say))


def _standing(box: Frame, series: Series, shift: float, say: Say) -> list[Mark]:
    marks = []
    for at, value in enumerate(series.values):
        low, high = (bound[at] if bound else None for bound in (series.low, series.high))
        if value is None:
            continue
        x, y = round(box.left + (at + shift) * box.step, 1), round(box.y(value), 1)
        title, line = f"{box.places[at]}: {series.name} {say(value)}", None
        if low is not None and high is not None:
            title += f" ({say(low)} – {say(high)})"
            line = Rule(x, round(box.y(low), 1), x, round(box.y(min(high, box.top)), 1), "interval")
        size = 3 if box.step > 12 else 2
        marks.append(Mark(title, x, y, size, size, series.style, round=True, interval=line))
    return marks
