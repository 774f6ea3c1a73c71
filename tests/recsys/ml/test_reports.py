from __future__ import annotations

import json
from dataclasses import replace
from math import log, log2

import numpy as np
import pytest

from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.evaluation.asking import Case, judge
from recsys.ml.evaluation.intervals import Interval
from recsys.ml.evaluation.reports import Comparison, Report, World, measures, shares_of

ITEMS = [f"item {at:02}" for at in range(30)]
CATALOGUE = Vocabulary.of(ITEMS)
TAGS = [["even" if at % 2 == 0 else "odd"] for at in range(30)]
ROWS = Interactions.of(
    [f"member {at}" for at in range(8)],
    [ITEMS[0]] * 6 + [ITEMS[1], ITEMS[29]],
    [1.0] * 8,
    [float(at) for at in range(8)],
)
WORLD = World.of(ROWS, CATALOGUE, TAGS, {"ada": ("regulars",), "bob": ()})


def case(member: str, target: str, *seen: str) -> Case:
    return Case(
        member, History.of((item, 1.0, float(at)) for at, item in enumerate(seen)), (target,)
    )


def falling(histories, items):
    return np.tile(np.arange(len(items), 0, -1.0), (len(histories), 1))


def rising(histories, items):
    return np.tile(np.arange(len(items), dtype=float), (len(histories), 1))


CASES = [
    case("ada", ITEMS[14], *ITEMS[20:26]),
    case("bob", ITEMS[0], ITEMS[20]),
    case("eve", ITEMS[1]),
]


def test_recall_at_20_sees_what_ten_places_do_not():
    figures = Report.of(judge(falling, CASES[:1], CATALOGUE)).members
    assert (figures.hit_rate, figures.recall, figures.recall_20, figures.mrr) == (0, 0, 1, 0)


def test_how_sure_each_measure_is_stands_beside_it_as_if_it_were_drawn_alone():
    cases = [case(f"m{at}", ITEMS[at % 13], ITEMS[20 + at % 7]) for at in range(60)]
    judged = judge(falling, cases, CATALOGUE)
    figures = Report.of(judged, WORLD).members
    alone = measures(judged, WORLD)
    for name in ("ndcg", "recall", "hit_rate", "mrr", "recall_20", "precision", "map", "novelty"):
        told = Interval.of(alone[name])
        assert figures.bounds[name] == pytest.approx((told.low, told.high)), name
        assert told.low - 1e-9 <= getattr(figures, name) <= told.high + 1e-9
    assert (figures.ndcg_low, figures.ndcg_high) == figures.bounds["ndcg"]
    assert json.loads(json.dumps(Report.of(judged, WORLD).as_json()))["members"]["bounds"]
    assert not Report.of(judged, WORLD).newcomers.bounds
    assert not any(each.bounds for each in Report.of(judged, WORLD).groups.values())


def test_each_group_is_told_apart_with_its_number():
    report = Report.of(judge(falling, CASES, CATALOGUE), WORLD)
    assert (report.members.n, report.newcomers.n) == (2, 1)
    assert {name: each.n for name, each in report.groups.items()} == {
        "cold_members": 1,
        "cold_items": 2,
        "segment:regulars": 1,
    }
    assert report.groups["cold_members"].ndcg == 1.0
    assert report.groups["cold_items"].ndcg == pytest.approx((0 + 1 / log2(3)) / 2)


def test_a_target_outside_the_catalogue_is_cold():
    report = Report.of(judge(falling, [case("ada", "gone", ITEMS[0])], CATALOGUE), WORLD)
    assert report.groups["cold_items"].n == 1


def test_lists_are_measured_by_what_is_known_of_the_items():
    figures = Report.of(judge(falling, CASES[1:2], CATALOGUE), WORLD).members
    # The list is items 0 … 9: half of them even, as the whole profile is.
    assert figures.novelty == pytest.approx((log2(8 / 6) + 9 * log2(8)) / 10)
    assert figures.diversity == pytest.approx(1 - 20 / 45)
    assert figures.calibration == pytest.approx(log(1 / (0.99 * 0.5 + 0.01)))


def test_without_that_nothing_is_said_of_it():
    figures = Report.of(judge(falling, CASES, CATALOGUE)).members
    assert (figures.novelty, figures.diversity, figures.calibration) == (None, None, None)
    assert (figures.serendipity, figures.popularity_lift) == (None, None)


def test_lists_and_histories_are_compared_in_popularity():
    figures = Report.of(judge(falling, CASES[1:2], CATALOGUE), WORLD).members
    # Bob's list holds one item of six interactions, one of one and eight of none; his own item has none.
    assert figures.popularity_lift is None
    known = Report.of(judge(falling, [case("ada", ITEMS[2], ITEMS[1])], CATALOGUE), WORLD).members
    # Items 0, 2 … 10: six interactions over ten places, beside one of the item in the history.
    assert known.popularity_lift == pytest.approx(6 / 10 - 1)


def test_auc_is_over_the_whole_catalogue_without_what_was_seen():
    judged = judge(falling, [case("ada", ITEMS[14], ITEMS[0], ITEMS[29])], CATALOGUE)
    # Of the 27 others, 13 are ranked before the target.
    assert Report.of(judged).members.auc == pytest.approx(14 / 27)
    assert Report.of(judged).gini == pytest.approx(20 / 30)


def test_lists_without_scores_have_no_auc():
    judged = judge(falling, CASES, CATALOGUE)
    lists_only = replace(judged, auc=None)
    assert Report.of(lists_only).members.auc is None


def test_two_models_are_compared_member_by_member():
    ours, theirs = judge(falling, CASES, CATALOGUE), judge(rising, CASES, CATALOGUE)
    compared = Comparison.of(ours, theirs, WORLD)
    own, other = Report.of(ours, WORLD), Report.of(theirs, WORLD)
    assert compared.members["ndcg"].n == 2
    assert compared.members["ndcg"].mean == pytest.approx(own.members.ndcg - other.members.ndcg)
    assert compared.groups["segment:regulars"].n == 1
    assert compared.groups["newcomers"].mean == pytest.approx(1 / log2(3))
    assert compared.p_value == pytest.approx(1.0, abs=0.01), "one member says nothing beyond chance"
    assert json.loads(json.dumps(compared.as_json(), allow_nan=False))["members"]["mrr"]["n"] == 2


def test_other_cases_are_no_comparison():
    ours, theirs = judge(falling, CASES, CATALOGUE), judge(rising, CASES[:2], CATALOGUE)
    with pytest.raises(ValueError, match="same cases"):
        Comparison.of(ours, theirs)


def test_only_the_most_frequent_values_count_and_a_share_is_of_one():
    shares = shares_of([["a", "b"], ["a"], [], ["c", "a"]], most=2)
    assert shares.tolist() == [[0.5, 0.5], [1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]
