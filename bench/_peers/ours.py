"""Our own families, measured as the others are."""

from __future__ import annotations

import os
from functools import partial
from typing import Final

from bench._peers.search import Asked, Chosen, Implementation, Settings
from recsys.ml.benchmarking import Bench, lists
from recsys.ml.data.interactions import Indexes, Interactions
from recsys.ml.families import registry
from recsys.ml.families.options import TrainingOptions
from recsys.ml.scorer import Scorer, Training
from recsys.ml.splits.files import Split

THREADS: Final = int(os.environ.get("OMP_NUM_THREADS", "1"))
TRAINING: Final = Training(TrainingOptions(device="cpu", threads=THREADS))


def choose(name: str, split: Split, trials: int) -> Chosen:
    """By `manage.py benchmark`'s own search; with one trial, what a family starts with."""
    bench = Bench(split, TRAINING, given={name: {}} if trials == 1 else {})
    found = bench.chosen(name)
    return Chosen(dict(bench.settings(name)), found.trials, found.ndcg)


def _fit(name: str, rows: Interactions, settings: Settings) -> Scorer:
    config = registry.parse_config(name, settings)
    return registry.learner_of(name)(config, rows, rows.item_ids, TRAINING)


def _lists(scorer: Scorer, _rows: Interactions, asked: Asked) -> Indexes:
    return lists(scorer.score, asked.cases, asked.split)[1]


IMPLEMENTATIONS: Final = {
    name: Implementation(lambda rows: rows, partial(_fit, name), _lists)
    for name in ("popularity", "item_knn", "ease", "als", "dot", "sasrec")
}
