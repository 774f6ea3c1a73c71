"""LensKit: popularity, nearest items, EASE, implicit matrix factorization and BPR."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from lenskit.als import ImplicitMFScorer
from lenskit.batch import recommend
from lenskit.data import from_interactions_df
from lenskit.flexmf import FlexMFImplicitScorer
from lenskit.knn import EASEScorer, ItemKNNScorer
from lenskit.pipeline import topn_pipeline
from lenskit.training import TrainingOptions

from bench._peers.data import table
from bench._peers.lists import PLACES
from bench._peers.search import Asked, Implementation, Settings
from recsys.ml.data.interactions import Indexes, Interactions


def _dataset(rows: Interactions) -> Any:
    return from_interactions_df(table(rows))


def _implementation(scorer: Any, start: Settings, **grid: Any) -> Implementation:
    def fit(dataset: Any, settings: Settings) -> Any:
        pipeline = topn_pipeline(scorer, dict(settings), n=PLACES)
        pipeline.train(dataset, TrainingOptions(rng=0))
        return pipeline

    return Implementation(_dataset, fit, _lists, start, grid)


def _lists(pipeline: Any, _dataset: Any, asked: Asked) -> Indexes:
    members = asked.members
    rows = {int(member): row for row, member in enumerate(members)}
    found = np.full((len(members), PLACES), -1, np.int32)
    for key, told in recommend(pipeline, members.tolist(), n=PLACES, n_jobs=1).items():
        items = told.ids()
        found[rows[int(key.user_id)], : len(items)] = items
    return found


IMPLEMENTATIONS: Final = {
    "item_knn": _implementation(
        ItemKNNScorer,
        {"feedback": "implicit", "max_nbrs": 20, "save_nbrs": None, "min_sim": 1e-6},
        max_nbrs=(10, 50, 100, 200, 400),
        save_nbrs=(100, 400),
        min_sim=(0.01, 0.05, 0.1),
    ),
    "ease": _implementation(
        EASEScorer,
        {"regularization": 500.0},
        regularization=(50.0, 100.0, 200.0, 300.0, 1_000.0, 2_000.0, 400.0),
    ),
    "als": _implementation(
        ImplicitMFScorer,
        {"embedding_size": 64, "weight": 40.0, "regularization": 0.1, "epochs": 15},
        weight=(5.0, 10.0, 20.0),
        regularization=(1.0, 10.0),
        embedding_size=(128, 32),
        epochs=(30, 10),
    ),
    "bpr": _implementation(
        FlexMFImplicitScorer,
        {
            "preset": "bpr",
            "embedding_size": 64,
            "learning_rate": 0.01,
            "regularization": 0.01,
            "epochs": 10,
        },
        epochs=(30,),
        regularization=(0.1,),
        learning_rate=(0.003,),
        embedding_size=(32, 128),
    ),
}
