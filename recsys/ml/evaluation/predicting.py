"""How well a scorer predicts ratings that came after a cut. Dims: N ratings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from recsys.ml.data.interactions import Interactions, Values
from recsys.ml.evaluation import predictions
from recsys.ml.evaluation.asking import BATCH
from recsys.ml.scorer import Predicting, Scorer

ENOUGH: Final = 0.7
"""From which share of the highest rating on one counts as a recommendation: 4 of 5 stars, 7 of 10."""


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors over n ratings, of which ``share`` were predicted; the others are left out.

    ``accuracy``: how many fall on the right side of 70 % of the highest rating. ``mean_rmse`` is the RMSE of
    whoever says the mean of what was known before.
    """

    n: int
    share: float
    rmse: float
    mae: float
    accuracy: float
    mean_rmse: float

    @classmethod
    def of(cls, predicted: Values, actual: Values, before: Values) -> Self:
        """Judge predictions of ratings, NaN where there are none, by those known ``before``."""
        threshold = ENOUGH * float(before.max())
        return cls(
            n=len(actual),
            share=predictions.share_predicted(predicted),
            rmse=predictions.rmse(predicted, actual),
            mae=predictions.mae(predicted, actual),
            accuracy=predictions.accuracy(predicted, actual, threshold),
            mean_rmse=predictions.rmse(np.full_like(actual, before.mean()), actual),
        )


def errors(scorer: Scorer, seen: Interactions, held: Interactions) -> Errors | None:
    """Errors on the ratings held out, given what was seen; both must have the same vocabularies.

    None where the scorer predicts none, or neither part has one that it predicted.
    """
    if not isinstance(scorer, Predicting):
        return None
    before = _told(scorer.actual(seen.values, seen.stars))
    asked = held.where(~np.isnan(scorer.actual(held.values, held.stars)))
    if not len(before) or not len(asked):
        return None
    predicted = np.concatenate(list(_predicted(scorer, seen, asked)))
    told = Errors.of(predicted, scorer.actual(asked.values, asked.stars), before)
    return told if told.share else None


def _told(ratings: Values) -> Values:
    return ratings[~np.isnan(ratings)]


def _predicted(scorer: Scorer, seen: Interactions, asked: Interactions) -> Iterator[Values]:
    """What it predicts of each row, a batch of members at a time."""
    place = scorer.items.indexes(asked.item_ids.ids)[asked.items]
    members = np.unique(asked.members)
    for start in range(0, len(members), BATCH):
        batch = members[start : start + BATCH]
        scores = scorer.score([seen.history_at(each) for each in batch.tolist()], scorer.items)
        rows = np.isin(asked.members, batch)
        found = scores[np.searchsorted(batch, asked.members[rows]), place[rows]]
        yield np.where(place[rows] >= 0, found, np.float32(np.nan))
