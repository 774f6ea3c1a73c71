from __future__ import annotations

import numpy as np
import pytest
import torch
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from recsys.ml import folding
from recsys.ml.configs import AlsConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions
from recsys.ml.families.options import TrainingOptions
from recsys.ml.learners import als_learner
from recsys.ml.learners.als_learner import ImplicitSteps
from recsys.ml.learners.als_torch import TorchSteps
from recsys.ml.scorer import Cancelled, Training, Untrainable
from recsys.ml.training.checkpoints import ForeignCheckpoint
from tests.recsys.ml.scorer_contract import PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, LEFT, history, world

SMALL = {"factors": 4, "iterations": 12, "regularization": 0.5}


class TestAlsKeepsTheContract(PersonalScorerContract):
    family = "als"
    parameters = SMALL


class Watch:
    """Keeps what a fit tells, and cancels at an iteration where asked."""

    def __init__(self, cancel_at: int = -1) -> None:
        self.cancel_at = cancel_at
        self.losses: list[float] = []
        self.steps = 0

    def __call__(self, stage, done, total, metrics=None):
        if metrics:
            self.losses.append(metrics["loss"])
            return
        self.steps += 1
        if done == self.cancel_at:
            raise Cancelled


def run(watch, folder=None, device="cpu", threads=1, seed=1, **changed):
    config = parse(AlsConfig, SMALL | changed)
    options = TrainingOptions(seed=seed, device=device, threads=threads)
    return als_learner.fit(config, world(), CATALOGUE, Training(options, watch, folder))


def confidences(alpha: float = 20.0) -> als_learner.Confidences:
    _, likes = folding.likes(parse(AlsConfig, {}), world(), CATALOGUE)
    return als_learner.confidences(likes, alpha)


def started(confidence: als_learner.Confidences, size: int = 4) -> list[np.ndarray]:
    chance = np.random.default_rng(5)
    return [chance.random((rows, size), np.float32) for rows in confidence.shape]


def test_the_loss_curve_has_a_point_for_each_iteration_and_falls():
    watch = Watch()
    run(watch)
    assert len(watch.losses) == 12
    assert watch.losses[-1] < 0.9 * watch.losses[0]


def test_threads_do_not_change_the_model():
    one, two = run(Watch()), run(Watch(), threads=2)
    np.testing.assert_array_equal(one.factors, two.factors)


def test_a_run_that_resumes_ends_as_one_that_was_never_stopped(tmp_path):
    whole = Watch()
    expected = run(whole)
    with pytest.raises(Cancelled):
        run(Watch(cancel_at=7), tmp_path / "checkpoints")
    resumed = Watch()
    found = run(resumed, tmp_path / "checkpoints")
    assert resumed.steps == 5
    assert resumed.losses == whole.losses, "the whole curve is told again"
    np.testing.assert_array_equal(found.factors, expected.factors)


def test_a_checkpoint_of_other_settings_is_refused(tmp_path):
    run(Watch(), tmp_path)
    with pytest.raises(ForeignCheckpoint, match="other settings or data"):
        run(Watch(), tmp_path, alpha=3.0)


def test_folding_in_a_history_of_fresh_likes_is_what_the_library_would_recalculate():
    scorer = run(Watch(), decay=1.0)
    model = AlternatingLeastSquares(factors=4, regularization=0.5, num_threads=1)
    model.item_factors = scorer.factors
    model.user_factors = np.zeros((1, 4), np.float32)
    liked = scorer.items.indexes(LEFT[:3])
    row = sparse.csr_matrix(
        (np.full(3, 21.0, np.float32), (np.zeros(3, np.int32), liked)), (1, len(scorer.items))
    )
    expected = scorer.factors @ model.recalculate_user(0, row)
    found = scorer.score([history(*LEFT[:3])], scorer.items)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_a_weight_that_fades_takes_its_item_out_of_the_profile():
    scorer = run(Watch(), decay=0.05, dislike=0.0)
    alone = scorer.score([history(LEFT[0])], scorer.items)
    long_ago = scorer.score([history(LEFT[3], LEFT[4], LEFT[5], LEFT[0])], scorer.items)
    np.testing.assert_allclose(long_ago, alone, atol=0.15)


def test_a_step_in_torch_is_the_step_of_the_library():
    confidence, config = confidences(), parse(AlsConfig, SMALL)
    theirs = ImplicitSteps(confidence, config, 1, exact=True)
    ours = TorchSteps.of(confidence, config, torch.device("cpu"))
    found, expected = started(confidence), started(confidence)
    for _ in range(3):
        with threadpool_limits(1, user_api="blas"):
            *expected, loss = theirs(*expected)
        *found, our_loss = ours(*found)
        assert our_loss == pytest.approx(loss, rel=1e-3)
    for mine, library in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, library, rtol=2e-3, atol=2e-4)


def test_small_batches_give_the_same_step(monkeypatch):
    confidence, config = confidences(), parse(AlsConfig, SMALL)
    whole = TorchSteps.of(confidence, config, torch.device("cpu"))(*started(confidence))
    monkeypatch.setattr("recsys.ml.learners.als_torch.NUMBERS_AT_ONCE", 64)
    steps = TorchSteps.of(confidence, config, torch.device("cpu"))
    assert len(steps.members.batches) > 10
    for one, other in zip(steps(*started(confidence))[:2], whole[:2], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_a_member_without_a_like_gets_no_embedding():
    matrix = sparse.csr_matrix(np.array([[5, 0], [0, 0], [0, 5]], np.float32))
    steps = TorchSteps.of(matrix, parse(AlsConfig, SMALL), torch.device("cpu"))
    members, _, _ = steps(*started(matrix))
    assert not members[1].any()
    assert members[0].any()


@pytest.mark.gpu
def test_the_device_at_hand_learns_the_same_tastes():
    watch = Watch()
    scorer = run(watch, device="auto")
    row = scorer.score([history(*LEFT[:3])], CATALOGUE)[0]
    assert row[CATALOGUE.indexes(LEFT[3:])].min() > 0.5
    assert watch.losses[-1] < watch.losses[0]


def test_cuda_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(Untrainable, match="cuda was asked for and there is none"):
        run(Watch(), device="cuda")


def test_numbers_that_overflow_are_said(monkeypatch):
    def broken(members, items):
        return members, np.full_like(items, np.nan), 1.0

    monkeypatch.setattr(als_learner, "_step_on", lambda *_: broken)
    with pytest.raises(Untrainable, match="raise 'regularization'"):
        run(Watch())


def test_one_item_gives_a_model():
    rows = Interactions.of(["a", "b"], [LEFT[0]] * 2, [1.0, 1.0], [0, 1])
    scorer = als_learner.fit(parse(AlsConfig, SMALL), rows, CATALOGUE, Training())
    assert scorer.score([History.of([(LEFT[0], 1.0, 2)])], scorer.items)[0, 0] > 0.5


def test_members_have_vectors_and_one_of_whom_nothing_is_known_has_none():
    scorer = run(Watch())
    vectors = scorer.vectors([history(*LEFT[:3]), History.of(())])
    assert vectors.shape == (2, 4)
    row = scorer.score([history(*LEFT[:3])], scorer.items)[0]
    np.testing.assert_allclose(scorer.factors @ vectors[0], row, rtol=1e-5)
    assert np.isnan(vectors[1]).all()
