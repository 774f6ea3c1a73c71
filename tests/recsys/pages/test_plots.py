"""What the operators' charts promise whoever reads them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.charts.intervals import Estimate
from recsys.screens import plots

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda each: round(each, 6))


def say(number: float) -> str:
    return f"{number:g}"


def drawn(series, width=plots.WIDE):
    return plots.line_plot(series, width=width, say_x=say, say_y=say)


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_a_scale_holds_all_values_between_at_most_five_round_numbers(values):
    ticks = plots.ticks(values)
    assert 2 <= len(ticks) <= 5
    slack = 1e-9 * max(1, *map(abs, values))
    assert ticks[0] <= min(values) + slack
    assert ticks[-1] >= max(values) - slack


@given(st.lists(NUMBERS, min_size=1, max_size=900))
def test_thinning_keeps_both_ends_and_every_extreme(heights):
    points = list(enumerate(heights))
    kept = plots.thinned(points)
    assert len(kept) <= max(plots.MOST_POINTS, 2)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert min(y for _, y in kept) == min(heights)
    assert max(y for _, y in kept) == max(heights)
    assert kept == sorted(kept)


@given(st.lists(st.lists(NUMBERS, min_size=1, max_size=30), min_size=1, max_size=7))
def test_every_mark_stands_inside_its_drawing_and_at_most_five_lines_are_drawn(curves):
    series = [plots.Series(f"run {at}", list(enumerate(curve))) for at, curve in enumerate(curves)]
    plot = drawn(series)
    assert len(plot.strokes) == min(len(curves), plots.MOST_SERIES)
    for dot in (dot for stroke in plot.strokes for dot in stroke.dots):
        assert plot.left - 0.1 <= dot.x <= plot.right + 0.1
        assert 0 <= dot.y <= plot.floor + 0.1


def test_names_at_the_ends_of_lines_never_stand_on_each_other():
    series = [plots.Series(f"run {at}", [(1, 1.0), (2, 0.5 + at / 1000)]) for at in range(5)]
    heights = sorted(stroke.label.y for stroke in drawn(series).strokes)
    assert all(below - above >= 14 for above, below in itertools.pairwise(heights))
    assert heights[-1] <= drawn(series).floor


def test_a_line_without_points_is_left_out():
    plot = drawn([plots.Series("empty", []), plots.Series("told", [(1, 2.0)])])
    assert [stroke.name for stroke in plot.strokes] == ["told"]


@pytest.mark.parametrize("width", [plots.WIDE, plots.NARROW])
def test_intervals_stand_on_one_scale_with_the_zero_between_them(width):
    spans = [Estimate("worse", -0.02, -0.03, -0.01), Estimate("better", 0.02, 0.01, 0.03)]
    plot = plots.interval_plot(spans, width=width, say=say)
    worse, better = plot.bars
    assert plot.zero is not None
    assert worse.low < worse.mean < worse.high < plot.zero < better.low < better.mean < better.high
    assert plot.left <= worse.low
    assert better.high <= plot.right
    assert worse.y < better.y


def test_chinese_names_get_the_room_that_they_take():
    latin = drawn([plots.Series("abcdef", [(1, 1.0), (2, 2.0)])])
    chinese = drawn([plots.Series("最终拟合用时", [(1, 1.0), (2, 2.0)])])
    assert chinese.right < latin.right
