"""How good predicted ratings are. Dims: N ratings; NaN is a rating that the model did not predict.

What was not predicted is left out, so say ``share_predicted`` beside each figure.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ratings = NDArray[np.floating[Any]]


def rmse(predicted: Ratings, actual: Ratings) -> float:
    """Root of the mean squared error, in units of the ratings; NaN where nothing was predicted."""
    errors = _errors(predicted, actual)
    return float(np.sqrt(np.mean(errors**2))) if len(errors) else float("nan")


def mae(predicted: Ratings, actual: Ratings) -> float:
    """Mean absolute error, in units of the ratings; NaN where nothing was predicted."""
    errors = _errors(predicted, actual)
    return float(np.mean(np.abs(errors))) if len(errors) else float("nan")


def accuracy(predicted: Ratings, actual: Ratings, threshold: float) -> float:
    """Share of ratings on the right side of a threshold; what equals it counts as above it.

    NaN where nothing was predicted.
    """
    told = ~np.isnan(predicted)
    right = (predicted[told] >= threshold) == (actual[told] >= threshold)
    return float(np.mean(right)) if len(right) else float("nan")


def share_predicted(predicted: Ratings) -> float:
    """Share of the ratings that the model predicted at all; 0 of none."""
    return float(np.mean(~np.isnan(predicted))) if len(predicted) else 0.0


def _errors(predicted: Ratings, actual: Ratings) -> NDArray[np.float64]:
    if predicted.shape != actual.shape:
        raise ValueError(f"{len(predicted)} predictions of {len(actual)} ratings")
    told = ~np.isnan(predicted)
    return predicted[told].astype(np.float64) - actual[told].astype(np.float64)
