from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.configs import SvdConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.scorer import Training
from recsys.ml.scorers import svd
from tests.recsys.ml.scorer_contract import PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, LEFT, RIGHT, history, world


class TestSvdKeepsTheContract(PersonalScorerContract):
    family = "svd"
    parameters = {"factors": 2}


def fitted(rows=None, **given):
    config = parse(SvdConfig, given)
    rows = world() if rows is None else rows
    return svd.fit(config, rows, CATALOGUE, Training())


def test_all_dimensions_give_back_what_was_liked():
    """With every singular vector kept, projecting a member of the training changes nothing."""
    scorer = fitted(factors=64, decay=1.0, dislike=0.0)
    rows = world()
    for member in rows.member_ids.ids[:4]:
        own = rows.history(member)
        row = scorer.score([own], CATALOGUE)[0]
        expected = dict(zip(own.items, own.values.tolist(), strict=True))
        wished = [expected.get(item, 0.0) for item in (*LEFT, *RIGHT)]
        np.testing.assert_allclose(row[CATALOGUE.indexes((*LEFT, *RIGHT))], wished, atol=1e-5)


def test_two_dimensions_are_the_two_tastes():
    vectors = fitted(factors=2).vectors([history(LEFT[0]), history(LEFT[3]), history(RIGHT[0])])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert abs(unit[0] @ unit[1]) > 0.9
    assert abs(unit[0] @ unit[2]) < 0.3


def test_the_long_way_and_the_exact_one_agree(monkeypatch):
    exact = fitted(factors=3)
    monkeypatch.setattr(svd, "EXACT", 0)
    iterated = fitted(factors=3)
    members = [history(LEFT[0]), history(RIGHT[1])]
    np.testing.assert_allclose(
        exact.score(members, CATALOGUE), iterated.score(members, CATALOGUE), atol=1e-5
    )


def test_damping_lets_popular_items_count_less():
    rows = Interactions.of(
        [f"m{at}" for at in range(40)] + [f"m{at}" for at in range(6)],
        ["hit"] * 40 + ["rare"] * 6,
        [1.0] * 46,
        [float(at) for at in range(46)],
    )
    catalogue = Vocabulary.of(["hit", "rare"])
    sizes = []
    for damping in (0.0, 1.0):
        config = parse(SvdConfig, {"factors": 1, "damping": damping})
        factors = np.abs(svd.fit(config, rows, catalogue, Training()).factors)
        sizes.append(float(factors[1, 0] / factors[0, 0]))
    assert sizes[0] < 0.3
    assert sizes[1] == pytest.approx(1.0, abs=0.01)
