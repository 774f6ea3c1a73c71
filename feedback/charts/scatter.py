"""Points between two scales, each of them a link where it has an address; its size may say a third thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

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

Place: TypeAlias = tuple[float, float]

_TOP = 26.0
_PAD = 10.0
_LEAST, _MOST = 3.5, 9.0
_RING = 3.0
_HALF = LINE / 2 - 1
_RINGS, _STEP = 6, 14
_WAYS: Sequence[Place] = (
    (1, 0),
    (-1, 0),
    (0, -1),
    (0, 1),
    (0.7, -0.7),
    (0.7, 0.7),
    (-0.7, -0.7),
    (-0.7, 0.7),
)
"""The directions in which a label may stand beside its point, the best first."""


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
class _Box:
    """A stretch of the drawing that something covers."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def cut(self, other: _Box) -> bool:
        """Whether something would stand out of it."""
        across = self.left <= other.left and other.right <= self.right
        return not (across and self.top <= other.top and other.bottom <= self.bottom)

    def words(self, label: str) -> Text:
        return Text(round(self.left, 1), round(self.bottom - 4, 1), label, "start", "beside")

    def line_to(self, place: Place) -> Rule:
        """From the nearest edge to a point."""
        x = min(max(place[0], self.left), self.right)
        y = min(max(place[1], self.top), self.bottom)
        return Rule(round(x, 1), round(y, 1), *place, "leader")


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
    within = _Box(left, _TOP - LINE / 2, width - _PAD, base - 2)
    labels = list(_labels(within, dots, places))
    rules += [line for _, line in labels if line]
    return Drawing(
        width, base + 2 * LINE + 8, rules, [], marks, [*texts, *(words for words, _ in labels)]
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
    within: _Box, dots: Sequence[Dot], places: Sequence[Place]
) -> Iterator[tuple[Text, Rule | None]]:
    """The labels near their points, each where it covers least; one that stands apart with a line to its point."""
    sizes = [(place, _radius(dot)) for dot, place in zip(dots, places, strict=True)]
    taken = [_Box(x - r, y - r, x + r, y + r) for (x, y), r in sizes]
    told = [(place, dot) for dot, place in zip(dots, places, strict=True) if dot.label]
    for place, dot in sorted(told, key=lambda each: each[0][::-1]):
        tries = [(step, _box(dot, place, way, step)) for step in range(_RINGS) for way in _WAYS]
        step, box = min(
            tries,
            key=lambda each: (within.cut(each[1]), sum(map(each[1].meets, taken)), each[0]),
        )
        taken.append(box)
        yield box.words(dot.label), box.line_to(place) if step else None


def _box(dot: Dot, place: Place, way: Place, step: int) -> _Box:
    """Where a label would stand: beside its point in a direction, so many steps away."""
    room, gap = width_of(dot.label), _radius(dot) + 5 + step * _STEP
    x, y = place[0] + way[0] * gap, place[1] + way[1] * (gap + _HALF)
    left = x - room / 2 + way[0] * room / 2
    return _Box(left, y - _HALF, left + room, y + _HALF)
