"""Neural collaborative filtering: what the scoring half says is what the network learnt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pytest
import torch

from recsys.ml import folding
from recsys.ml.configs import NcfConfig
from recsys.ml.configuration import parse
from recsys.ml.families.options import TrainingOptions
from recsys.ml.learners import ncf_learner
from recsys.ml.learners.ncf_learner import NeuMf
from recsys.ml.learners.samples import arrays_of
from recsys.ml.scorer import NO_METRICS, Training
from recsys.ml.scorers.ncf import Ncf
from tests.recsys.ml.scorer_contract import PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, LEFT, RIGHT, history, world

SMALL = {
    "factors": 4,
    "embedding_size": 8,
    "epochs": 30,
    "batch_size": 16,
    "negatives": 16,
    "learning_rate": 0.02,
}


class TestNcfKeepsTheContract(PersonalScorerContract):
    family = "ncf"
    parameters = SMALL
    sequential = True


@lru_cache
def untrained() -> tuple[NeuMf, Ncf]:
    """A network as chance made it, with larger numbers, and its scoring half."""
    torch.manual_seed(3)
    config = parse(NcfConfig, SMALL)
    items, _ = folding.known_items(world(), CATALOGUE, config.counts, 1)
    model = NeuMf(len(items), config)
    with torch.no_grad():
        for each in model.parameters():
            each.mul_(3.0)
        return model, Ncf(config, items, **arrays_of(model.scoring()))


def test_the_scoring_half_gives_what_the_network_gives():
    model, scorer = untrained()
    asked = [history(LEFT[0], RIGHT[1]), history(*LEFT[:3])]
    for member, row in zip(asked, scorer.score(asked, scorer.items), strict=True):
        profile = scorer.fold_in(member)
        rows, weights = torch.from_numpy(profile.rows).long(), torch.from_numpy(profile.weights)
        everything = torch.arange(len(scorer.items))
        target = torch.tensor([5])
        right, wrong = model(rows[None], weights[None], target, everything)
        np.testing.assert_allclose(row, wrong[0].detach().numpy(), atol=1e-5)
        assert right.item() == pytest.approx(float(row[5]), abs=1e-5)


def test_the_network_bends_and_its_explanation_still_adds_up():
    _, scorer = untrained()
    member = history(LEFT[0], RIGHT[1], LEFT[2])
    row = scorer.score([member], scorer.items)[0]
    bases = set()
    for item, score in zip(scorer.items.ids, row, strict=True):
        told = scorer.explain(member, item)
        assert told is not None
        assert told.base + sum(share for _, share in told.contributions) == pytest.approx(
            float(score), abs=1e-5
        )
        bases.add(round(told.base, 6))
    assert len(bases) > 1


def test_an_explanation_is_how_the_score_moves_with_each_weight():
    _, scorer = untrained()
    profile = scorer.fold_in(history(LEFT[0], RIGHT[1], LEFT[2]))
    for at in range(len(profile.rows)):
        nudged = profile.weights.copy()
        nudged[at] *= 1.001
        moved = scorer.row(type(profile)(profile.rows, nudged)) - scorer.row(profile)
        np.testing.assert_allclose(
            moved[4] / 0.001, scorer.shares(profile, 4)[at], rtol=0.02, atol=2e-3
        )


def test_the_loss_curve_has_a_point_for_each_epoch_and_falls():
    losses: list[float] = []

    def note(stage: str, done: int, total: int, metrics: Mapping[str, float] = NO_METRICS) -> None:
        losses.extend([metrics["loss"]] if metrics else [])

    config = parse(NcfConfig, SMALL)
    options = TrainingOptions(device="cpu")
    ncf_learner.fit(config, world(), CATALOGUE, Training(options, note))
    assert len(losses) == 30
    assert losses[-1] < 0.7 * losses[0]
