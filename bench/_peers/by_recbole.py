"""RecBole: nearest items, EASE, BPR and SASRec, each fitted by its own trainer on everything it is given."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from recbole.config import Config
from recbole.data import create_dataset
from recbole.data.dataloader import TrainDataLoader
from recbole.data.interaction import Interaction
from recbole.sampler import Sampler
from recbole.utils import get_model, get_trainer, init_seed

from bench._peers.data import matrix
from bench._peers.lists import PLACES
from bench._peers.search import Asked, Implementation, Settings
from recsys.ml.data.interactions import Indexes, Interactions

BATCH: Final = 256
ALWAYS: Final = {
    "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
    "benchmark_filename": ["all"],
    "eval_args": {
        "split": {"RS": [1.0, 0.0, 0.0]},
        "order": "TO",
        "group_by": "none",
        "mode": "full",
    },
    "use_gpu": False,
    "show_progress": False,
    "state": "ERROR",
    "seed": 0,
}


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model and the numbers it gave to items [I] and members [U], 0 where it knows none."""

    model: Any
    items: Indexes
    members: Indexes


def _fit(name: str, rows: Interactions, settings: Settings) -> Fitted:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "all"
        home.mkdir()
        np.savetxt(
            home / "all.all.inter",
            np.column_stack([rows.members, rows.items, rows.times]),
            ["%d", "%d", "%.3f"],
            delimiter="\t",
            header="user_id:token\titem_id:token\ttimestamp:float",
            comments="",
        )
        given = {**ALWAYS, **settings, "data_path": folder, "checkpoint_dir": folder}
        config = Config(model=name, dataset="all", config_dict=given)
        init_seed(0, reproducibility=True)
        told = create_dataset(config)
        train = told.build()[0]
        sampler = Sampler(["train"], [train]).set_phase("train")
        loader = TrainDataLoader(config, train, sampler, shuffle=True)
        model = get_model(name)(config, train)
        get_trainer(config["MODEL_TYPE"], name)(config, model).fit(loader, saved=False)
    return Fitted(
        model.eval(),
        _numbers(told, "item_id", len(rows.item_ids)),
        _numbers(told, "user_id", len(rows.member_ids)),
    )


def _numbers(told: Any, field: str, size: int) -> Indexes:
    tokens = told.field2id_token[field][1:].astype(np.int64)
    found = np.zeros(size, np.int32)
    found[tokens] = np.arange(1, len(tokens) + 1)
    return found


def _implementation(name: str, start: Settings, **grid: Any) -> Implementation:
    def fit(rows: Interactions, settings: Settings) -> Fitted:
        return _fit(name, rows, settings)

    return Implementation(lambda rows: rows, fit, _lists, start, grid)


def _lists(fitted: Fitted, rows: Interactions, asked: Asked) -> Indexes:
    members, met = asked.members, matrix(rows)
    lists = [_batch(fitted, each, met) for each in _batches(members)]
    return np.concatenate(lists)


def _batches(members: Indexes) -> Iterator[Indexes]:
    yield from (members[start : start + BATCH] for start in range(0, len(members), BATCH))


def _batch(fitted: Fitted, members: Indexes, met: Any) -> Indexes:
    asked = torch.from_numpy(fitted.members[members].astype(np.int64))
    with torch.no_grad():
        scores = fitted.model.full_sort_predict(Interaction({"user_id": asked}))
    own = np.asarray(scores).reshape(len(members), -1)[:, fitted.items]
    hidden = (met[members].toarray() > 0) | (fitted.items == 0)
    best = torch.from_numpy(np.where(hidden, -np.inf, own)).topk(PLACES)
    return np.where(np.isneginf(best.values), -1, best.indices)


IMPLEMENTATIONS: Final = {
    "item_knn": _implementation(
        "ItemKNN",
        {"k": 100, "shrink": 0.0},
        k=(20, 50, 200, 400),
        shrink=(10.0, 50.0, 5.0, 100.0, 200.0, 20.0),
    ),
    "ease": _implementation(
        "EASE",
        {"reg_weight": 250.0},
        reg_weight=(50.0, 100.0, 500.0, 1_000.0, 2_000.0, 175.0, 350.0),
    ),
    "bpr": _implementation(
        "BPR",
        {"embedding_size": 64, "learning_rate": 0.001, "epochs": 20, "weight_decay": 0.0},
        learning_rate=(0.003,),
        epochs=(40,),
        weight_decay=(1e-5,),
        embedding_size=(32, 128),
    ),
}
