from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from recsys.ml import artifact
from recsys.ml.configs import DotConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.data.vectors import Vectors
from recsys.ml.families.options import TrainingOptions
from recsys.ml.learners.dot_learner import TwoEmbeddings, begin_with, fit
from recsys.ml.learners.samples import Samples, bpr_loss, softmax_loss
from recsys.ml.scorer import Cancelled, Training, Untrainable
from recsys.ml.training.checkpoints import ForeignCheckpoint
from tests.recsys.ml.scorer_contract import FITTED, PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, DAY, ITEMS, NOW, world

SMALL = {
    "embedding_size": 8,
    "epochs": 30,
    "batch_size": 32,
    "negatives": 16,
    "learning_rate": 0.03,
}


HALF_A_DAY = {"half_life_days": 0.5, "counts": "event"}


class TestDotKeepsTheContract(PersonalScorerContract):
    family = "dot"
    sequential = True
    parameters = SMALL


class TestDotWithBprKeepsTheContract(PersonalScorerContract):
    family = "dot"
    sequential = True
    parameters = SMALL | {"loss": "bpr", "epochs": 40}

    @pytest.fixture
    def scorer(self):
        """Not the one that softmax made."""
        if "bpr" not in FITTED:
            FITTED["bpr"] = self.fit()
        return FITTED["bpr"]


class Watch:
    """Keeps what a fit tells, and cancels at a step where asked."""

    def __init__(self, cancel_at: int = -1) -> None:
        self.cancel_at = cancel_at
        self.losses: list[float] = []
        self.steps = 0

    def __call__(self, stage, done, total, metrics=None):
        if metrics:
            self.losses.append(metrics["loss"])
        else:
            self.steps += 1
        if done == self.cancel_at:
            raise Cancelled


def run(watch, folder=None, seed=1, device="cpu", precision="fp32", **changed):
    config = parse(DotConfig, SMALL | {"epochs": 6} | changed)
    options = TrainingOptions(seed=seed, device=device, precision=precision)
    return fit(config, world(), CATALOGUE, Training(options, watch, folder))


def test_the_loss_curve_has_a_point_for_each_epoch_and_falls():
    watch = Watch()
    run(watch, epochs=20)
    assert len(watch.losses) == 20
    assert watch.losses[-1] < 0.7 * watch.losses[0]


def test_another_seed_gives_another_model():
    assert not np.array_equal(run(Watch(), seed=1).target, run(Watch(), seed=2).target)


def test_a_run_that_resumes_ends_as_one_that_was_never_stopped(tmp_path):
    whole = Watch()
    expected = run(whole)
    with pytest.raises(Cancelled):
        run(Watch(cancel_at=22), tmp_path / "checkpoints")
    resumed = Watch()
    found = run(resumed, tmp_path / "checkpoints")
    assert 0 < resumed.steps < whole.steps
    assert resumed.losses == whole.losses, "the whole curve is told again"
    np.testing.assert_array_equal(found.target, expected.target)
    np.testing.assert_array_equal(found.history, expected.history)


def test_only_the_newest_checkpoint_is_kept(tmp_path):
    run(Watch(), tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["000006"]


def test_a_checkpoint_of_other_settings_is_refused(tmp_path):
    run(Watch(), tmp_path)
    with pytest.raises(ForeignCheckpoint, match="other settings or data"):
        run(Watch(), tmp_path, seed=2)


def test_a_damaged_checkpoint_is_named(tmp_path):
    run(Watch(), tmp_path)
    file = tmp_path / "000006" / artifact.ARRAYS
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(artifact.CorruptArtifact, match=r"000006/arrays\.safetensors"):
        run(Watch(), tmp_path)


def test_cuda_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(Untrainable, match="cuda was asked for and there is none"):
        run(Watch(), device="cuda")


def test_half_precision_learns_too():
    watch = Watch()
    run(watch, precision="bf16", epochs=20)
    assert watch.losses[-1] < 0.7 * watch.losses[0]


@pytest.mark.gpu
def test_the_device_at_hand_learns():
    watch = Watch()
    run(watch, device="auto", epochs=20)
    assert watch.losses[-1] < 0.7 * watch.losses[0]


def test_embeddings_can_begin_with_what_texts_mean():
    config = parse(DotConfig, SMALL)
    torch.manual_seed(1)
    model = TwoEmbeddings(len(ITEMS), config)
    by_chance = model.target.detach().clone()
    known = Vocabulary.of(reversed(ITEMS[2:]))
    meaning = np.random.default_rng(2).standard_normal((10, 5))
    begin_with(model, known, meaning, Vocabulary.of(ITEMS))
    begun = model.target.detach()
    assert torch.equal(begun[2:, :5], model.history[2:, :5])
    np.testing.assert_array_equal(begun[:2], by_chance[:2], "these say nothing")
    np.testing.assert_array_equal(begun[:, 5:], by_chance[:, 5:], "texts have five numbers")
    rows = begun[2:, :5].numpy()[::-1].astype(float)
    np.testing.assert_allclose(rows.T @ rows, 0.01 * 10 * np.eye(5), atol=1e-6)
    left = np.linalg.svd(meaning, full_matrices=False)[0]
    np.testing.assert_allclose(rows @ rows.T, 0.1 * left @ left.T, atol=1e-6)


def test_a_fit_that_begins_with_texts_takes_the_vectors_that_there_are():
    values = np.random.default_rng(2).standard_normal((12, 3)).astype(np.float32)
    config = parse(DotConfig, SMALL | {"epochs": 1, "begins": "texts"})
    told = Training(TrainingOptions(device="cpu"), vectors=Vectors(Vocabulary.of(ITEMS), values))
    plain = run(Watch(), epochs=1, seed=0)
    begun = fit(config, world(), CATALOGUE, told)
    assert not np.allclose(begun.target[:, :3], plain.target[:, :3], atol=0.05)
    with pytest.raises(Untrainable, match="embed the items first"):
        run(Watch(), begins="texts")


def test_members_with_one_interaction_teach_nothing():
    rows = Interactions.of(["a", "b"], list(ITEMS[:2]), [1.0, 1.0], [NOW, NOW])
    with pytest.raises(Untrainable, match="no member has two interactions"):
        fit(parse(DotConfig, {}), rows, CATALOGUE, Training())


def test_no_sample_looks_at_its_own_target_or_at_another_member():
    rows = world()
    config = parse(DotConfig, SMALL)
    samples = Samples.of(rows, config)
    for histories, weights, targets, *_ in samples.batches(config, 0, 0):
        for seen, weight, target in zip(histories, weights, targets, strict=True):
            kept = seen[weight != 0].tolist()
            assert target not in kept
            liked = {tuple(rows.history_at(at).items) for at in range(len(rows.member_ids))}
            names = [rows.item_ids.ids[each] for each in (*reversed(kept), int(target))]
            assert any(set(names) <= set(items) for items in liked)


def test_the_loss_is_the_corrected_sampled_softmax():
    config = parse(DotConfig, {"embedding_size": 2})
    model = TwoEmbeddings(3, config)
    with torch.no_grad():
        model.history.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
        model.target.copy_(torch.tensor([[0.0, 0.0], [2.0, 0.0], [1.0, 0.0]]))
    chances = torch.log(torch.tensor([0.5, 0.25, 0.25]))
    batch = [
        torch.tensor([[0]]),
        torch.tensor([[1.0]]),
        torch.tensor([1]),
        torch.tensor([1.0]),
        torch.tensor([2, 0, 1]),  # the last one is the target and must not count twice
    ]
    right, others = math.exp(2) / 0.25, [math.exp(1) / 0.25, math.exp(0) / 0.5]
    expected = -math.log(right / (right + sum(others)))
    assert softmax_loss(model, chances, batch).item() == pytest.approx(expected, rel=1e-5)


def test_bpr_compares_the_target_with_each_other_sample():
    config = parse(DotConfig, {"embedding_size": 2})
    model = TwoEmbeddings(3, config)
    with torch.no_grad():
        model.history.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
        model.target.copy_(torch.tensor([[0.0, 0.0], [2.0, 0.0], [1.0, 0.0]]))
    batch = [
        torch.tensor([[0]]),
        torch.tensor([[1.0]]),
        torch.tensor([1]),
        torch.tensor([3.0]),
        torch.tensor([2, 0, 1]),  # the last one is the target and is not compared with itself
    ]
    expected = 3 * (math.log1p(math.exp(1 - 2)) + math.log1p(math.exp(0 - 2))) / 2
    found = bpr_loss(model, torch.zeros(3), batch).item()
    assert found == pytest.approx(expected, rel=1e-5)


def test_late_interactions_teach_more_where_that_is_asked():
    rows = world()
    even, late = (Samples.of(rows, parse(DotConfig, SMALL | each)) for each in ({}, HALF_A_DAY))
    assert even.lessons[even.places].mean() == pytest.approx(1.0)
    assert late.lessons[late.places].mean() == pytest.approx(1.0)
    order = np.argsort(rows.times[late.places])
    assert (np.diff(late.lessons[late.places][order]) >= 0).all()
    ages = (rows.times.max() - rows.times[late.places]) / DAY
    shares = late.lessons[late.places] / late.lessons.max()
    assert shares == pytest.approx(0.5 ** (2 * (ages - ages.min())), rel=1e-4)
