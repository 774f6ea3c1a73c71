"""implicit: alternating least squares, BPR and nearest items."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

from bench._peers.data import matrix
from bench._peers.lists import PLACES
from bench._peers.search import Asked, Implementation, Settings
from recsys.ml.data.interactions import Indexes

THREADS: Final = int(os.environ.get("OMP_NUM_THREADS", "1"))
SEED: Final = {"random_state": 0}


def _implementation(make: Callable[..., Any], start: Settings, **grid: Any) -> Implementation:
    def fit(met: Any, settings: Settings) -> Any:
        model = make(num_threads=THREADS, **settings)
        model.fit(met, show_progress=False)
        return model

    return Implementation(matrix, fit, _lists, start, grid)


def _lists(model: Any, met: Any, asked: Asked) -> Indexes:
    members = asked.members
    found, scores = model.recommend(
        members, met[members], N=min(PLACES, met.shape[1]), filter_already_liked_items=True
    )
    # What it has no more of it fills with -1 or, where it has filtered, with the lowest of numbers.
    return np.where(scores > np.finfo(np.float32).min, found, -1)


IMPLEMENTATIONS: Final = {
    "als": _implementation(
        AlternatingLeastSquares,
        {"factors": 64, "regularization": 0.01, "alpha": 1.0, "iterations": 15, **SEED},
        alpha=(5.0, 20.0, 50.0),
        regularization=(1.0, 10.0),
        factors=(128, 32),
        iterations=(30, 8),
    ),
    "bpr": _implementation(
        BayesianPersonalizedRanking,
        {"factors": 64, "learning_rate": 0.01, "regularization": 0.01, "iterations": 100, **SEED},
        learning_rate=(0.05,),
        regularization=(0.05,),
        iterations=(200,),
        factors=(32, 128),
    ),
    "cosine": _implementation(
        CosineRecommender, {"K": 20}, K=(5, 10, 50, 100, 200, 400, 800, 1600, 3, 30)
    ),
    "bm25": _implementation(
        BM25Recommender,
        {"K": 20, "K1": 1.2, "B": 0.2},
        K=(10, 50, 100, 400),
        K1=(0.4, 2.5, 5.0),
        B=(0.0, 0.5, 0.8),
    ),
}
