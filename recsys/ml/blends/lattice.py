"""Which blends a sweep looks at: weight shared among the scorers by even steps, and those that people know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb
from typing import Final

from recsys.ml.blends.logit import DIGITS

MOST_POINTS: Final = 200
STEPS: Final = (20, 10, 8, 5, 4, 3, 2, 1)
"""Into how many parts the weight of 1 may be cut: shares that people can read."""
PRESENT, PROPOSED, ALONE = "present", "proposed", "alone"
Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Mix:
    """One blend of the grid: the weight of every scorer, and what is remarkable about it."""

    weights: Weights
    marks: tuple[str, ...] = ()


def grid(names: Sequence[str], present: Weights, proposed: Weights | None = None) -> list[Mix]:
    """The present blend, the proposed one, each scorer alone, and all ways to share weight by even steps.

    At most 200 blends, none of them twice: of two that only differ by a factor the first stays, with both marks.
    """
    named = [(present, PRESENT), *([(proposed, PROPOSED)] if proposed else [])]
    alone = [({name: 1.0}, ALONE) for name in names]
    found: dict[tuple[float, ...], Mix] = {}
    for weights, mark in (*named, *alone, *((each, "") for each in _lattice(names))):
        whole = {name: float(weights.get(name, 0.0)) for name in names}
        total = sum(whole.values())
        shares = tuple(round(weight / total, DIGITS) for weight in whole.values())
        known = found.setdefault(shares, Mix(whole))
        marks = dict.fromkeys((*known.marks, mark)) if mark else known.marks
        found[shares] = Mix(known.weights, tuple(marks))
    return list(found.values())


def _lattice(names: Sequence[str]) -> Iterator[Weights]:
    """Shares of all scorers by even steps, as fine as the bound of points lets them be."""
    bars = len(names) - 1
    room = MOST_POINTS - 2
    steps = next((each for each in STEPS if comb(each + bars, bars) <= room), 1)
    for cut in combinations(range(steps + bars), bars):
        ends = (-1, *cut, steps + bars)
        parts = [(after - before - 1) / steps for before, after in pairwise(ends)]
        yield dict(zip(names, (round(part, DIGITS) for part in parts), strict=True))
