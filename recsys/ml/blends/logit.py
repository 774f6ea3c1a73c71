"""Weights of a blend by conditional logit over the candidates of many cases, and each scorer's scale.

Dims: B cases, C candidates of a case (padded), M scorers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.ml.blends.choosing import Blend
from recsys.ml.blends.conditional_logit import fit
from recsys.ml.blends.questions import STEADY, Question, Watch, scales_of
from recsys.ml.evaluation.reports import DEPTH

ROUNDS: Final = 2
LEAST_GAIN: Final = 1e-4
DIGITS: Final = 4
FIRST_SCALE: Final = "z"


class LogitFit:
    """One scorer's scale at a time: the weights are fitted anew, and what ranks best is kept."""

    def __init__(self, question: Question, watch: Watch) -> None:
        self.watch = watch
        self.names = list(question.parts)
        self.target = question.target
        self.mask = question.mask.astype(np.float32)
        self.parts = {
            name: {scale: np.nan_to_num(scales[scale]) for scale in scales_of(name, STEADY)}
            for name, scales in question.parts.items()
        }

    def best(self) -> Blend:
        """The blend of the best scales found: the heaviest scorer weighs 1, β makes utilities logits."""
        scales = {name: self._first(name) for name in self.names}
        theta = self._fitted(scales, None)
        quality = self._ndcg(scales, theta)
        for turn in range(ROUNDS):
            before = quality
            for at, name in enumerate(self.names):
                self.watch("fit", turn * len(self.names) + at, ROUNDS * len(self.names))
                for scale in self.parts[name].keys() - {scales[name]}:
                    tried = {**scales, name: scale}
                    weights = self._fitted(tried, theta)
                    if (reached := self._ndcg(tried, weights)) > quality + LEAST_GAIN:
                        scales, theta, quality = tried, weights, reached
            if quality <= before:
                break
        return self._blend(scales, theta)

    def _first(self, name: str) -> str:
        return FIRST_SCALE if FIRST_SCALE in self.parts[name] else next(iter(self.parts[name]))

    def _features(self, scales: Mapping[str, str]) -> NDArray[np.float32]:
        return np.stack([self.parts[name][scales[name]] for name in self.names], axis=2)

    def _fitted(
        self, scales: Mapping[str, str], start: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        return fit(self._features(scales), self.mask, self.target, start=start)

    def _ndcg(self, scales: Mapping[str, str], theta: NDArray[np.float64]) -> float:
        """Mean NDCG@10 over the candidates; a target gains nothing by a tie."""
        utility = self._features(scales) @ theta + self.mask
        own = np.take_along_axis(utility, self.target[:, None], axis=1)
        places = np.count_nonzero(utility >= own, axis=1)
        return float(np.where(places <= DEPTH, 1.0 / np.log2(places + 1.0), 0.0).mean())

    def _blend(self, scales: Mapping[str, str], theta: NDArray[np.float64]) -> Blend:
        heaviest = float(theta.max())
        if heaviest <= 0:
            raise ValueError("no scorer tells what members turned to from what they did not")
        weights = np.round(theta / heaviest, DIGITS).tolist()
        return Blend(
            dict(zip(self.names, weights, strict=True)), dict(scales), round(heaviest, DIGITS)
        )
