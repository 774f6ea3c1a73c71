"""What a drawing is made of, and what all charts share: scales, ticks, the width of a text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from unicodedata import east_asian_width

NARROW: Final = 360
WIDE: Final = 720
LINE: Final = 16
"""The height of a line of text."""

_ROUND: Final = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)
_LETTER: Final = 6.6
_IDEOGRAPH: Final = 12.0

Say = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """Values for each place on the axis, drawn in one style; None where there is nothing to draw.

    `low` and `high` bound each value where it is an estimate.
    """

    name: str
    values: Sequence[float | None]
    style: str = ""
    opacity: float = 1.0
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar (`rect`) or a point (`circle`), with the words that say what it shows, and maybe its interval.

    One with an address leads there; whoever uses no mouse finds the same links in the table beside the chart.
    """

    title: str
    x: float
    y: float
    width: float
    height: float
    style: str = ""
    opacity: float = 1.0
    round: bool = False
    interval: Rule | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line: a grid line, an axis, an interval."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line through the points of a series; it breaks where a value is missing."""

    path: str
    style: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words in a drawing; `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    style: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One width of a chart: what lies lowest comes first."""

    width: int
    height: float
    rules: Sequence[Rule] = field(default_factory=list)
    lines: Sequence[Line] = field(default_factory=list)
    marks: Sequence[Mark] = field(default_factory=list)
    texts: Sequence[Text] = field(default_factory=list)

    @property
    def has_links(self) -> bool:
        """Whether some mark leads somewhere: such a drawing is a group of links, not one picture."""
        return any(mark.href for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Key:
    """What a hue of the chart stands for, where the chart cannot say it beside the mark."""

    name: str
    style: str
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart in both widths, with a legend where marks cannot be labelled directly."""

    narrow: Drawing
    wide: Drawing
    keys: Sequence[Key] = ()


def both(draw: Callable[[int], Drawing], keys: Sequence[Key] = ()) -> Chart:
    """The chart that one function draws at either width."""
    return Chart(draw(NARROW), draw(WIDE), keys)


def width_of(text: str) -> float:
    """About how wide a text is at 12 px: ideographs are as wide as high, Latin letters half of it."""
    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    return wide * _IDEOGRAPH + (len(text) - wide) * _LETTER


def cut(text: str, room: float) -> str:
    """The text as far as it fits into the room, an ellipsis where it was cut."""
    if width_of(text) <= room:
        return text
    while text and width_of(text + "…") > room:
        text = text[:-1]
    return text.rstrip() + "…"


def round_up(value: float) -> float:
    """The least round number that is not below the value; 1 for nothing."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in _ROUND if step * unit >= value * (1 - 1e-9))


def path(points: Sequence[tuple[float, float] | None]) -> str:
    """The path through points, lifted where one is missing."""
    words, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        words.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "L"
    return " ".join(words)
