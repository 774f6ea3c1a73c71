from __future__ import annotations

import json

import numpy as np
import pytest

from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.evaluation.asking import ALL, Case, Known, cases_after
from recsys.ml.evaluation.reports import evaluate

ITEMS = [f"item {at:02}" for at in range(20)]
CATALOGUE = Vocabulary.of(ITEMS)
ROWS = Interactions.of(
    ["old", "old", "old", "old", "new", "still"],
    [ITEMS[0], ITEMS[1], ITEMS[2], ITEMS[3], ITEMS[4], ITEMS[5]],
    [1.0, 1.0, 0.0, 0.5, 1.0, 1.0],
    [1.0, 2.0, 11.0, 12.0, 13.0, 3.0],
)


def by_member(cases):
    return {case.member: case for case in cases}


def of(*targets: str, seen: tuple[str, ...] = ("item 19",)) -> Case:
    return Case("m", History.of((item, 1.0, 0.0) for item in seen), targets)


def falling(histories, items):
    """Scores 20, 19, … so that the item at index i is ranked i + 1."""
    return np.tile(np.arange(len(items), 0, -1.0), (len(histories), 1))


def test_the_target_is_the_last_event_and_the_input_all_before_it():
    cases = by_member(cases_after(ROWS, 10.0))
    assert set(cases) == {"old", "new"}
    assert cases["old"].targets == (ITEMS[3],)
    assert cases["old"].history.items == (ITEMS[0], ITEMS[1], ITEMS[2])
    assert cases["new"].history.items == ()


def test_all_events_after_the_cut_are_targets_where_that_is_asked():
    cases = by_member(cases_after(ROWS, 10.0, targets=ALL))
    assert cases["old"].targets == (ITEMS[2], ITEMS[3])
    assert cases["old"].history.items == (ITEMS[0], ITEMS[1])


def test_nothing_after_the_end_of_the_window_is_seen():
    cases = by_member(cases_after(ROWS, 10.0, until=12.0))
    assert set(cases) == {"old"}
    assert cases["old"].targets == (ITEMS[2],)


def test_only_what_could_be_known_is_asked_where_that_is_wished():
    known = Known.of(ROWS.where(ROWS.times <= 11.0))
    cases = cases_after(ROWS, 10.0, targets=ALL, known=known)
    assert [(case.member, case.targets) for case in cases] == [("old", (ITEMS[2],))]


def test_the_place_of_the_target_makes_the_gain():
    report = evaluate(falling, [of(ITEMS[0]), of(ITEMS[2]), of(ITEMS[10])], CATALOGUE)
    assert report.members.n == 3
    assert report.members.ndcg == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert report.members.recall == pytest.approx(2 / 3)
    assert report.coverage == 10 / 20


def test_what_was_seen_is_not_ranked():
    report = evaluate(falling, [of(ITEMS[2], seen=(ITEMS[0], ITEMS[1]))], CATALOGUE)
    assert report.members.ndcg == 1.0


def test_an_unknown_item_is_not_recommended():
    def only_two(histories, items):
        row = np.full(len(items), np.nan)
        row[[4, 7]] = 1.0, 2.0
        return np.tile(row, (len(histories), 1))

    report = evaluate(only_two, [of(ITEMS[3]), of(ITEMS[7])], CATALOGUE)
    assert report.members.ndcg == 0.5
    assert report.coverage == 2 / 20


def test_ties_go_against_the_target():
    def alike(histories, items):
        return np.zeros((len(histories), len(items)))

    assert evaluate(alike, [of(ITEMS[0])], CATALOGUE).members.hit_rate == 0.0


def test_members_without_history_are_counted_apart():
    report = evaluate(falling, [of(ITEMS[0]), of(ITEMS[1], seen=())], CATALOGUE)
    assert (report.members.n, report.newcomers.n) == (1, 1)
    assert report.members.ndcg == 1.0
    assert report.newcomers.ndcg == pytest.approx(1 / np.log2(3))


def test_a_target_outside_the_catalogue_counts_as_missed():
    assert evaluate(falling, [of("gone"), of(ITEMS[0])], CATALOGUE).members.ndcg == 0.5


def test_lists_may_be_decided_elsewhere():
    def turned(histories, scores):
        return [[ITEMS[11], ITEMS[10]] for _ in histories]

    report = evaluate(falling, [of(ITEMS[10])], CATALOGUE, rank=turned)
    assert report.members.ndcg == pytest.approx(1 / np.log2(3))
    assert report.coverage == 2 / 20


def test_a_report_of_nobody_is_a_report_and_all_of_it_is_json():
    report = evaluate(falling, [], CATALOGUE)
    assert report.members.n == 0
    assert json.loads(json.dumps(report.as_json(), allow_nan=False))["catalogue"] == 20


def test_shuffled_targets_fall_to_chance():
    chance = np.random.default_rng(5)

    def noise(histories, items):
        return chance.random((len(histories), len(items)))

    cases = [of(ITEMS[int(chance.integers(19))]) for _ in range(2_000)]
    report = evaluate(noise, cases, CATALOGUE)
    assert report.members.hit_rate == pytest.approx(10 / 19, abs=0.04)
