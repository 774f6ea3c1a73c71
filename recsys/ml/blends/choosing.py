"""Choosing a blend on validation: each scorer's scale and weight, then the logit scale β.

Dims: B cases, C candidates of a case (padded), I items of the catalogue, M scorers. Utility = Σ w·s
over the scorers, s on the scorer's scale; a scorer that knows nothing of a member is left out and the
others take its weight; a single unknown is neutral.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys.ml.blends.conditional_logit import fit
from recsys.ml.blends.questions import STEADY, Question, ask, scales_of
from recsys.ml.blends.scales import Batch, scaled
from recsys.ml.data.interactions import History, Vocabulary
from recsys.ml.evaluation.asking import Case, Score, batches
from recsys.ml.evaluation.reports import Report, evaluate

MOST_CASES: Final = 4_000
MOST_SCORES: Final = 20_000_000
STEPS: Final = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
ROUNDS: Final = 3
DEPTH: Final = 10
LEAST_BETA: Final = 1e-3
IDEAL: Final = np.cumsum(1.0 / np.log2(np.arange(2.0, DEPTH + 2.0)))
"""What so many targets gain in the first places, from one on."""
Weights = dict[str, float]
Scales = dict[str, str]


@dataclass(frozen=True, slots=True)
class Blend:
    """Weights ≥ 0 and scales of scorers by name, and β, which turns a utility into a logit."""

    weights: Mapping[str, float]
    scales: Mapping[str, str]
    beta: float = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A blend with what validation said of it and of each scorer alone."""

    blend: Blend
    report: Report
    alone: Mapping[str, Report]

    @property
    def beats_all(self) -> bool:
        """Whether the blend's NDCG is above that of each of its scorers."""
        return all(self.report.members.ndcg > each.members.ndcg for each in self.alone.values())

    def as_json(self) -> dict[str, Any]:
        """The choice as plain data."""
        return asdict(self) | {"beats_all": self.beats_all}


def utilities(blend: Blend, scores: Mapping[str, NDArray[Any]]) -> Batch:
    """Blend raw scores [B, I] of the whole catalogue; NaN where no weighted scorer knows the item."""
    parts = {
        name: scaled(scores[name], blend.scales[name])
        for name, weight in blend.weights.items()
        if weight > 0
    }
    return blend.beta * mixed(blend.weights, parts)


def mixed(weights: Mapping[str, float], parts: Mapping[str, NDArray[np.floating[Any]]]) -> Batch:
    """Sum scaled scores by weight, over the scorers that know something of the member."""
    total = sum(weights[name] for name in parts)
    shape = next(iter(parts.values())).shape
    mixture, present = np.zeros(shape), np.zeros((shape[0], 1))
    unknown = np.ones(shape, bool)
    for name, part in parts.items():
        knows = ~np.isnan(part).all(axis=1, keepdims=True)
        present += weights[name] * knows
        unknown &= np.isnan(part)
        mixture += weights[name] * np.nan_to_num(part, nan=0.0)
    mixture *= np.divide(total, present, out=np.zeros_like(present), where=present > 0)
    return np.where(unknown, np.nan, mixture)


def blended(blend: Blend, scorers: Mapping[str, Score]) -> Score:
    """The blend as one scoring function, for evaluation."""

    def score(histories: Sequence[History], items: Vocabulary) -> Batch:
        used = [name for name, weight in blend.weights.items() if weight > 0]
        return utilities(blend, {name: scorers[name](histories, items) for name in used})

    return score


def choose(
    scorers: Mapping[str, Score],
    cases: Sequence[Case],
    catalogue: Vocabulary,
    scales: Sequence[str] = STEADY,
) -> Choice:
    """Choose scales and weights by coordinate ascent on NDCG@10, then β by conditional logit.

    An even share of the cases speaks, at most 4,000. Only those with a history and a (last) target in
    the catalogue are chosen by; the reports are over all that speak. Raises ValueError without any.
    """
    speaking = _sample(cases, len(catalogue))
    asked = [case for case in speaking if len(case.history) and case.targets[-1] in catalogue]
    if not asked:
        raise ValueError("no validation case has a history and a target in the catalogue")
    known = {name: _Remembered(score, speaking, catalogue) for name, score in scorers.items()}
    alone = {name: evaluate(score, speaking, catalogue) for name, score in known.items()}
    best = max(alone, key=lambda name: alone[name].members.ndcg)
    question = ask(known, asked, catalogue, scales)
    picked = _ascend(question, best, scales)
    blend = Blend(*picked, beta=beta_of(question, *picked))
    return Choice(blend, evaluate(blended(blend, known), speaking, catalogue), alone)


def _sample(cases: Sequence[Case], items: int) -> Sequence[Case]:
    """As many cases, evenly taken, as their scores over all items leave room for."""
    most = max(1, min(MOST_CASES, MOST_SCORES // max(items, 1)))
    return cases[:: max(1, -(-len(cases) // most))]


class _Remembered:
    """The scores [B, I] of one scorer for the histories of these cases, made once."""

    def __init__(self, score: Score, cases: Sequence[Case], catalogue: Vocabulary) -> None:
        self.rows = {id(case.history): row for row, case in enumerate(cases)}
        self.scores = np.empty((len(cases), len(catalogue)), np.float32)
        for rows, batch in batches(cases):
            self.scores[rows] = score([case.history for case in batch], catalogue)

    def __call__(self, histories: Sequence[History], items: Vocabulary) -> NDArray[np.float32]:
        return self.scores[[self.rows[id(history)] for history in histories]]


def _ascend(question: Question, best: str, scales: Sequence[str]) -> tuple[Weights, Scales]:
    """Start from the best scorer alone, on each scale; keep the start from which most is reached.

    The best scorer keeps weight 1, since only ratios matter.
    """
    climbs = [_Climb(question, best, scale) for scale in scales_of(best, scales)]
    for climb in climbs:
        for _ in range(ROUNDS):
            before = climb.quality
            for name in question.parts:
                if name != best:
                    climb.improve(name, scales)
            if climb.quality <= before:
                break
    reached = max(climbs, key=lambda climb: climb.quality)
    return reached.weights, reached.scales


class _Climb:
    """Coordinate ascent on NDCG@10 over the candidates: one scorer's scale and weight at a time.

    All targets of a case speak. An unknown score is neutral. That a scorer without knowledge of a member
    hands its weight to the others multiplies a whole row, which moves no rank, so it is left out here.
    """

    def __init__(self, question: Question, best: str, scale: str) -> None:
        self.found = np.asarray((question.targets >= 0).any(axis=1), bool)
        targets = question.targets[self.found]
        self.rows, places = np.nonzero(targets >= 0)
        self.columns = targets[self.rows, places]
        self.ideal = IDEAL[np.minimum(question.asked[self.found], DEPTH) - 1][self.rows]
        self.neutral = {
            name: {each: self._neutral(part) for each, part in parts.items()}
            for name, parts in question.parts.items()
        }
        self.weights: Weights = dict.fromkeys(question.parts, 0.0) | {best: 1.0}
        self.scales: Scales = dict.fromkeys(question.parts, scale)
        self.mixture = question.mask[self.found].astype(np.float32) + self.neutral[best][scale]
        self.quality = self._ndcg(self.mixture)

    def improve(self, name: str, scales: Sequence[str]) -> None:
        """Give one scorer the scale and weight under which the rest ranks best."""
        own = self.neutral[name]
        rest = self.mixture - np.float32(self.weights[name]) * own[self.scales[name]]
        for scale in scales_of(name, scales):
            for step in STEPS:
                tried = rest + np.float32(step) * own[scale]
                if (quality := self._ndcg(tried)) > self.quality:
                    self.quality, self.mixture = quality, tried
                    self.weights[name], self.scales[name] = step, scale

    def _neutral(self, part: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        return np.asarray(np.nan_to_num(part[self.found], nan=0.0), np.float32)

    def _ndcg(self, utility: NDArray[np.float32]) -> float:
        """Mean NDCG@10; a target gains nothing by a tie, nor where it is no candidate."""
        own = utility[self.rows, self.columns]
        places = np.count_nonzero(utility[self.rows] >= own[:, None], axis=1)
        gains = np.where(places <= DEPTH, 1.0 / np.log2(places + 1.0), 0.0)
        return float((gains / self.ideal).sum() / self.found.size)


def _utility(question: Question, weights: Mapping[str, float], scales: Mapping[str, str]) -> Batch:
    used = {name: question.parts[name][scales[name]] for name in weights if weights[name] > 0}
    mixture = mixed(weights, used)
    return np.where(np.isnan(mixture), -np.inf, mixture) + question.mask


def beta_of(question: Question, weights: Mapping[str, float], scales: Mapping[str, str]) -> float:
    """β of P(item) = softmax(β · utility): the conditional logit of one feature.

    A case whose target none of the weighted scorers knows says nothing of it. Raises ValueError where no case speaks.
    """
    utility = _utility(question, weights, scales)
    unknown = np.isneginf(utility)
    own = np.take_along_axis(unknown, np.maximum(question.target, 0)[:, None], axis=1)[:, 0]
    feature = np.where(unknown, 0.0, utility)[..., None]
    mask = np.where(unknown, -np.inf, 0.0)
    target = np.where(own, -1, question.target)
    return float(fit(feature, mask, target, least=LEAST_BETA)[0])
