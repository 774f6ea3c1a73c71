"""The geometry of waterfalls: signed steps in, bars out that run from zero to their sum; a template draws them.

Amounts are whole billionths, so that the bars add up exactly; only where they are drawn is rounded. A waterfall is
360 units wide, which a phone shows at its own size; a stack is one line of 200 units that may be stretched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

BILLION: Final = 10**9
WIDTH: Final = 360
STACK_WIDTH: Final = 200
_EDGE: Final = 4
_STEP: Final = 38
_TEXT: Final = 14
_BAR: Final = 20
THICK: Final = 11
_LEAST: Final = 0.75
"""A bar of some width at all can be seen and pointed at."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a sum: how it is called, how much it adds, and the style of its bar."""

    name: str
    amount: int
    style: str = ""
    opacity: float = 1.0


Say = Callable[[float], str]
"""An amount in words."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A step as it is drawn: from the running total before it to the one after; `amount` and `title` are words."""

    step: Step
    amount: str
    title: str
    before: int
    after: int
    x: float
    width: float
    y: float
    text_y: float
    end: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All steps from the top down, and the total as the last bar; `zero` is where sums begin."""

    bars: Sequence[Bar]
    total: Bar
    zero: float
    height: float
    width: int = WIDTH
    thick: int = THICK


@dataclass(frozen=True, slots=True)
class Span:
    """The amounts that a drawing has room for, and how wide it is."""

    low: int
    high: int
    width: int

    def place(self, amount: int) -> float:
        """Where an amount lies, in the units of the drawing."""
        reach = (self.high - self.low) or 1
        return _EDGE + (amount - self.low) / reach * (self.width - 2 * _EDGE)


@dataclass(frozen=True, slots=True)
class Stack:
    """The steps of one sum in one line: what adds to the right of zero, what takes to its left."""

    bars: Sequence[Bar]
    zero: float
    total: float
    width: int = STACK_WIDTH


def waterfall(steps: Sequence[Step], name: str, say: Say) -> Waterfall:
    """The steps one below the other, each from where the one above it ended; `name` calls the total."""
    totals = _running(steps)
    draw = _Drawing(Span(min(totals), max(totals), WIDTH), say)
    bars = [draw.bar(step, totals[at], totals[at + 1], at * _STEP) for at, step in enumerate(steps)]
    total = draw.bar(Step(name, totals[-1], "mark--total"), 0, totals[-1], len(steps) * _STEP)
    span = draw.span
    return Waterfall(bars, total, round(span.place(0), 2), (len(steps) + 1) * _STEP)


def stacks(rows: Sequence[Sequence[Step]], say: Say) -> list[Stack]:
    """One line for each row of steps, all on one scale, so that rows can be compared."""
    low = min((_sum(steps, -1) for steps in rows), default=0)
    high = max((_sum(steps, 1) for steps in rows), default=0)
    draw = _Drawing(Span(min(low, 0), max(high, 0), STACK_WIDTH), say)
    return [draw.stack(steps) for steps in rows]


@dataclass(frozen=True, slots=True)
class _Drawing:
    span: Span
    say: Say

    def stack(self, steps: Sequence[Step]) -> Stack:
        """Steps in one line, outwards from zero."""
        reached, bars = {1: 0, -1: 0}, []
        for step in steps:
            side = 1 if step.amount >= 0 else -1
            before, after = reached[side], reached[side] + step.amount
            if step.amount:
                bars.append(self.bar(step, before, after, 0))
            reached[side] = after
        total = self.span.place(reached[1] + reached[-1])
        return Stack(bars, round(self.span.place(0), 2), round(total, 2))

    def bar(self, step: Step, before: int, after: int, top: float) -> Bar:
        """One step, from one running total to the next."""
        start, end = self.span.place(before), self.span.place(after)
        amount = self.say(step.amount / BILLION)
        return Bar(
            step=step,
            amount=amount,
            title=f"{step.name}: {amount}",
            before=before,
            after=after,
            x=round(min(start, end), 2),
            width=round(max(abs(end - start), _LEAST if step.amount else 0.0), 2),
            y=top + _BAR,
            text_y=top + _TEXT,
            end=round(end, 2),
        )


def _running(steps: Iterable[Step]) -> list[int]:
    totals = [0]
    for step in steps:
        totals.append(totals[-1] + step.amount)
    return totals


def _sum(steps: Iterable[Step], side: int) -> int:
    return sum(step.amount for step in steps if step.amount * side > 0)


def billionths(amount: float) -> int:
    """A decimal of nine places, as a trace holds it, as a whole number."""
    return round(amount * BILLION)
