"""Points between two scales, each of them a link where it has an address; its size may say a third thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feedback.charts.drawing import (
    LINE,
    WIDE,
    Chart,
    Drawing,
    Key,
    Mark,
    Rule,
    Say,
    Text,
    both,
    width_of,
)

_TOP = 26.0
_PAD = 10.0
_LEAST, _MOST = 3.5, 9.0
_RING = 3.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A point; `size` from 0 to 1 is how large it is drawn, `label` stands beside it, a ring says that it is chosen."""

    x: float
    y: float
    title: str
    style: str = ""
    size: float = 0.0
    href: str = ""
    label: str = ""
    ring: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale with its name: the values that are written, from its lowest to its highest end, and how they are said."""

    name: str
    ticks: Sequence[float]
    say: Say


def scatter(dots: Sequence[Dot], across: Axis, up: Axis, keys: Sequence[Key] = ()) -> Chart:
    """All points, the last on top; scales need not start at zero, since points are read by place."""
    return both(lambda width: _drawn(width, dots, across, up), keys)


def _drawn(width: int, dots: Sequence[Dot], across: Axis, up: Axis) -> Drawing:
    left = max(width_of(up.say(tick)) for tick in up.ticks) + _PAD
    base = 340.0 if width == WIDE else 260.0
    ends = (left + _MOST, width - _MOST - _PAD)
    places = [
        (_at(each.x, across.ticks, *ends), _at(each.y, up.ticks, base - _MOST, _TOP))
        for each in dots
    ]
    rungs = [(_at(tick, up.ticks, base - _MOST, _TOP), up.say(tick)) for tick in up.ticks]
    rules = [Rule(round(left, 1), y, width - _PAD, y, "grid") for y, _ in rungs]
    rules.append(Rule(round(left, 1), base, width - _PAD, base, "axis"))
    texts = [Text(round(left - 6, 1), round(y + 4, 1), words, "end") for y, words in rungs]
    texts += [
        Text(_at(tick, across.ticks, *ends), base + LINE, across.say(tick)) for tick in across.ticks
    ]
    texts += [
        Text(0, 12, up.name, "start"),
        Text(width - _PAD, base + 2 * LINE + 2, across.name, "end"),
    ]
    marks = [mark for each, place in zip(dots, places, strict=True) for mark in _marks(each, place)]
    return Drawing(
        width, base + 2 * LINE + 8, rules, [], marks, [*texts, *_labels(width, dots, places)]
    )


def _at(value: float, ticks: Sequence[float], start: float, end: float) -> float:
    share = (value - ticks[0]) / ((ticks[-1] - ticks[0]) or 1.0)
    return round(start + share * (end - start), 1)


def _radius(dot: Dot) -> float:
    return round(_LEAST + min(max(dot.size, 0.0), 1.0) * (_MOST - _LEAST), 1)


def _marks(dot: Dot, place: tuple[float, float]) -> Iterable[Mark]:
    size = _radius(dot)
    yield Mark(dot.title, *place, size, size, dot.style, round=True, href=dot.href)
    if dot.ring:
        ring = size + _RING
        yield Mark(dot.title, *place, ring, ring, "ring", round=True)


def _labels(
    width: int, dots: Sequence[Dot], places: Sequence[tuple[float, float]]
) -> Iterable[Text]:
    """The labels beside their points, on the side with room, each below those that it would cover."""
    told = [(y, x, dot) for dot, (x, y) in zip(dots, places, strict=True) if dot.label]
    taken: list[tuple[float, float, float]] = []
    for y, x, dot in sorted(told, key=lambda each: each[:2]):
        room, gap = width_of(dot.label), _radius(dot) + 5
        starts = x + gap + room <= width
        low = x + gap if starts else x - gap - room
        height = y + 4
        for other, end, at in taken:
            if low < end and other < low + room and abs(height - at) < LINE - 2:
                height = at + LINE - 2
        taken.append((low, low + room, height))
        anchor = "start" if starts else "end"
        yield Text(
            round(low if starts else low + room, 1), round(height, 1), dot.label, anchor, "beside"
        )
