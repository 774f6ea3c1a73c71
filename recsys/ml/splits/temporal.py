"""Cutting interactions by time: what a model may have seen, and what it is asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.ml.data.interactions import Interactions


@dataclass(frozen=True, slots=True)
class Cuts:
    """Two instants in epoch seconds: train < validation <= … < test <= …"""

    validation: float
    test: float


def temporal_cuts(interactions: Interactions, quantile: float = 0.9) -> Cuts:
    """Global temporal split: t_test is the quantile of all times, t_val that of the times before it.

    Raises ValueError where the times are too few or too equal to leave something on each side.
    """
    test = _cut(interactions, quantile)
    return Cuts(_cut(interactions.before(test), quantile), test)


def _cut(interactions: Interactions, quantile: float) -> float:
    times = interactions.times
    if len(times) and times.min() < (cut := float(np.quantile(times, quantile))):
        return cut
    raise ValueError(f"{len(times)} interactions cannot be cut by time")


def core(interactions: Interactions, least: int) -> Interactions:
    """Only members and items with ``least`` interactions or more among each other; no other is in the vocabularies."""
    rows = interactions
    while True:
        members, items = np.bincount(rows.members), np.bincount(rows.items)
        kept = (members[rows.members] >= least) & (items[rows.items] >= least)
        if kept.all():
            break
        rows = rows.where(kept)
    return Interactions.of(
        rows.member_ids.at(rows.members),
        rows.item_ids.at(rows.items),
        rows.values,
        rows.times,
        rows.curated,
        stars=rows.stars,
    )


def leave_one_out(interactions: Interactions) -> tuple[Interactions, Interactions]:
    """Part each member's latest interaction from the earlier ones: (earlier, latest).

    For comparison with papers only: the earlier part of one member may lie after the latest of
    another, so the future leaks.
    """
    last = np.zeros(len(interactions), bool)
    ends = interactions.starts[1:]
    last[ends[np.diff(interactions.starts) > 0] - 1] = True
    return interactions.where(~last), interactions.where(last)


def random_holdout(
    interactions: Interactions, share: float = 0.1, seed: int = 0
) -> tuple[Interactions, Interactions]:
    """Part a share of each member's interactions, drawn at random, from the rest: (kept, held out).

    Of n interactions ⌊n · share⌋ are held out and at least one is kept; a member with two or more gives at
    least one. For comparison with papers only: time is ignored, so the future leaks. Raises ValueError
    where the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(
            f"a share of {share} cannot be held out; expected more than 0, less than 1"
        )
    sizes = np.diff(interactions.starts)
    held = np.clip(np.floor(sizes * share).astype(np.int64), 1, np.maximum(sizes - 1, 0))
    held = np.where(sizes > 1, held, 0)
    drawn = np.random.default_rng(seed).random(len(interactions))
    order = np.lexsort((drawn, interactions.members))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - interactions.starts[interactions.members]
    out = place < held[interactions.members]
    return interactions.where(~out), interactions.where(out)
