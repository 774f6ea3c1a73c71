"""Choosing the settings of a family on validation: one setting at a time, over a fixed grid.

How a history is weighed needs no other fit: those settings are tried on the model at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np

from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.evaluation import metrics
from recsys.ml.evaluation.asking import Case, batches, hits_of, top
from recsys.ml.evaluation.reports import DEPTH
from recsys.ml.families import registry
from recsys.ml.scorer import Scorer, Training

MOST_CASES: Final = 1_500
DECAYS: Final = (0.6, 0.8, 0.9, 1.0)
DAILY: Final = (1.0, 0.98, 0.9)
HALF_LIVES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 90.0, 36_500.0)
Grid = Mapping[str, Sequence[Any]]

FITTED: Final[Mapping[str, Grid]] = {
    "popularity": {"half_life_days": HALF_LIVES},
    "context": {"half_life_days": HALF_LIVES, "shrink": (10.0, 50.0, 500.0)},
    "item_knn": {"shrink": (10.0, 50.0), "neighbours": (100, 400)},
    "user_knn": {},
    "cluster": {
        "half_life_days": (0.5, 1.0, 2.0, 4.0, 8.0, 32.0),
        "clusters": (4, 16, 64),
        "shrink": (50.0, 200.0, 800.0),
    },
    "transitions": {"lags": (3, 6), "shrink": (2.0, 10.0)},
    "ease": {"regularization": (100.0, 300.0, 1_000.0), "half_life_days": (4.0, 16.0, 64.0)},
    "svd": {"factors": (32, 64, 128), "damping": (0.2, 0.4, 0.7)},
    "als": {"factors": (64, 128), "alpha": (5.0, 20.0)},
    "dot": {"half_life_days": (36_500.0, 30.0, 5.0)},
    "rating": {"regularization": (10.0, 30.0, 100.0), "bias_regularization": (1.0, 3.0, 10.0)},
    "ncf": {"half_life_days": (36_500.0, 30.0, 5.0)},
    "gru": {"half_life_days": (36_500.0, 5.0)},
    "sasrec": {"half_life_days": (36_500.0, 5.0)},
    "textcnn": {"half_life_days": (36_500.0, 30.0, 5.0)},
    "joint": {"half_life_days": (36_500.0, 5.0)},
    "content": {
        "compares": ("taste", "meaning"),
        "mix": (0.0, 0.3, 0.7),
        "trust": (20.0, 100.0, 500.0),
        "ridge": (100.0, 1_000.0, 10_000.0),
    },
}
"""What each family tries that takes another fit; one that is not named here keeps its defaults."""

BEGUN: Final[Mapping[str, Mapping[str, Any]]] = {"user_knn": {"neighbours": 500}}
"""Where a search begins that would not leave the defaults: fading likes need more neighbours than whole ones."""

ANY_HISTORY: Final[Grid] = {"decay": DECAYS, "daily_decay": DAILY}
FOLDED: Final[Mapping[str, Grid]] = {
    "transitions": {"earlier": (0.3, 0.6, 1.0), "decay": DECAYS, "daily_decay": DAILY},
    "cluster": {"nearest": (1, 3, 8), **ANY_HISTORY},
    "user_knn": {
        "before_days": (0.5, 2.0, 8.0),
        "half_life_days": (2.0, 4.0, 8.0, 16.0, 64.0),
        "after_days": (8.0, 32.0),
        "neighbours": (50, 150, 2_000),
        **ANY_HISTORY,
    },
    "popularity": {},
    "context": {},
    "dot": {"daily_decay": DAILY},
    "ncf": {"daily_decay": DAILY},
    "textcnn": {"daily_decay": DAILY},
}
"""What each family tries on the model at hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What validation asks: its cases, and the items that are ranked for each."""

    cases: Sequence[Case]
    ranked: Vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """The settings that validation chose, the model that has them, how well it ranked, and after how many trials."""

    settings: Mapping[str, Any]
    scorer: Scorer
    ndcg: float
    trials: int


def tune(
    family: str,
    train: Interactions,
    validation: Asked,
    catalogue: Vocabulary,
    training: Training,
    fixed: Mapping[str, Any],
) -> Tuned:
    """Choose settings by NDCG@10 on an even share of the cases, at most 1,500; ``fixed`` ones are not tried.

    Starts from the defaults or from what is ``BEGUN``; a value has to rank better to be taken. Raises Untrainable.
    """
    cases = validation.cases
    asked = cases[:: max(1, -(-len(cases) // MOST_CASES))]

    def fit(settings: Mapping[str, Any]) -> Scorer:
        config = registry.parse_config(family, settings)
        return registry.learner_of(family)(config, train, catalogue, training)

    begun = {**BEGUN.get(family, {}), **fixed}
    search = _Search(fit, asked, validation.ranked, begun)
    for name, values in FITTED.get(family, {}).items():
        search.refit(name, [each for each in values if name not in fixed])
    for name, values in FOLDED.get(family, ANY_HISTORY).items():
        search.refold(name, [each for each in values if name not in fixed])
    return Tuned(search.settings, search.scorer, search.ndcg, search.trials)


def untuned(
    family: str,
    train: Interactions,
    validation: Asked,
    catalogue: Vocabulary,
    training: Training,
    settings: Mapping[str, Any],
) -> Tuned:
    """A model of these settings, none of which is tried out."""
    config = registry.parse_config(family, settings)
    scorer = registry.learner_of(family)(config, train, catalogue, training)
    return Tuned(settings, scorer, ndcg(scorer, validation.cases, validation.ranked), 1)


class _Search:
    """The best model so far and what it is made with."""

    def __init__(
        self,
        fit: Callable[[Mapping[str, Any]], Scorer],
        cases: Sequence[Case],
        catalogue: Vocabulary,
        settings: dict[str, Any],
    ) -> None:
        self.fit, self.cases, self.catalogue = fit, cases, catalogue
        self.settings, self.trials, self.ndcg = settings, 0, -1.0
        self._try(settings, fit(settings))

    def refit(self, name: str, values: Sequence[Any]) -> None:
        """Try values of a setting that takes another fit."""
        for value in values:
            if value != getattr(self.scorer.config, name):
                settings = {**self.settings, name: value}
                self._try(settings, self.fit(settings))

    def refold(self, name: str, values: Sequence[Any]) -> None:
        """Try values of a setting that only weighs histories."""
        for value in values:
            if value != getattr(self.scorer.config, name):
                self._try({**self.settings, name: value}, refolded(self.scorer, **{name: value}))

    def _try(self, settings: dict[str, Any], scorer: Scorer) -> None:
        self.trials += 1
        if (reached := ndcg(scorer, self.cases, self.catalogue)) > self.ndcg:
            self.settings, self.scorer, self.ndcg = settings, scorer, reached


def refolded(scorer: Scorer, **changed: Any) -> Scorer:
    """The same model under other settings of how it weighs a history."""
    own = cast("Any", scorer)
    return cast("Scorer", replace(own, config=replace(own.config, **changed)))


def ndcg(scorer: Scorer, cases: Sequence[Case], catalogue: Vocabulary) -> float:
    """Mean NDCG@10 over cases; 0 of none."""
    total = 0.0
    for _, batch in batches(cases):
        lists = top(scorer.score([case.history for case in batch], catalogue), batch, catalogue)
        hits = hits_of(lists[:, :DEPTH], batch, catalogue)
        total += float(metrics.ndcg(hits, np.array([len(case.targets) for case in batch])).sum())
    return total / len(cases) if cases else 0.0
