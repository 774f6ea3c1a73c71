from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from recsys.ml.blends.choosing import Blend, blended
from recsys.ml.blends.grid import front, sweep
from recsys.ml.blends.lattice import ALONE, MOST_POINTS, PRESENT, PROPOSED, grid
from recsys.ml.blends.scales import SCALES
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.evaluation.asking import Case
from recsys.ml.evaluation.reports import World, evaluate
from tests.recsys.ml.noisy import CATALOGUE, Noisy, cases

ITEMS = Vocabulary.of(range(60))
NAMES = ("one", "two", "three", "four")
ASKED = cases(200)
SCORERS = {
    "one": Noisy(ASKED, 1, 1.5),
    "two": Noisy(ASKED, 2, 1.5),
    "noise": Noisy(ASKED, 3, 0.0),
}
NOISE = Blend({"one": 0.0, "two": 0.0, "noise": 1.0}, dict.fromkeys(SCORERS, "z"))
NOBODY = World(np.zeros(40, np.int64), 1, np.zeros((40, 1), np.float32))


def sums_do_not_tie(scales: list[str]) -> bool:
    """Two ranks add up alike for many items, and which comes first is then decided by how each way rounds."""
    return scales.count("percentile") < 2


class Patchy:
    """Random scores; it does not know some items, and nothing of some members."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self.scores = chance.normal(size=(30, len(ITEMS))).astype(np.float32)
        self.scores[chance.random(self.scores.shape) < 0.2] = np.nan
        self.scores[chance.random(30) < 0.2] = np.nan

    def __call__(self, histories, items):
        return self.scores[[int(history.times[0]) for history in histories]]


def asked_of(seed: int) -> tuple[list[Case], World]:
    """Thirty members with what they did and turned to, one of them to what is not in the catalogue."""
    chance = np.random.default_rng(seed)
    made, events = [], []
    for number in range(30):
        items = chance.permutation(len(ITEMS))[: int(chance.integers(4, 20))].tolist()
        done = [(item, 1.0, float(number)) for item in items[3:]]
        events += [(number, *event) for event in done]
        made.append(Case(number, History.of(done), (*items[:2], "unknown", items[2])))
    seen = Interactions.of(*map(list, zip(*events, strict=True)))
    tags = [[str(item % 7), "x"] for item in range(len(ITEMS))]
    return made, World.of(seen, ITEMS, tags)


# To shrink what fails takes a sweep for every try.
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    seed=st.integers(0, 10_000),
    scales=st.lists(st.sampled_from(sorted(SCALES)), min_size=1, max_size=4).filter(
        sums_do_not_tie
    ),
    weights=st.lists(st.sampled_from([0.0, 0.3, 1.0, 2.5]), min_size=4, max_size=4),
)
def test_a_point_is_what_the_evaluation_of_its_blend_says(seed, scales, weights):
    names = NAMES[: len(scales)]
    scorers = {name: Patchy(seed + at) for at, name in enumerate(names)}
    chosen = dict(zip(names, weights, strict=False))
    if not any(chosen.values()):
        chosen[names[0]] = 1.0
    present = Blend(chosen, dict(zip(names, scales, strict=True)), beta=3.0)
    made, world = asked_of(seed)
    found = sweep(scorers, made, ITEMS, present, world)
    for point in (found.points[0], *found.points[1::9]):
        blend = Blend(point.weights, present.scales, beta=3.0)
        told = evaluate(blended(blend, scorers), made, ITEMS, world=world)
        for name in ("mean", "low", "high"):
            own = getattr(told.members, "ndcg" if name == "mean" else f"ndcg_{name}")
            assert getattr(point.ndcg, name) == pytest.approx(own)
        assert point.ndcg.n == told.members.n == found.judged_on
        assert point.recall == pytest.approx(told.members.recall)
        assert point.coverage == pytest.approx(told.coverage)
        assert point.novelty == pytest.approx(told.members.novelty or 0.0)
        assert point.diversity == pytest.approx(told.members.diversity)
    assert found.points[0].weights == chosen
    assert PRESENT in found.points[0].marks


@pytest.mark.parametrize("scorers", range(1, 16))
def test_a_grid_holds_the_present_the_proposed_and_each_alone_and_is_bounded(scorers):
    names = [f"s{at}" for at in range(scorers)]
    present = {name: 0.1 + at for at, name in enumerate(names)}
    proposed = {name: 1.0 / (at + 1) for at, name in enumerate(names)}
    found = grid(names, present, proposed)
    assert scorers <= len(found) <= MOST_POINTS
    assert (found[0].weights, found[0].marks[0]) == (present, PRESENT)
    assert sum(PROPOSED in mix.marks for mix in found) == 1
    alone = [
        max(mix.weights, key=lambda name: mix.weights[name]) for mix in found if ALONE in mix.marks
    ]
    assert alone == names
    shares = [
        tuple(np.round(np.array(list(mix.weights.values())) / sum(mix.weights.values()), 3))
        for mix in found
    ]
    assert len(set(shares)) == len(shares)
    assert all(mix.weights.keys() == set(names) for mix in found)
    assert grid(names, present, proposed) == found


def test_five_scorers_share_their_weight_by_fifths():
    found = grid((*NAMES, "five"), dict.fromkeys((*NAMES, "five"), 1.0))
    assert len(found) == 126  # 126 ways, of which one is the present blend
    assert {weight for mix in found[6:] for weight in mix.weights.values()} == {
        0.0,
        0.2,
        0.4,
        0.6,
        0.8,
    }


def test_a_blend_that_is_another_but_for_a_factor_stands_once_with_both_marks():
    found = grid(["a", "b"], {"a": 4.0, "b": 0.0}, {"a": 1.0, "b": 1.0})
    assert found[0].marks == (PRESENT, ALONE)
    assert found[0].weights == {"a": 4.0, "b": 0.0}
    assert [mix.marks for mix in found if mix.weights["a"] == mix.weights["b"]] == [(PROPOSED,)]


def test_the_front_is_what_no_other_point_dominates():
    figures = np.array([
        [0.3, 0.1, 2.0],  # ranks best
        [0.2, 0.4, 2.0],  # shows most
        [0.2, 0.4, 1.9],  # less new than that
        [0.1, 0.1, 5.0],  # newest
        [0.1, 0.1, 5.0],  # as good
        [0.1, 0.1, 1.0],
    ])  # fmt: skip
    assert front(figures).tolist() == [True, True, False, True, True, False]


def test_points_of_a_sweep_on_the_front_are_dominated_by_none():
    points = sweep(SCORERS, ASKED, CATALOGUE, NOISE, NOBODY).points
    told = [(point.ndcg.mean, point.coverage, point.novelty) for point in points]
    for own, point in zip(told, points, strict=True):
        above = [each for each in told if each != own and all(map(float.__ge__, each, own))]
        assert point.front is not bool(above)


def test_what_members_choices_speak_for_is_a_point_and_gains_over_noise():
    found = sweep(SCORERS, ASKED, CATALOGUE, NOISE, NOBODY)
    proposed = next(point for point in found.points if PROPOSED in point.marks)
    assert proposed.gain.is_above
    assert min(proposed.weights["one"], proposed.weights["two"]) > 0.4
    assert proposed.weights["noise"] < 0.2
    present = found.points[0]
    assert (present.gain.mean, present.gain.low, present.gain.high) == (0.0, 0.0, 0.0)
    json.dumps(found.as_json(), allow_nan=False)


def test_beta_makes_a_logit_of_any_point_whatever_its_weights_sum_to():
    found = sweep(SCORERS, ASKED, CATALOGUE, NOISE, NOBODY)
    tenfold = Blend({name: 10 * each for name, each in NOISE.weights.items()}, NOISE.scales)
    again = sweep(SCORERS, ASKED, CATALOGUE, tenfold, NOBODY).points[0]
    clear = next(
        point for point in found.points if point.weights == {"one": 0.5, "two": 0.5, "noise": 0.0}
    )
    assert clear.beta > 2 * found.points[0].beta
    assert again.beta <= found.points[0].beta
    assert again.ndcg == found.points[0].ndcg


def test_a_target_gains_nothing_by_a_tie():
    flat = {name: lambda histories, items: np.ones((len(histories), len(items))) for name in "ab"}
    blend = Blend({"a": 1.0, "b": 1.0}, dict.fromkeys("ab", "z"))
    points = sweep(flat, ASKED, CATALOGUE, blend, NOBODY).points
    assert {point.ndcg.mean for point in points} == {0.0}


def test_the_same_question_gives_the_same_sweep():
    first, second = (asdict(sweep(SCORERS, ASKED, CATALOGUE, NOISE, NOBODY)) for _ in range(2))
    assert first == second


def test_how_far_it_is_is_told_and_may_stop_it():
    told = []

    def watch(stage, done, total):
        told.append((stage, done, total))
        if stage == "judge":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(SCORERS, ASKED, CATALOGUE, NOISE, NOBODY, watch)
    assert told == [("candidates", 0, 200), ("judge", 0, 200)]


def test_nobody_to_ask_is_said():
    with pytest.raises(ValueError, match="no case has a history"):
        sweep(SCORERS, [Case("m", History.of([]), (3,))], CATALOGUE, NOISE, NOBODY)
