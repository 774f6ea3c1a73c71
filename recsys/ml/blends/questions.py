"""The questions on which a blend is chosen: candidates of each case, on every scale, and which is the target.

Dims: B cases, C candidates of a case (padded), I items of the catalogue, M scorers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from recsys.ml.blends.scales import Batch, scaled
from recsys.ml.data.interactions import Vocabulary
from recsys.ml.evaluation.asking import Case, Score, batches

Floats = NDArray[np.floating[Any]]
Number = TypeVar("Number", bound=np.number[Any])
Watch = Callable[[str, int, int], None]
CANDIDATES: Final = 100
STEADY: Final = ("log_z", "z", "percentile", "min_max")
"""Scales that a retrained scorer keeps: raw scores grow with the data, so ``none`` is not among them."""
LINEAR: Final = ("z", "min_max")
HEAVY_TAILED: Final = frozenset({"popularity"})
"""Scorers that stand far above the rest on few items: on a scale that keeps their tail they decide those
alone and leave the others to taste; one that compresses it would have them decide the whole slate."""


def quiet(stage: str, done: int, total: int) -> None:
    """Watch nothing."""


def scales_of(name: str, scales: Sequence[str]) -> Sequence[str]:
    """Those of the scales that suit a scorer."""
    linear = [scale for scale in scales if scale in LINEAR]
    return linear if name in HEAVY_TAILED and linear else scales


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Candidates of all cases on every scale: parts[name][scale] [B, C]; padding is -inf in ``mask``.

    ``target`` [B] is the column of the last target, -1 where it is no candidate; ``targets`` [B, T] are those of
    all, padded with -1, ``asked`` [B] says how many there are, candidates or not.
    """

    parts: Mapping[str, Mapping[str, Floats]]
    mask: Batch
    target: NDArray[np.int64]
    targets: NDArray[np.int64]
    asked: NDArray[np.int64]

    @classmethod
    def joined(cls, questions: Sequence[Self]) -> Self:
        """One of several, padded to the widest."""
        width = max(each.mask.shape[1] for each in questions)
        parts = {
            name: {
                scale: np.concatenate(
                    [_padded(q.parts[name][scale], width, 0.0) for q in questions]
                )
                for scale in scales
            }
            for name, scales in questions[0].parts.items()
        }
        mask = np.concatenate([_padded(each.mask, width, -np.inf) for each in questions])
        most = max(each.targets.shape[1] for each in questions)
        return cls(
            parts,
            mask,
            np.concatenate([each.target for each in questions]),
            np.concatenate([_padded(each.targets, most, -1) for each in questions]),
            np.concatenate([each.asked for each in questions]),
        )

    def speaking(self) -> Self:
        """The cases whose target is a candidate, in single precision: what a fit has to keep."""
        found = self.target >= 0
        parts = {
            name: {scale: part[found].astype(np.float32) for scale, part in scales.items()}
            for name, scales in self.parts.items()
        }
        kept = {name: getattr(self, name)[found] for name in ("mask", "target", "targets", "asked")}
        return replace(self, parts=parts, **kept)


def ask(
    scorers: Mapping[str, Score],
    cases: Sequence[Case],
    catalogue: Vocabulary,
    scales: Sequence[str],
) -> Question:
    """Gather each scorer's best unseen items per case, and put their scores on every scale."""
    histories = [case.history for case in cases]
    raw = {name: score(histories, catalogue) for name, score in scorers.items()}
    chosen = [_candidates(raw, row, case, catalogue) for row, case in enumerate(cases)]
    width = max(map(len, chosen))
    columns = np.zeros((len(cases), width), np.int64)
    mask = np.full((len(cases), width), -np.inf)
    for row, items in enumerate(chosen):
        columns[row, : len(items)], mask[row, : len(items)] = items, 0.0
    parts = {name: _on_scales(scores, columns, scales) for name, scores in raw.items()}
    targets = _places(cases, catalogue)
    at = np.stack([_column(columns, mask, each) for each in targets.T], axis=1)
    asked = np.count_nonzero(targets >= 0, axis=1)
    return Question(parts, mask, at[:, 0], at, asked)


def _places(cases: Sequence[Case], catalogue: Vocabulary) -> NDArray[np.int64]:
    """Places of all targets in the catalogue [B, T], the last first; -1 where there is none."""
    found = [catalogue.indexes(reversed(case.targets)) for case in cases]
    rows = np.full((len(cases), max(map(len, found))), -1, np.int64)
    for row, places in zip(rows, found, strict=True):
        row[: len(places)] = places
    return rows


def _column(
    columns: NDArray[np.int64], mask: Batch, places: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The column of a place of each case [B], -1 where it is no candidate."""
    found = (columns == places[:, None]) & (mask == 0)
    return np.where(found.any(axis=1), found.argmax(axis=1), -1)


def ask_all(
    scorers: Mapping[str, Score],
    cases: Sequence[Case],
    catalogue: Vocabulary,
    scales: Sequence[str],
    watch: Watch,
) -> Question:
    """The speaking questions of all cases, a batch at a time: whole catalogues of scores are not kept."""
    asked = []
    for rows, batch in batches(cases):
        watch("candidates", rows.start, len(cases))
        asked.append(ask(scorers, batch, catalogue, scales).speaking())
    return Question.joined(asked)


def _candidates(
    raw: Mapping[str, NDArray[Any]], row: int, case: Case, catalogue: Vocabulary
) -> NDArray[np.int64]:
    seen = catalogue.indexes(case.history.items)
    chosen = []
    for scores in raw.values():
        ranked = np.where(np.isnan(scores[row]), -np.inf, scores[row])
        ranked[seen[seen >= 0]] = -np.inf
        chosen.append(_highest(ranked))
    return np.unique(np.concatenate(chosen))


def _highest(ranked: NDArray[Any]) -> NDArray[np.int64]:
    """Places of the best known scores [≤ CANDIDATES], of those that tie for the last the first."""
    most = min(CANDIDATES, len(ranked))
    least = np.partition(ranked, -most)[-most]
    above = np.flatnonzero(ranked > least)
    ties = np.flatnonzero(ranked == least)[: most - len(above)]
    best = np.concatenate([above, ties])
    return np.asarray(best[~np.isneginf(ranked[best])], np.int64)


def _padded(rows: NDArray[Number], width: int, value: float) -> NDArray[Number]:
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=value)


def _on_scales(
    scores: NDArray[Any], columns: NDArray[np.int64], scales: Sequence[str]
) -> dict[str, Batch]:
    asked = np.take_along_axis(scores, columns, axis=1)
    return {scale: scaled(scores, scale, asked) for scale in scales}
