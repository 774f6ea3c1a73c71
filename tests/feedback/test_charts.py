"""Charts: bars begin at zero, intervals are drawn as wide as they are, names do not lie on each other."""

from __future__ import annotations

from itertools import pairwise

import pytest

from feedback.charts.bars import Part, ranked_bars, stacked_bars
from feedback.charts.drawing import Series, cut, width_of
from feedback.charts.heat import heat
from feedback.charts.intervals import Estimate, Reference, intervals, points
from feedback.charts.lines import lines
from feedback.charts.scatter import Axis, Dot, scatter
from feedback.tables import Share, Table, number

PLACES = ["1", "2", "3"]


def both(chart):
    return [chart.narrow, chart.wide]


def test_bars_begin_at_zero_and_are_as_high_as_their_values():
    for drawing in both(stacked_bars(PLACES, [Series("a", [10, 0, 5])], number)):
        base = next(rule.y1 for rule in drawing.rules if rule.style == "axis")
        ten, five = drawing.marks
        assert ten.y + ten.height == pytest.approx(base, abs=0.2)
        assert ten.height == pytest.approx(2 * five.height, abs=0.2)


def test_parts_of_a_bar_stand_on_each_other():
    chart = stacked_bars(["1"], [Series("a", [2]), Series("b", [1])], number)
    for drawing in both(chart):
        first, second = drawing.marks
        assert second.y + second.height == pytest.approx(first.y, abs=1)
    assert [key.name for key in chart.keys] == ["a", "b"]


def test_rows_of_bars_share_one_scale():
    chart = ranked_bars([("x", [Part("n", 4)]), ("y", [Part("n", 1)])], number)
    for drawing in both(chart):
        assert drawing.marks[0].width == pytest.approx(4 * drawing.marks[1].width, abs=0.2)
        assert all(mark.x == 0 for mark in drawing.marks)


def test_an_interval_is_drawn_from_bound_to_bound():
    chart = intervals(
        [Estimate("x", 0.5, 0.25, 1.0)], number, Reference("all", 0.25), ends=(0.0, 1.0)
    )
    for drawing in both(chart):
        line = drawing.marks[0].interval
        axis = next(rule for rule in drawing.rules if rule.style == "axis")
        reference = next(rule for rule in drawing.rules if rule.style == "zero")
        assert line.x2 == axis.x2
        assert line.x1 == reference.x1
        assert line.x1 < drawing.marks[0].x < line.x2


def test_a_missing_value_breaks_the_line():
    chart = lines(PLACES, [Series("a", [1, None, 2])], number)
    for drawing in both(chart):
        assert drawing.lines[0].path.count("M") == 2
        assert len(drawing.marks) == 2


def test_names_at_the_ends_of_lines_keep_apart_and_above_the_places():
    chart = lines(PLACES, [Series(name, [0, 0, 0]) for name in "abc"], number)
    for drawing in both(chart):
        base = next(rule.y1 for rule in drawing.rules if rule.style == "axis")
        names = sorted(text.y for text in drawing.texts if text.text in "abc")
        assert names[-1] <= base + 4
        assert all(lower - upper >= 15 for upper, lower in pairwise(names))


def test_points_without_a_value_are_left_out():
    series = Series("a", [0.5, None], low=[0.4, None], high=[0.6, None])
    for drawing in both(points(["1", "2"], [series], number)):
        assert len(drawing.marks) == 1


def test_a_heat_strip_has_a_cell_for_each_hour_of_the_week():
    for drawing in both(heat({(0, 5): 8, (6, 23): 4}, list("MTWTFSS"), number)):
        assert len(drawing.marks) == 7 * 24
        assert max(mark.opacity for mark in drawing.marks) == 1.0
        assert [mark.title for mark in drawing.marks if ": 8" in mark.title] == ["M 5:00–6:00: 8"]


@pytest.mark.parametrize("places", [[], ["one"], ["a very long name of a place"] * 40])
def test_words_stay_inside_the_drawing(places):
    for drawing in both(stacked_bars(places, [Series("a", [1.0] * len(places))], number)):
        for text in drawing.texts:
            half = width_of(text.text) / 2
            if text.anchor == "middle":
                assert text.x - half >= -0.1
                assert text.x + half <= drawing.width + 0.1


def test_a_name_is_cut_where_it_has_no_room():
    assert cut("人工智能与电影", 40) == "人工…"
    assert cut("short", 100) == "short"


def test_numbers_are_rounded_and_not_cut_off():
    shown = Table("t", ["name", "share", "mean"], [("x", Share(1204 / 4110), 3.816)]).shown[0]
    assert [cell.text for cell in shown] == ["x", "29.3\N{NO-BREAK SPACE}%", "3.82"]


def test_the_figures_of_a_column_have_equally_many_decimals():
    rows = [("a", 1234, 5.0, 2.0), ("b", 7, 4.636, 3.0), ("c", 3, None, None)]
    told = Table("t", ["name", "count", "mean", "whole"], rows).shown
    written = [[cell.text for cell in row[1:]] for row in told]
    assert written == [["1,234", "5.00", "2"], ["7", "4.64", "3"], ["3", "–", "–"]]


def axes():
    return Axis("coverage", [0.0, 0.5, 1.0], number), Axis("NDCG", [0.1, 0.2], number)


def test_points_lie_by_both_scales_within_the_frame():
    dots = [Dot(0.0, 0.1, "low"), Dot(1.0, 0.2, "high"), Dot(0.5, 0.15, "middle")]
    for drawing in both(scatter(dots, *axes())):
        low, high, middle = drawing.marks
        assert low.x < middle.x < high.x
        assert low.y > middle.y > high.y
        assert middle.x == pytest.approx((low.x + high.x) / 2, abs=0.1)
        assert middle.y == pytest.approx((low.y + high.y) / 2, abs=0.1)
        for mark in drawing.marks:
            assert mark.width <= mark.x <= drawing.width - mark.width
            assert mark.width <= mark.y <= drawing.height - mark.width


def test_a_point_is_as_large_as_it_says_and_a_link_where_it_leads_somewhere():
    small, large = Dot(0.1, 0.1, "small"), Dot(0.9, 0.2, "large", size=1.0, href="?point=1")
    for drawing in both(scatter([small, large], *axes())):
        assert drawing.marks[0].width < drawing.marks[1].width
        assert [mark.href for mark in drawing.marks] == ["", "?point=1"]
        assert drawing.has_links
    for drawing in both(scatter([small], *axes())):
        assert not drawing.has_links


def test_the_chosen_point_has_a_ring_with_its_words():
    for drawing in both(scatter([Dot(0.5, 0.1, "this one", ring=True)], *axes())):
        dot, ring = drawing.marks
        assert (ring.style, ring.title, ring.x, ring.y) == ("ring", dot.title, dot.x, dot.y)
        assert ring.width > dot.width


def test_labels_lie_neither_on_each_other_nor_on_points_nor_outside():
    close = [Dot(0.9, 0.15 + at / 1e4, "x", label=f"scorer {at}") for at in range(5)]
    cloud = [Dot(0.8 + at / 100, 0.15, "x", size=1) for at in range(12)]
    for drawing in both(scatter([*cloud, *close], *axes())):
        labels = [each for each in drawing.texts if each.style == "beside"]
        boxes = [(each.x, each.x + width_of(each.text), each.y - 9, each.y) for each in labels]
        boxes += [
            (mark.x - mark.width, mark.x + mark.width, mark.y - mark.width, mark.y + mark.width)
            for mark in drawing.marks[: len(cloud)]
        ]
        assert len(labels) == 5
        for at, one in enumerate(boxes[:5]):
            assert 0 <= one[0] < one[1] <= drawing.width
            for other in boxes[at + 1 :]:
                beside = one[1] <= other[0] or other[1] <= one[0]
                assert beside or one[3] <= other[2] or other[3] <= one[2]
