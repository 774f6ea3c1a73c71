"""RecTools: popularity of a period, EASE and SASRec."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from rectools.dataset import Dataset
from rectools.models import EASEModel, PopularModel, SASRecModel

from bench._peers.data import table
from bench._peers.lists import PLACES
from bench._peers.search import Asked, Implementation, Settings
from recsys.ml.data.interactions import Indexes, Interactions

logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)


def _dataset(rows: Interactions) -> Any:
    told = table(rows)
    told["datetime"] = pd.to_datetime(told.pop("timestamp"), unit="s")
    return Dataset.construct(told.assign(weight=1.0))


def _implementation(make: Callable[..., Any], start: Settings, **grid: Any) -> Implementation:
    def fit(dataset: Any, settings: Settings) -> Any:
        return make(**settings).fit(dataset)

    return Implementation(_dataset, fit, _lists, start, grid)


def placed(told: Any, members: Indexes) -> Indexes:
    """Lists [B, n] of a table of user_id, item_id and rank, from 1 on."""
    found = np.full((len(members), PLACES), -1, np.int32)
    rows = np.full(int(members.max()) + 1, -1, np.int64)
    rows[members] = np.arange(len(members))
    found[rows[told["user_id"]], told["rank"] - 1] = told["item_id"]
    return found


def _lists(model: Any, dataset: Any, asked: Asked) -> Indexes:
    members = asked.members
    return placed(model.recommend(members, dataset, k=PLACES, filter_viewed=True), members)


def _popular(days: float) -> Any:
    return PopularModel(period=timedelta(days=days))


IMPLEMENTATIONS: Final = {
    "popular": _implementation(
        _popular, {"days": 36_500.0}, days=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 90.0, 365.0, 3.0)
    ),
    "ease": _implementation(
        EASEModel,
        {"regularization": 500.0},
        regularization=(50.0, 100.0, 200.0, 300.0, 1_000.0, 2_000.0, 400.0),
    ),
    "sasrec": _implementation(
        SASRecModel,
        {
            "n_factors": 64,
            "n_heads": 1,
            "n_blocks": 2,
            "session_max_len": 50,
            "epochs": 20,
            "lr": 0.001,
            "dropout_rate": 0.2,
            "batch_size": 64,
            "recommend_n_threads": 1,
        },
        dropout_rate=(0.4,),
        lr=(0.003,),
        epochs=(10, 40),
        n_factors=(128,),
        session_max_len=(100,),
    ),
}
