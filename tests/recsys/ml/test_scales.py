from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from curation.fusion.candidates import statistics_of
from curation.fusion.policy import Scale
from curation.fusion.scales import scaled as fused
from recsys.ml.blends.scales import SCALES, scaled

RAW = arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 30)),
    elements=st.one_of(st.just(float("nan")), st.integers(-40, 40).map(lambda n: n / 8)),
)


def test_fusion_and_learning_know_the_same_scales():
    assert set(SCALES) == {scale.value for scale in Scale}


@given(RAW, st.sampled_from(sorted(SCALES)))
def test_a_score_is_on_the_same_place_of_a_scale_in_fusion(raw, scale):
    expected = np.full(raw.shape, np.nan)
    for row, scores in enumerate(raw):
        if not np.isnan(scores).all():
            expected[row] = fused(scores, statistics_of(scores), Scale(scale))
    np.testing.assert_allclose(scaled(raw, scale), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("z", [-(1.5**0.5), 0.0, 1.5**0.5, np.nan]),
        ("log_z", [-np.log1p(1.5**0.5), 0.0, np.log1p(1.5**0.5), np.nan]),
        ("min_max", [0.0, 0.5, 1.0, np.nan]),
        ("percentile", [0.0, 0.5, 1.0, np.nan]),
        ("none", [1.0, 2.0, 3.0, np.nan]),
    ],
)
def test_three_known_scores_on_each_scale(scale, expected):
    found = scaled(np.array([[1.0, 2.0, 3.0, np.nan]]), scale)
    np.testing.assert_allclose(found[0], expected)


@pytest.mark.parametrize("scale", sorted(set(SCALES) - {"none"}))
def test_multiplying_all_scores_changes_no_scale_but_none(scale):
    raw = np.array([[1.0, 2.0, 7.0, np.nan]])
    np.testing.assert_allclose(scaled(raw * 8, scale), scaled(raw, scale))


def test_scores_that_are_all_alike_say_nothing():
    for scale in ("z", "log_z", "min_max"):
        assert scaled(np.array([[4.0, 4.0, np.nan]]), scale)[0, :2].tolist() == [0.0, 0.0]


def test_asking_for_some_takes_the_statistics_of_all():
    raw = np.array([[1.0, 2.0, 3.0, 9.0]])
    some = scaled(raw, "z", raw[:, [3, 0]])
    np.testing.assert_allclose(some, scaled(raw, "z")[:, [3, 0]])
