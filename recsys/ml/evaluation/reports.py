"""What an evaluation says: the figures of lists, by group of members, and of one model beside another.

Dims: B cases, I items of the catalogue, G values of attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from recsys.ml.data.interactions import Flags, Id, Interactions, Vocabulary
from recsys.ml.evaluation import metrics
from recsys.ml.evaluation.asking import LONGEST, Case, Judged, Rank, Score, judge
from recsys.ml.evaluation.intervals import Interval, difference, together
from recsys.ml.evaluation.significance import sign_flip

DEPTH: Final = 10
COLD: Final = 5
"""Members and items with fewer interactions before the cut are cold."""
NEWCOMERS, COLD_MEMBERS, COLD_ITEMS, SEGMENT = "newcomers", "cold_members", "cold_items", "segment:"
BEYOND: Final = ("novelty", "diversity", "calibration", "serendipity", "listed", "owned")
"""Measures that ask what is known of the items; the last two are how popular lists and histories are."""
APART: Final = ("ndcg", "listed", "owned")
MAYBE: Final = (*BEYOND, "auc")
Measures = Mapping[str, NDArray[np.float64]]
NOBODY: Mapping[Id, Sequence[str]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What was known around the cases when the cut was made.

    ``counts`` [I]: interactions with each item; ``members``: how many had done anything; ``shares``
    [I, G]: each item's attribute values, summing to 1 or 0; ``segments``: the names of a member's.
    """

    counts: NDArray[np.int64]
    members: int
    shares: NDArray[np.float32]
    segments: Mapping[Id, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        before: Interactions,
        catalogue: Vocabulary,
        tags: Sequence[Sequence[str]] | None = None,
        segments: Mapping[Id, Sequence[str]] = NOBODY,
    ) -> Self:
        """Count interactions before the cut; ``tags`` names each item's attribute values."""
        known = catalogue.indexes(before.item_ids.ids)[before.items]
        counts = np.bincount(known[known >= 0], minlength=len(catalogue))
        members = len(np.unique(before.members))
        return cls(counts, members, shares_of(tags or [()] * len(catalogue)), segments)

    def profiles(self, cases: Sequence[Case], catalogue: Vocabulary) -> NDArray[np.float64]:
        """Each member's mix of attributes [B, G]: the items of their history, weighed by reward."""
        mixes = np.zeros((len(cases), self.shares.shape[1]))
        for row, case in enumerate(cases):
            places = catalogue.indexes(case.history.items)
            held = places >= 0
            mixes[row] = case.history.values[held] @ self.shares[places[held]]
        totals = mixes.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(mixes, totals, out=np.zeros_like(mixes), where=totals > 0))

    def owned(self, cases: Sequence[Case], catalogue: Vocabulary) -> NDArray[np.float64]:
        """How popular the items of each history are [B], NaN of an empty one."""
        found = np.full(len(cases), np.nan)
        for row, case in enumerate(cases):
            places = catalogue.indexes(case.history.items)
            if (held := places[places >= 0]).size:
                found[row] = self.counts[held].mean()
        return found


def shares_of(tags: Sequence[Sequence[str]], most: int = 256) -> NDArray[np.float32]:
    """Attribute values of each item as shares [I, G]; only the ``most`` frequent values, ties by name."""
    frequency: dict[str, int] = {}
    for values in tags:
        for value in values:
            frequency[value] = frequency.get(value, 0) + 1
    kept = sorted(frequency, key=lambda value: (-frequency[value], value))[:most]
    columns = {value: column for column, value in enumerate(kept)}
    shares = np.zeros((len(tags), max(1, len(kept))), np.float32)
    for row, values in enumerate(tags):
        for value in values:
            if value in columns:
                shares[row, columns[value]] = 1.0
    totals = shares.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(shares, totals, out=shares, where=totals > 0))


def measures(judged: Judged, world: World | None = None) -> Measures:
    """Every measure per case [B]; those that need to know the world are NaN without one."""
    counts = np.array([len(case.targets) for case in judged.cases], np.int64)
    nothing = np.full(len(counts), np.nan)
    hits, lists = judged.hits[:, :DEPTH], judged.lists[:, :DEPTH]
    accuracy = {
        "ndcg": metrics.ndcg(hits, counts),
        "recall": metrics.recall(hits, counts),
        "hit_rate": metrics.hit_rate(hits),
        "mrr": metrics.reciprocal_rank(hits),
        "recall_20": metrics.recall(judged.hits[:, :LONGEST], counts),
        "precision": metrics.precision(hits),
        "f1": metrics.f1(hits, counts),
        "map": metrics.average_precision(hits, counts),
        "auc": nothing if judged.auc is None else judged.auc,
    }
    if world is None:
        return accuracy | dict.fromkeys(BEYOND, nothing)
    profiles = world.profiles(judged.cases, judged.catalogue)
    return accuracy | {
        "novelty": metrics.novelty(lists, world.counts, world.members),
        "diversity": metrics.intra_list_diversity(lists, world.shares),
        "calibration": metrics.calibration(lists, world.shares, profiles),
        "serendipity": metrics.serendipity(lists, hits, world.counts),
        "listed": metrics.popularity(lists, world.counts),
        "owned": world.owned(judged.cases, judged.catalogue),
    }


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over n members. All look at 10 places but ``recall_20`` (20) and ``auc`` (the catalogue).

    ``ndcg_se`` is the standard error of ``ndcg``, ``ndcg_low`` and ``ndcg_high`` its 95 % interval. ``auc``
    and what follows are None where nothing is known; they are means over those they speak of, but
    ``popularity_lift``, which is one figure of the whole group. ``bounds`` are the ends of the 95 % intervals
    by measure, of the whole only.
    """

    n: int
    ndcg: float
    ndcg_se: float
    ndcg_low: float
    ndcg_high: float
    recall: float
    hit_rate: float
    mrr: float
    recall_20: float
    precision: float = 0.0
    f1: float = 0.0
    map: float = 0.0
    auc: float | None = None
    novelty: float | None = None
    diversity: float | None = None
    calibration: float | None = None
    serendipity: float | None = None
    popularity_lift: float | None = None
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Measures, kept: Flags, *, bounded: bool = False) -> Self:
        """Average the measures of the cases marked; zeros where there is nobody.

        ``bounded`` tells how sure each is, not NDCG alone.
        """
        sure = _intervals(told, kept) if bounded else {}
        interval = sure.get("ndcg") or Interval.of(told["ndcg"][kept])
        error = metrics.standard_error(told["ndcg"][kept])
        means = {name: metrics.mean_told(told[name][kept]) for name in told if name not in APART}
        plain = {name: each or 0.0 for name, each in means.items() if name not in MAYBE}
        return cls(
            n=int(np.count_nonzero(kept)),
            ndcg=interval.mean,
            ndcg_se=0.0 if np.isnan(error) else error,
            ndcg_low=interval.low,
            ndcg_high=interval.high,
            popularity_lift=_lift(told["listed"][kept], told["owned"][kept]),
            bounds={name: (each.low, each.high) for name, each in sure.items() if each.n},
            **{**means, **plain},  # type: ignore[arg-type]
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found.

    ``members`` have a history, ``newcomers`` have none and are counted apart; ``groups`` are parts of
    both, see ``groups_of``. ``targets`` is how many items all of them turned to, ``catalogue`` how many
    were ranked; ``coverage`` and ``gini`` are of the lists of all.
    """

    depth: int
    targets: int
    catalogue: int
    coverage: float
    members: Figures
    newcomers: Figures
    groups: Mapping[str, Figures] = field(default_factory=dict)
    gini: float = 0.0

    @classmethod
    def of(cls, judged: Judged, world: World | None = None) -> Self:
        """Report on lists."""
        told = measures(judged, world)
        new = newcomers(judged.cases)
        groups = dict(groups_of(judged, world))
        return cls(
            depth=DEPTH,
            targets=sum(len(case.targets) for case in judged.cases),
            catalogue=len(judged.catalogue),
            coverage=metrics.coverage(judged.lists[:, :DEPTH], len(judged.catalogue)),
            members=Figures.of(told, ~new, bounded=True),
            newcomers=Figures.of(told, new, bounded=True),
            groups={name: Figures.of(told, kept) for name, kept in groups.items()},
            gini=metrics.gini(judged.lists[:, :DEPTH], len(judged.catalogue)),
        )

    def as_json(self) -> dict[str, Any]:
        """The report as plain numbers."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One model minus another on the same cases: intervals by measure, and of NDCG by group.

    ``p_value`` is that of NDCG by the paired randomization test over members with a history.
    """

    members: Mapping[str, Interval]
    groups: Mapping[str, Interval]
    p_value: float

    @classmethod
    def of(cls, own: Judged, other: Judged, world: World | None = None) -> Self:
        """Pair the lists of two models; raises ValueError where they answer different cases."""
        if own.cases is not other.cases:
            raise ValueError("two models can be compared on the same cases only")
        ours, theirs = measures(own, world), measures(other, world)
        known = ~newcomers(own.cases)
        groups = {NEWCOMERS: ~known, **dict(groups_of(own, world))}
        members = {
            name: difference(ours[name][known], theirs[name][known])
            for name in ours
            if name not in ("listed", "owned")
        }
        gains = ours["ndcg"] - theirs["ndcg"]
        return cls(
            {name: each for name, each in members.items() if each.n},
            {name: Interval.of(gains[kept]) for name, kept in groups.items() if kept.any()},
            sign_flip(ours["ndcg"][known], theirs["ndcg"][known]),
        )

    def as_json(self) -> dict[str, Any]:
        """The comparison as plain numbers."""
        return asdict(self)


def evaluate(
    score: Score,
    cases: Sequence[Case],
    catalogue: Vocabulary,
    *,
    rank: Rank | None = None,
    world: World | None = None,
) -> Report:
    """Judge a scorer and report: see ``judge`` and ``Report``."""
    return Report.of(judge(score, cases, catalogue, rank=rank), world)


def newcomers(cases: Sequence[Case]) -> Flags:
    """Who has no history [B]."""
    return np.array([len(case.history) == 0 for case in cases], bool)


def groups_of(judged: Judged, world: World | None) -> Iterator[tuple[str, Flags]]:
    """Parts of the cases that are told apart, each with whom it holds [B]; empty ones are left out.

    ``cold_members`` did one to four things before; ``cold_items``: the last target had fewer than five
    interactions before the cut, or is not in the catalogue; ``segment:NAME``: who is in it now.
    """
    lengths = np.array([len(case.history) for case in judged.cases], np.int64)
    groups = {COLD_MEMBERS: (lengths > 0) & (lengths < COLD)}
    if world is not None:
        targets = judged.catalogue.indexes(case.targets[-1] for case in judged.cases)
        groups[COLD_ITEMS] = (targets < 0) | (world.counts[targets] < COLD)
        told = [frozenset(world.segments.get(case.member, ())) for case in judged.cases]
        for name in sorted(frozenset().union(*told)):
            groups[SEGMENT + name] = np.array([name in each for each in told], bool)
    yield from ((name, kept) for name, kept in groups.items() if kept.any())


def _intervals(told: Measures, kept: Flags) -> dict[str, Interval]:
    """How sure the mean of each measure is; those that speak of everybody share their draws."""
    rows = {name: row[kept] for name, row in told.items() if name not in ("listed", "owned")}
    whole = [name for name, row in rows.items() if not np.isnan(row).any()]
    drawn = together(np.stack([rows[name] for name in whole])) if whole else []
    shared = dict(zip(whole, drawn, strict=True))
    return {name: shared.get(name) or Interval.of(row) for name, row in rows.items()}


def _lift(listed: NDArray[np.float64], owned: NDArray[np.float64]) -> float | None:
    lift = metrics.popularity_lift(listed, owned)
    return None if np.isnan(lift) else lift
