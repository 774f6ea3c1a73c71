"""The families that read a history in order: contract, the same numbers without torch, losses, options."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from recsys.ml.data.interactions import Vocabulary
from recsys.ml.families import registry
from recsys.ml.families.options import TrainingOptions
from recsys.ml.learners.gru_learner import GruNetwork
from recsys.ml.learners.sasrec_learner import SasrecNetwork
from recsys.ml.learners.sequence_losses import CALIBRATION, gbce, softmax
from recsys.ml.scorer import Cancelled, Profile, Training, Untrainable
from recsys.ml.scorers.gru import Gru
from recsys.ml.scorers.sasrec import Sasrec
from recsys.ml.scorers.sequential import EXPLAINED
from tests.recsys.ml.scorer_contract import PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, ITEMS, LEFT, RIGHT, history, world

SMALL = {
    "embedding_size": 16,
    "epochs": 30,
    "batch_size": 16,
    "negatives": 64,
    "learning_rate": 0.01,
    "dropout": 0.1,
    "held": 0.0,
}
NETWORKS = {"gru": GruNetwork, "sasrec": SasrecNetwork}
SCORERS = {"gru": Gru, "sasrec": Sasrec}
OPTIONS = [
    {"loss": "gbce"},
    {"negatives": 4},
    {"crop": 0.5, "mask": 0.2, "reorder": 0.5},
    {"perturbation": 0.1},
    {"decay": 0.8, "daily_decay": 0.9},
]
SHAPES = [
    ("gru", {"units": 24}),
    ("sasrec", {"blocks": 3}),
    ("sasrec", {"blocks": 1, "heads": 4}),
    ("sasrec", {"gated": False, "heads": 2}),
]


class TestGruKeepsTheContract(PersonalScorerContract):
    family = "gru"
    sequential = True
    parameters = SMALL | {"units": 24}


class TestSasrecKeepsTheContract(PersonalScorerContract):
    family = "sasrec"
    sequential = True
    parameters = SMALL | {"blocks": 1}


class Watch:
    """Keeps what a fit tells, and cancels at a step where asked."""

    def __init__(self, cancel_at=-1):
        self.cancel_at, self.points = cancel_at, []

    def __call__(self, stage, done, total, metrics=None):
        if metrics:
            self.points.append(metrics)
        elif done == self.cancel_at:
            raise Cancelled


def run(family="sasrec", teller=None, folder=None, precision="fp32", **changed):
    config = registry.parse_config(family, SMALL | {"epochs": 6} | changed)
    options = TrainingOptions(seed=1, device="cpu", precision=precision)
    training = Training(options, teller or Watch(), folder)
    return registry.learner_of(family)(config, world(), CATALOGUE, training)


@pytest.mark.parametrize(("family", "settings"), SHAPES)
def test_numpy_reads_a_history_as_torch_does(family, settings):
    config = registry.parse_config(family, {"embedding_size": 32, "history": 60} | settings)
    torch.manual_seed(4)
    network = NETWORKS[family](40, config).eval()
    with torch.no_grad():
        for each in network.parameters():
            each.add_(0.1 * torch.randn_like(each))
    chance = np.random.default_rng(4)
    rows = chance.integers(0, 40, 50).astype(np.int32)
    weights = (chance.choice([1.0, 0.5, -0.1], 50) * 0.9 ** np.arange(49, -1, -1)).astype(
        np.float32
    )
    scorer = SCORERS[family](
        config,
        Vocabulary.of(range(40)),
        {name: each.numpy() for name, each in network.state_dict().items()},
    )
    found = scorer.member(Profile(rows, weights))
    given = torch.from_numpy(weights)[None]
    with torch.no_grad():
        inputs = network.inputs(
            network.table(), torch.from_numpy(rows.astype(np.int64))[None], given
        )
        expected = network(inputs, torch.log(given.abs()))[0, -1].numpy()
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("family", "settings"), SHAPES)
def test_a_network_has_the_parameters_that_its_artifact_is_asked_for(family, settings):
    config = registry.parse_config(family, settings)
    network = NETWORKS[family](7, config)
    wanted = SCORERS[family].shapes(config, 7)
    assert {name: tuple(each.shape) for name, each in network.state_dict().items()} == wanted


@pytest.mark.parametrize("family", NETWORKS)
def test_no_place_sees_what_comes_later_and_padding_changes_nothing(family):
    config = registry.parse_config(family, {"embedding_size": 16})
    torch.manual_seed(4)
    network = NETWORKS[family](9, config).eval()
    items, weights = torch.tensor([[1, 2, 3, 4]]), torch.ones(1, 4)
    none = torch.zeros(1, 0)
    with torch.no_grad():
        whole = network(network.inputs(network.table(), items, weights), none)
        begun = network(network.inputs(network.table(), items[:, :2], weights[:, :2]), none)
    torch.testing.assert_close(whole[:, :2], begun, atol=1e-6, rtol=1e-5)


def test_attention_follows_weights_by_their_ratios():
    scorer = run()
    profile = Profile(np.array([0, 3, 5], np.int32), np.array([0.2, -0.1, 0.4], np.float32))
    twice = Profile(profile.rows, 2 * profile.weights)
    np.testing.assert_allclose(scorer.member(profile), scorer.member(twice), atol=1e-5)
    faint = Profile(profile.rows, np.array([1e-30, 1e-30, 1.0], np.float32))
    fainter = Profile(np.array([1, 2, 5], np.int32), faint.weights)
    np.testing.assert_allclose(scorer.member(faint), scorer.member(fainter), atol=1e-5)


@pytest.mark.parametrize("family", NETWORKS)
def test_only_the_latest_items_count_and_are_explained(family):
    scorer = run(family, history=3, epochs=1)
    long, latest = history(*LEFT[:5]), history(*LEFT[2:5])
    np.testing.assert_array_equal(
        scorer.score([long], CATALOGUE), scorer.score([latest], CATALOGUE)
    )
    assert [item for item, _ in scorer.explain(long, LEFT[5]).contributions] == list(LEFT[2:5])


def test_a_share_is_what_the_score_would_lose_without_the_item():
    scorer = run()
    whole, without = history(LEFT[0], RIGHT[1], LEFT[2]), history(LEFT[0], LEFT[2])
    told = dict(scorer.explain(whole, LEFT[4]).contributions)
    scores = scorer.score([whole, without], CATALOGUE)[:, CATALOGUE.places[LEFT[4]]]
    assert told[RIGHT[1]] == pytest.approx(float(scores[0] - scores[1]), abs=1e-5)
    alone = scorer.explain(history(LEFT[0]), LEFT[4])
    assert alone.base == pytest.approx(0, abs=1e-6)


def test_older_items_than_an_explanation_weighs_stay_in_its_base(monkeypatch):
    monkeypatch.setattr("recsys.ml.scorers.sequential.EXPLAINED", 2)
    assert EXPLAINED > 2
    told = run(epochs=1).explain(history(*LEFT[:4]), LEFT[5])
    assert [share != 0 for _, share in told.contributions] == [False, False, True, True]


def test_the_loss_is_the_corrected_sampled_softmax():
    hidden, table = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 0.0], [2.0, 0.0], [1.0, 0.0]])
    chances = torch.log(torch.tensor([0.5, 0.25, 0.25]))
    right, others = math.exp(2) / 0.25, [math.exp(1) / 0.25, math.exp(0) / 0.5]
    sampled = torch.tensor([2, 0, 1])  # the last one is the target and must not count twice
    found = softmax(hidden, table, torch.tensor([1]), sampled, chances)
    assert found.item() == pytest.approx(-math.log(right / (right + sum(others))), rel=1e-5)


def test_without_samples_the_softmax_is_over_all_items():
    hidden, table = torch.randn(5, 4), torch.randn(9, 4)
    targets, none = torch.arange(5), torch.zeros(0, dtype=torch.long)
    expected = -functional.log_softmax(hidden @ table.T, dim=1)[torch.arange(5), targets]
    torch.testing.assert_close(softmax(hidden, table, targets, none, torch.zeros(9)), expected)


def test_gbce_takes_back_what_few_negatives_make_too_sure():
    hidden, table = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.0], [2.0, 0.0], [1.0, 0.0]])
    sampled = torch.tensor([2, 1])  # the last one is the target and is not its own negative
    share = 2 / 2
    power = share * (CALIBRATION * (1 - 1 / share) + 1 / share)
    expected = (power * math.log1p(math.exp(-2)) + math.log1p(math.exp(1))) / 3
    found = gbce(hidden, table, torch.tensor([1]), sampled, torch.zeros(3))
    assert found.item() == pytest.approx(expected, rel=1e-5)
    few = gbce(hidden, table, torch.tensor([1]), torch.tensor([0]), torch.zeros(3))
    power = 0.5 * (CALIBRATION * (1 - 2) + 2)
    expected = (power * math.log1p(math.exp(-2)) + math.log1p(math.exp(0.5))) / 2
    assert few.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("family", "changed"),
    [
        ("sasrec", {"gated": False, "heads": 2}),
        *((family, changed) for family in NETWORKS for changed in OPTIONS),
    ],
)
def test_each_option_still_learns_the_two_tastes(family, changed):
    watch = Watch()
    scorer = run(family, watch, epochs=25, **changed)
    assert watch.points[-1]["loss"] < 0.9 * watch.points[0]["loss"]
    row = scorer.score([history(*LEFT[:3])], CATALOGUE)[0]
    assert row[CATALOGUE.indexes(LEFT[3:])].min() > row[CATALOGUE.indexes(RIGHT)].max()


def test_a_perturbation_teaches_something_else_by_a_larger_loss():
    plain, pushed = Watch(), Watch()
    run(teller=plain, epochs=1, dropout=0.0)
    run(teller=pushed, epochs=1, dropout=0.0, perturbation=0.5)
    assert pushed.points[0]["loss"] > plain.points[0]["loss"]


@pytest.mark.parametrize("measure", ["ndcg", "loss"])
@pytest.mark.parametrize("family", NETWORKS)
def test_a_run_that_resumes_ends_as_one_that_was_never_stopped(tmp_path, family, measure):
    given = {"held": 0.3, "watch": measure, "patience": 1, "epochs": 8, "counts": "event"}
    whole, resumed = Watch(), Watch()
    expected = run(family, whole, **given)
    with pytest.raises(Cancelled):
        run(family, Watch(14), tmp_path, **given)
    found = run(family, resumed, tmp_path, **given)
    assert resumed.points == whole.points
    told = "ndcg" if measure == "ndcg" else "validation_loss"
    assert all(told in point for point in whole.points)
    for name, array in expected.arrays().items():
        np.testing.assert_array_equal(found.arrays()[name], array)


def test_half_precision_learns_too():
    watch = Watch()
    run(teller=watch, precision="bf16", epochs=20)
    assert watch.points[-1]["loss"] < 0.9 * watch.points[0]["loss"]


def test_heads_that_do_not_divide_the_embedding_are_said():
    with pytest.raises(Untrainable, match="3 do not divide an embedding of 16") as refused:
        run(heads=3)
    assert refused.value.reason == "heads_do_not_divide"


@pytest.mark.parametrize("family", NETWORKS)
def test_a_vector_scores_as_the_member_does(family):
    scorer = run(family)
    member = history(*ITEMS[:3])
    vectors = scorer.vectors([member, history()])
    assert np.isnan(vectors[1]).all()
    expected = scorer.score([member], CATALOGUE)[0, CATALOGUE.indexes(scorer.items.ids)]
    np.testing.assert_allclose(scorer.parameters["items"] @ vectors[0], expected, atol=1e-5)
