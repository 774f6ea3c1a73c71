"""Scales that make the raw scores of different scorers comparable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from curation.fusion.candidates import PERCENTILES, Statistics
from curation.fusion.fixed import Floats
from curation.fusion.policy import Scale


def _z(scores: Floats, statistics: Statistics) -> Floats:
    if statistics.deviation == 0:
        return np.where(np.isnan(scores), np.nan, 0.0)
    return (scores - statistics.mean) / statistics.deviation


def _log_z(scores: Floats, statistics: Statistics) -> Floats:
    z = _z(scores, statistics)
    return np.sign(z) * np.log1p(np.abs(z))


def _percentile(scores: Floats, statistics: Statistics) -> Floats:
    """The share of the catalogue at or below a score, read off the percentile points."""
    shares = np.linspace(0.0, 1.0, PERCENTILES)
    ranks = np.interp(scores, np.array(statistics.percentiles), shares)
    return np.where(np.isnan(scores), np.nan, ranks)


def _min_max(scores: Floats, statistics: Statistics) -> Floats:
    span = statistics.maximum - statistics.minimum
    if span == 0:
        return np.where(np.isnan(scores), np.nan, 0.0)
    return (scores - statistics.minimum) / span


def _none(scores: Floats, statistics: Statistics) -> Floats:
    return scores


_SCALES: Final[Mapping[Scale, Callable[[Floats, Statistics], Floats]]] = {
    Scale.LOG_Z: _log_z,
    Scale.Z: _z,
    Scale.PERCENTILE: _percentile,
    Scale.MIN_MAX: _min_max,
    Scale.NONE: _none,
}


def scaled(scores: Floats, statistics: Statistics, scale: Scale) -> Floats:
    """Put raw scores [n] on a scale, by the scorer's statistics over the catalogue; NaN stays NaN.

    ``log_z`` is sign(z) · log(1 + |z|). Where all known scores are alike, z and min–max are 0.
    """
    return _SCALES[scale](scores, statistics)
