from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.evaluation import predictions

ACTUAL = np.array([1.0, 4.0, 3.0, 5.0])
PREDICTED = np.array([2.0, 4.0, np.nan, 3.0])


def test_errors_are_over_what_was_predicted():
    assert predictions.rmse(PREDICTED, ACTUAL) == pytest.approx((5 / 3) ** 0.5)
    assert predictions.mae(PREDICTED, ACTUAL) == pytest.approx(1.0)
    assert predictions.share_predicted(PREDICTED) == 0.75


def test_accuracy_is_the_share_on_the_right_side_and_the_threshold_is_above():
    assert predictions.accuracy(PREDICTED, ACTUAL, 4.0) == pytest.approx(2 / 3)
    assert predictions.accuracy(np.array([4.0]), np.array([4.0]), 4.0) == 1.0


def test_nothing_predicted_says_nothing():
    nothing = np.full(2, np.nan)
    figures = (
        predictions.rmse(nothing, ACTUAL[:2]),
        predictions.mae(nothing, ACTUAL[:2]),
        predictions.accuracy(nothing, ACTUAL[:2], 3.0),
    )
    assert np.isnan(figures).all()
    assert predictions.share_predicted(nothing) == 0.0
    assert predictions.share_predicted(nothing[:0]) == 0.0


def test_predictions_of_other_ratings_are_refused():
    with pytest.raises(ValueError, match="2 predictions of 4 ratings"):
        predictions.rmse(PREDICTED[:2], ACTUAL)
