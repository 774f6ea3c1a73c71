"""The frame of charts over time or slots: a scale of three ticks to the left, places along the base."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from feedback.charts.drawing import LINE, WIDE, Rule, Say, Text, width_of

TOP = 10.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the values of a chart lie: x by place, y by value, from `floor` at the base to `top`."""

    width: int
    places: Sequence[str]
    top: float
    left: float
    right: float
    base: float
    floor: float = 0.0

    @property
    def height(self) -> float:
        """The whole height, with the words under the base."""
        return self.base + LINE + 8

    @property
    def step(self) -> float:
        """The room of one place."""
        return (self.right - self.left) / max(len(self.places), 1)

    def middle(self, at: int) -> float:
        """The x in the middle of a place."""
        return self.left + (at + 0.5) * self.step

    def y(self, value: float) -> float:
        """The y of a value."""
        return self.base - (value - self.floor) / (self.top - self.floor) * (self.base - TOP)

    def ticks(self) -> list[float]:
        """The values that the scale names."""
        return [self.floor, (self.floor + self.top) / 2, self.top]

    def rules(self) -> list[Rule]:
        """The grid lines, and the base as an axis."""
        levels = [(self.y(value), "grid") for value in self.ticks()[1:]]
        return [
            Rule(round(self.left, 1), round(y, 1), round(self.right, 1), round(y, 1), style)
            for y, style in [*levels, (self.base, "axis")]
        ]

    def texts(self, say: Say) -> list[Text]:
        """The words of the scale and of the places, as many as have room."""
        ticks = [
            Text(round(self.left - 6, 1), round(self.y(value) + 4, 1), say(value), "end")
            for value in self.ticks()
        ]
        widest = max((width_of(place) for place in self.places), default=0) + 12
        every = max(math.ceil(widest / self.step), 1) if self.places else 1
        shown = range(0, len(self.places), every)
        return [*ticks, *(self._place(at) for at in shown)]

    def _place(self, at: int) -> Text:
        half = width_of(self.places[at]) / 2
        x = min(max(self.middle(at), half), self.width - half)
        return Text(round(x, 1), self.base + LINE, self.places[at])


@dataclass(frozen=True, slots=True)
class Scale:
    """The values of a chart from `floor` to `top`, and how they are said."""

    top: float
    say: Say
    floor: float = 0.0


def frame(width: int, places: Sequence[str], scale: Scale, *, aside: float = 0.0) -> Frame:
    """A frame with room for the scale's words to the left and `aside` to the right."""
    middle = (scale.floor + scale.top) / 2
    left = max(width_of(scale.say(value)) for value in (scale.floor, middle, scale.top)) + 10
    base = 240.0 if width == WIDE else 160.0
    return Frame(width, places, scale.top, left, width - aside, base, scale.floor)
