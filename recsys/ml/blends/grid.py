"""A grid of blends, each judged on the same cases: how well it ranks, how much it shows, how new that is.

Dims: B cases, I items of the catalogue, M scorers, P points of the grid, k places of a list. Protocol: that of
`evaluation`; every point has the scales of the present blend, so that scores are put on them once for all points.
On the demo data (2,846 members, 3,119 items, five scorers) one core judges 16 points and ranks 45,000 lists a second
(`bench/blend_grid.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys.ml.blends.choosing import Blend, beta_of
from recsys.ml.blends.conditional_logit import fit
from recsys.ml.blends.lattice import PRESENT, Mix, Weights, grid
from recsys.ml.blends.logit import DIGITS
from recsys.ml.blends.questions import Question, Watch, ask_all, quiet
from recsys.ml.blends.scales import Batch, scaled
from recsys.ml.data.interactions import Flags, Indexes, Vocabulary
from recsys.ml.evaluation import metrics
from recsys.ml.evaluation.asking import LONGEST, Case, Score, batches, best, spread
from recsys.ml.evaluation.intervals import Interval, together
from recsys.ml.evaluation.reports import DEPTH, World

MOST_FITTING: Final = 500
MOST_JUDGING: Final = 3_000
CELLS: Final = 1_000_000
"""How many scores of one scorer are on a scale at a time."""
SLACK: Final = 1e-9
"""How much rounding may add to a sum of scores, as a share of it."""
Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """What the cases said of one blend; ``front`` where no other is better in one respect and worse in none.

    ``ndcg`` with its interval, ``gain`` the paired difference to the present blend; ``coverage`` is the share of
    the catalogue in anybody's ten places, ``novelty`` in bits; ``diversity`` None where items have no tags.
    """

    weights: Weights
    beta: float
    marks: tuple[str, ...]
    ndcg: Interval
    gain: Interval
    recall: float
    coverage: float
    novelty: float
    diversity: float | None
    front: bool


@dataclass(frozen=True, slots=True)
class Swept:
    """The points of a grid, in its order, and on how many cases they were judged and their β fitted."""

    points: Sequence[Point]
    scales: Mapping[str, str]
    judged_on: int
    fitted_on: int

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)


def sweep(
    scorers: Mapping[str, Score],
    cases: Sequence[Case],
    catalogue: Vocabulary,
    present: Blend,
    world: World,
    watch: Watch = quiet,
) -> Swept:
    """Judge a grid of blends of all scorers; ``present`` names a weight and a scale for each of them.

    An even share of the cases speaks, at most 3,000; of these at most 500 fit each point's β and the proposed
    weights. Raises ValueError where nobody has a history and a target in the catalogue.
    """
    asked = [case for case in cases if len(case.history) and case.targets[-1] in catalogue]
    if not asked:
        raise ValueError("no case has a history and a target in the catalogue")
    judging = spread(asked, MOST_JUDGING)
    scales = sorted(set(present.scales.values()))
    question = ask_all(scorers, spread(judging, MOST_FITTING), catalogue, scales, watch)
    mixes = grid(list(scorers), present.weights, _proposed(question, present.scales))
    lists, hits = _lists(mixes, scorers, judging, catalogue, (present.scales, watch))
    found = _points(mixes, lists, hits, (judging, catalogue, world))
    points = [replace(one, beta=_beta(question, one.weights, present)) for one in found]
    return Swept(points, dict(present.scales), len(judging), len(question.target))


def _points(
    mixes: Sequence[Mix],
    lists: Indexes,
    hits: Flags,
    about: tuple[Sequence[Case], Vocabulary, World],
) -> list[Point]:
    """The figures of the lists [P, B, k] of all points; β is fitted by others."""
    cases, catalogue, world = about
    counts = np.array([len(case.targets) for case in cases])
    ndcg = np.stack([metrics.ndcg(each, counts) for each in hits])
    now = next(at for at, mix in enumerate(mixes) if PRESENT in mix.marks)
    ranks, gains = together(ndcg), together(ndcg - ndcg[now])
    shown = [_shown(each, world, len(catalogue)) for each in lists]
    told = [(rank.mean, *each[:2]) for rank, each in zip(ranks, shown, strict=True)]
    kept = front(np.array(told))
    return [
        Point(
            weights=mix.weights,
            beta=1.0,
            marks=mix.marks,
            ndcg=ranks[at],
            gain=gains[at],
            recall=float(metrics.recall(hits[at], counts).mean()),
            coverage=shown[at][0],
            novelty=shown[at][1],
            diversity=shown[at][2],
            front=bool(kept[at]),
        )
        for at, mix in enumerate(mixes)
    ]


def front(figures: Rows) -> Flags:
    """Which points [P] no other dominates: is at least as good in all respects [P, R], and better in one."""
    above = (figures[:, None] >= figures[None]).all(axis=2)
    better = (figures[:, None] > figures[None]).any(axis=2)
    return np.asarray(~(above & better).any(axis=0), np.bool_)


def _proposed(question: Question, scales: Mapping[str, str]) -> Weights | None:
    """The weights by conditional logit, the heaviest 1; None where the candidates tell nothing."""
    if not len(question.target):
        return None
    parts = [np.nan_to_num(told[scales[name]]) for name, told in question.parts.items()]
    theta = fit(np.stack(parts, axis=2), question.mask, question.target)
    if theta.max() <= 0:
        return None
    weights = np.round(theta / theta.max(), DIGITS).tolist()
    return dict(zip(question.parts, weights, strict=True))


def _beta(question: Question, weights: Weights, present: Blend) -> float:
    """The β under which a point's utilities are logits; that of the present blend where no case tells."""
    try:
        return round(beta_of(question, weights, present.scales), DIGITS)
    except ValueError:
        return present.beta


def _shown(lists: Indexes, world: World, items: int) -> tuple[float, float, float | None]:
    """Coverage, novelty and diversity of a point's lists [B, k]; a point without lists shows nothing new."""
    novelty = metrics.novelty(lists, world.counts, world.members)
    unlike = metrics.intra_list_diversity(lists, world.shares)
    return (
        metrics.coverage(lists, items),
        metrics.mean_told(novelty) or 0.0,
        metrics.mean_told(unlike),
    )


def _lists(
    mixes: Sequence[Mix],
    scorers: Mapping[str, Score],
    cases: Sequence[Case],
    catalogue: Vocabulary,
    how: tuple[Mapping[str, str], Watch],
) -> tuple[Indexes, Flags]:
    """The ten best unseen items of every point and case [P, B, k], and which of them are targets."""
    scales, watch = how
    weights = np.array([list(mix.weights.values()) for mix in mixes])
    lists = np.full((len(mixes), len(cases), DEPTH), -1, np.int32)
    hits = np.zeros(lists.shape, bool)
    step = max(1, CELLS // len(catalogue))
    for rows, batch in batches(cases):
        histories = [case.history for case in batch]
        raw = {name: score(histories, catalogue) for name, score in scorers.items()}
        for start in range(0, len(batch), step):
            at, some = rows.start + start, batch[start : start + step]
            watch("judge", at, len(cases))
            told = [scaled(own[start : start + step], scales[name]) for name, own in raw.items()]
            block = _Block(np.stack(told), some, catalogue)
            for row in range(len(some)):
                lists[:, at + row], hits[:, at + row] = block.ranked(row, weights)
    return lists, hits


class _Block:
    """Some cases with what all points share: scaled scores [M, b, I], what is seen, and what can be in a list.

    Whatever its weights, a point's utility of an item is, but for a factor of the whole row, a mean of its scores. So
    an item whose best score lies below the worst ones of twenty others that may be listed is in nobody's list.
    """

    def __init__(self, told: Batch, cases: Sequence[Case], catalogue: Vocabulary) -> None:
        self.known = ~np.isnan(told)
        self.scores = np.nan_to_num(told, nan=0.0)
        self.targets = _marked([case.targets for case in cases], catalogue)
        seen = _marked([case.history.items for case in cases], catalogue)
        speaks = self.known.any(axis=2, keepdims=True)
        lowest = np.where(speaks, self.scores, np.inf).min(axis=0)
        lowest[seen | ~(self.known | ~speaks).all(axis=0) | ~speaks.any(axis=0)] = -np.inf
        most = min(LONGEST, len(catalogue))
        least = np.partition(lowest, -most, axis=1)[:, -most, None]
        highest = np.where(speaks, self.scores, -np.inf).max(axis=0)
        self.offered = (highest >= least - SLACK * np.abs(least)) & self.known.any(axis=0) & ~seen

    def ranked(self, row: int, weights: Rows) -> tuple[Indexes, Flags]:
        """The lists of one case under the weights [P, M] of all points [P, k], and their hits."""
        columns = np.flatnonzero(self.offered[row])
        lists = np.full((len(weights), DEPTH), -1, np.int32)
        if len(columns):
            found = best(self._utilities(row, columns, weights), LONGEST)[:, :DEPTH]
            lists = np.where(found >= 0, columns[found], -1).astype(np.int32)
        return lists, self.targets[row][lists] & (lists >= 0)

    def _utilities(self, row: int, columns: NDArray[np.intp], weights: Rows) -> Batch:
        """Σ w·s [P, C] of some items; a target stands after what ties with it, -∞ cannot be ranked.

        That a scorer without knowledge of a member hands its weight to the others multiplies a whole row, as β
        does: it moves no rank and is left out.
        """
        scores, known = self.scores[:, row, columns], self.known[:, row, columns]
        mixture = np.zeros((len(weights), len(columns)))
        for weight, part in zip(weights.T, scores, strict=True):
            mixture += weight[:, None] * part
        own = np.flatnonzero(self.targets[row, columns])
        mixture[:, own] = np.nextafter(mixture[:, own], -np.inf)
        if not known.all():
            mixture[(weights > 0) @ known == 0] = -np.inf
        return mixture


def _marked(items: Sequence[Sequence[Any]], catalogue: Vocabulary) -> Flags:
    """Which items of the catalogue each case names [b, I]."""
    marked = np.zeros((len(items), len(catalogue)), bool)
    for row, each in enumerate(items):
        places = catalogue.indexes(each)
        marked[row, places[places >= 0]] = True
    return marked
