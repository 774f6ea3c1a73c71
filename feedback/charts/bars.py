"""Bars from zero: side by side over time, or one under the other for named things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    width_of,
)
from feedback.charts.frame import Frame, Scale, frame

ROW = 36.0
_BAR = 12.0


def stacked_bars(
    places: Sequence[str],
    series: Sequence[Series],
    say: Say,
    *,
    against: Series | None = None,
    top: float = 0.0,
) -> Chart:
    """One bar for each place, the series on top of each other; a dash for what it is compared to."""
    totals = [sum(each.values[at] or 0 for each in series) for at in range(len(places))]
    others = [value or 0 for value in against.values] if against else []
    scale = Scale(top or round_up(max([*totals, *others], default=0)), say)
    keys = [Key(each.name, each.style, each.opacity) for each in series]
    if against:
        keys.append(Key(against.name, "dash"))
    shown = keys if len(keys) > 1 else ()
    return both(lambda width: _stacked(width, places, series, scale, against), shown)


def _stacked(
    width: int,
    places: Sequence[str],
    series: Sequence[Series],
    scale: Scale,
    against: Series | None,
) -> Drawing:
    box = frame(width, places, scale)
    marks = [mark for at in range(len(places)) for mark in _stack(box, at, series, scale.say)]
    if against:
        marks += _dashes(box, against, scale.say)
    return Drawing(width, box.height, box.rules(), [], marks, box.texts(scale.say))


def _stack(box: Frame, at: int, series: Sequence[Series], say: Say) -> list[Mark]:
    marks, height = [], 0.0
    for each in series:
        value = each.values[at] or 0
        if value:
            lower, height = height, height + value
            y, foot = box.y(height), box.y(lower)
            title = f"{box.places[at]}: {each.name} {say(value)}"
            gap = 0.5 if foot - y > 2 and lower else 0.0  # a hair between the parts of a bar
            x, wide = box.left + (at + 0.12) * box.step, box.step * 0.76
            shape = (round(x, 1), round(y, 1), round(wide, 1), round(foot - y - gap, 1))
            marks.append(Mark(title, *shape, each.style, each.opacity))
    return marks


def _dashes(box: Frame, against: Series, say: Say) -> list[Mark]:
    return [
        Mark(
            f"{box.places[at]}: {against.name} {say(value)}",
            *(round(box.left + at * box.step, 1), round(box.y(value) - 1, 1)),
            *(round(box.step, 1), 2),
            style="dash",
        )
        for at, value in enumerate(against.values[: len(box.places)])
        if value is not None
    ]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a row's bar."""

    name: str
    value: float
    style: str = ""


def ranked_bars(rows: Sequence[tuple[str, Sequence[Part]]], say: Say, *, top: float = 0.0) -> Chart:
    """One bar for each named thing, its name above, its value at its end."""
    most = top or max((sum(p.value for p in parts) for _name, parts in rows), default=0) or 1.0
    named = {part.name: part for _name, parts in rows for part in parts}
    keys = [Key(part.name, part.style) for part in named.values()] if len(named) > 1 else []
    return both(lambda width: _ranked(width, rows, Scale(most, say)), keys)


def _ranked(width: int, rows: Sequence[tuple[str, Sequence[Part]]], scale: Scale) -> Drawing:
    sums = [sum(part.value for part in parts) for _name, parts in rows]
    room = width - max((width_of(scale.say(each)) for each in sums), default=0) - 10
    marks: list[Mark] = []
    texts: list[Text] = []
    for at, (name, parts) in enumerate(rows):
        x, y = 0.0, at * ROW + 18
        texts.append(Text(0, round(y - 5, 1), cut(name, width), "start", "label"))
        for part in parts:
            size = part.value / scale.top * room
            title = f"{name}: {part.name} {scale.say(part.value)}"
            if part.value:
                marks.append(Mark(title, round(x, 1), y, round(size, 1), _BAR, part.style))
            x += size
        texts.append(Text(round(x + 6, 1), y + 10, scale.say(sums[at]), "start"))
    height = len(rows) * ROW + 4
    return Drawing(width, height, [Rule(0, 4, 0, height, "axis")], [], marks, texts)
