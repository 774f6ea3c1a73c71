"""Waterfalls: whatever the steps are, the bars that are drawn run from zero to their sum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.screens.waterfalls import (
    BILLION,
    STACK_WIDTH,
    WIDTH,
    Bar,
    Step,
    billionths,
    stacks,
    waterfall,
)

amounts = st.lists(st.integers(-5 * BILLION, 5 * BILLION), max_size=12)
ROUGH = 0.02
"""Drawn to two places: each end of a bar is off by half of the last one."""


def say(amount: float) -> str:
    return f"{amount:+.4f}"


def steps(values: list[int]) -> list[Step]:
    return [Step(f"step {at}", value) for at, value in enumerate(values)]


def drawn(bar: Bar) -> float:
    """The length of a bar with the sign of its step, as one would measure it."""
    return bar.width if bar.step.amount > 0 else -bar.width


@given(amounts)
def test_each_bar_begins_where_the_one_above_it_ended_and_the_last_ends_at_the_sum(values):
    chart = waterfall(steps(values), "total", say)
    at = 0
    for bar in chart.bars:
        assert (bar.before, bar.after - bar.before) == (at, bar.step.amount)
        at = bar.after
    assert at == sum(values)
    assert (chart.total.before, chart.total.after) == (0, sum(values))


@given(amounts)
def test_the_lengths_that_are_drawn_add_up_to_the_length_of_the_total(values):
    chart = waterfall(steps(values), "total", say)
    # A bar too short to be seen is drawn longer than it is, and says so by its number alone.
    short = sum(bar.width <= 0.75 and bar.step.amount != 0 for bar in (*chart.bars, chart.total))
    off = abs(sum(map(drawn, chart.bars)) - (chart.total.end - chart.zero))
    assert off <= ROUGH * (len(values) + 1) + 0.75 * short


@given(amounts)
def test_nothing_is_drawn_outside_the_drawing(values):
    chart = waterfall(steps(values), "total", say)
    for bar in (*chart.bars, chart.total):
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH
        assert bar.y + chart.thick <= chart.height


@given(st.lists(amounts, max_size=6))
def test_stacks_share_one_scale_and_end_at_their_sums(rows):
    found = stacks([steps(values) for values in rows], say)
    assert len({stack.zero for stack in found}) <= 1
    for values, stack in zip(rows, found, strict=True):
        assert sum(bar.after - bar.before for bar in stack.bars) == sum(values)
        assert all(bar.x >= 0 and bar.x + bar.width <= STACK_WIDTH for bar in stack.bars)


def test_what_adds_stands_right_of_zero_and_what_takes_left_of_it():
    (stack,) = stacks([steps([3, -1, 2])], say)
    right, left = [stack.bars[0], stack.bars[2]], [stack.bars[1]]
    assert all(bar.x >= stack.zero for bar in right)
    assert all(bar.x + bar.width <= stack.zero + ROUGH for bar in left)


def test_a_slate_of_scores_0_can_be_drawn():
    chart = waterfall(steps([0, 0]), "total", say)
    assert [bar.width for bar in chart.bars] == [0, 0]
    assert chart.bars[0].title == "step 0: +0.0000"


@pytest.mark.parametrize("amount", [0.1, -2.000000001, 6.610197574])
def test_decimals_of_nine_places_are_whole_billionths(amount):
    assert billionths(amount) / BILLION == amount
