"""Histories in order, as padded batches to learn from.

Dims: R interactions, W windows, B windows of a batch, L places of the longest of them, K items, S sampled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys.ml import folding
from recsys.ml.configs.sequences import SequenceConfig
from recsys.ml.data.interactions import Flags, Interactions, Values
from recsys.ml.scorer import Untrainable

Rows = NDArray[np.int64]
POOL: Final = 16
"""Batches among which windows are sorted by length."""
TEMPER: Final = 0.75
"""Items are sampled by how often they occur to this power, as in word2vec (Mikolov and others 2013)."""
LEAST_HELD: Final = 3
"""Interactions of a member whose last one may be held out."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Windows padded at their ends: an input at each place, and the target that came after it.

    ``weights`` [B, L] are signed signals, 0 where nothing is or is hidden; ``fades`` [B, L] logarithms of how
    much each place counts beside the others, or [B, 0] where all count alike; ``lessons`` [B, L] what each
    target teaches, 0 at places without one; ``sampled`` [S], empty where all items are compared.
    """

    items: Rows
    weights: Values
    fades: Values
    targets: Rows
    lessons: Values
    sampled: Rows

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """In this order."""
        return self.items, self.weights, self.fades, self.targets, self.lessons, self.sampled


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """Interactions [R] by member and time, and the windows of them to learn.

    A window is ``sizes`` inputs from row ``firsts`` on, each with the row after it as its target. Longer
    histories are cut into several, so that every interaction but a member's first is a target once.
    """

    config: SequenceConfig
    items: Rows
    weights: Values
    times: NDArray[np.float64]
    lessons: Values
    firsts: Rows
    sizes: Rows
    events: NDArray[np.float64]

    @classmethod
    def of(cls, said: Interactions, config: SequenceConfig) -> Sequences:
        """Lay out interactions that `spoken` left; raises Untrainable where nobody did two things."""
        sequences = cls.over(said, config, *windows(said.starts, config.history))
        taught = sequences.lessons[_targets(sequences.firsts, sequences.sizes)]
        if not taught.any():
            raise Untrainable("no member has two interactions to learn from", reason="no_pairs")
        return replace(sequences, lessons=sequences.lessons / taught.mean())

    @classmethod
    def over(
        cls, said: Interactions, config: SequenceConfig, firsts: Rows, sizes: Rows
    ) -> Sequences:
        """These windows of interactions."""
        signals = folding.signal(said.values, config.counts)
        events = np.bincount(said.items, signals, len(said.item_ids)).astype(np.float64)
        return cls(
            config,
            said.items.astype(np.int64),
            folding.signed(config, said.values),
            said.times,
            lessons_of(said, config),
            firsts,
            sizes,
            events,
        )

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.firsts) // self.config.batch_size)

    @property
    def is_even(self) -> bool:
        """Whether all places of a window count alike."""
        fading = self.config.decay < 1 or self.config.daily_decay < 1
        return not fading and bool((np.abs(self.weights) == 1).all())

    def chances(self) -> NDArray[np.float64]:
        """How often each item is sampled [K]: under ``gbce`` all alike, as its formula assumes."""
        if self.config.loss == "gbce":
            return np.full(len(self.events), 1 / len(self.events))
        tempered = np.maximum(self.events, 1e-3) ** TEMPER
        return np.asarray(tempered / tempered.sum())

    def batches(self, seed: int, epoch: int) -> Iterator[Batch]:
        """Batches of an epoch in an order, and with samples, that (seed, epoch) decides."""
        chance = np.random.default_rng([seed, epoch])
        firsts, sizes = _cropped(self.firsts, self.sizes, self.config.crop, chance)
        ladder = np.cumsum(self.chances())
        compares_all = self.config.negatives >= len(ladder)
        for at in bucketed(sizes, self.config.batch_size, chance):
            drawn = chance.random(0 if compares_all else self.config.negatives) * ladder[-1]
            sampled = np.searchsorted(ladder, drawn).astype(np.int64)
            yield self._batch(firsts[at], sizes[at], sampled, chance)

    def in_order(self, size: int) -> Iterator[Batch]:
        """All windows without any chance, the shortest first."""
        none, chance = np.zeros(0, np.int64), np.random.default_rng(0)
        order = np.argsort(self.sizes, kind="stable")
        for start in range(0, len(order), size):
            at = order[start : start + size]
            yield self._batch(self.firsts[at], self.sizes[at], none, chance)

    def _batch(
        self, firsts: Rows, sizes: Rows, sampled: Rows, chance: np.random.Generator
    ) -> Batch:
        places = np.arange(int(sizes.max()) + 1)
        rows = firsts[:, None] + np.where(places <= sizes[:, None], places, 0)
        real = places[:-1] < sizes[:, None]
        fades = self._fades(np.where(real, rows[:, :-1], firsts[:, None]), real)
        _reorder(rows, sizes, self.config.reorder, chance)
        inputs, targets = np.where(real, rows[:, :-1], firsts[:, None]), rows[:, 1:]
        shown = real & (chance.random(real.shape) >= self.config.mask)
        return Batch(
            self.items[inputs],
            np.where(shown, self.weights[inputs], np.float32(0)),
            fades,
            self.items[targets],
            np.where(real, self.lessons[targets], np.float32(0)),
            sampled,
        )

    def _fades(self, rows: Rows, real: Flags) -> Values:
        """log |w_j| of each place but for a constant of its window: what a fold-in would weigh it."""
        if self.is_even:
            return np.zeros((len(rows), 0), np.float32)
        steps = np.arange(rows.shape[1]) * -np.log(self.config.decay)
        days = (self.times[rows] - self.times[rows[:, :1]]) / folding.DAY_S
        fades = np.log(np.abs(self.weights[rows])) + steps + days * -np.log(self.config.daily_decay)
        return np.where(real, fades - fades.max(axis=1, keepdims=True), 0).astype(np.float32)


def held_out(
    said: Interactions, config: SequenceConfig, seed: int
) -> tuple[Interactions, Sequences | None]:
    """Hold out the last interaction of a share of members: the rest, and the windows that end before one.

    Only members with three interactions or more, and only an interaction that counts. None where that
    is nobody's.
    """
    ends = said.starts[1:].astype(np.int64) - 1
    sizes = np.diff(said.starts)
    may = np.flatnonzero(sizes >= LEAST_HELD)
    may = may[folding.signal(said.values[ends[may]], config.counts) > 0]
    chosen = np.random.default_rng(seed).permutation(may)[: int(config.held * len(may))]
    if not len(chosen):
        return said, None
    learnt = np.ones(len(said), bool)
    learnt[ends[chosen]] = False
    inputs = np.minimum(sizes[chosen] - 1, config.history).astype(np.int64)
    plain = replace(config, crop=0.0, mask=0.0, reorder=0.0)
    return said.where(learnt), Sequences.over(said, plain, ends[chosen] - inputs, inputs)


def spoken(known: Interactions, config: SequenceConfig) -> Interactions:
    """Without the interactions that say nothing: dislikes, where they are ignored."""
    return known.where(folding.signed(config, known.values) != 0)


def lessons_of(known: Interactions, config: SequenceConfig) -> Values:
    """What each interaction teaches as a target [R]: its signal, by its age, less where a curator decided."""
    if not len(known):
        return np.zeros(0, np.float32)
    lessons = folding.aged(known, config.counts, config.half_life_days)
    own = np.where(known.curated, lessons * config.curated, lessons)
    return np.asarray(own, np.float32)


def bucketed(sizes: Rows, batch: int, chance: np.random.Generator) -> Iterator[Rows]:
    """Windows in batches of about the same length: sorted within pools, which are drawn at random."""
    order = chance.permutation(len(sizes))
    pools = [order[start : start + POOL * batch] for start in range(0, len(order), POOL * batch)]
    for pool in pools:
        ordered = pool[np.argsort(sizes[pool], kind="stable")]
        starts = np.arange(0, len(ordered), batch)
        for start in chance.permutation(starts).tolist():
            yield ordered[start : start + batch]


def windows(starts: NDArray[np.integer[Any]], longest: int) -> tuple[Rows, Rows]:
    """First rows and sizes of the windows of all members, each cut from its end."""
    begins, inputs = starts[:-1].astype(np.int64), np.diff(starts).astype(np.int64) - 1
    counts = np.maximum(-(-inputs // longest), 0)
    owner = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    ends = begins[owner] + inputs[owner] - nth * longest
    firsts = np.maximum(begins[owner], ends - longest)
    return firsts, ends - firsts


def _targets(firsts: Rows, sizes: Rows) -> Rows:
    """The rows that are targets."""
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(firsts + 1, sizes) + within


def _cropped(
    firsts: Rows, sizes: Rows, share: float, chance: np.random.Generator
) -> tuple[Rows, Rows]:
    """Of a share of windows a part at random, of half their size or more (CL4SRec, Xie and others 2022)."""
    cut = chance.random(len(sizes)) < share
    least = -(-sizes // 2)
    shorter = np.where(cut, chance.integers(least, sizes + 1), sizes)
    return firsts + np.where(cut, chance.integers(0, sizes - shorter + 1), 0), shorter


def _reorder(rows: Rows, sizes: Rows, share: float, chance: np.random.Generator) -> None:
    """Shuffle a quarter of the places of a share of windows, in place (CL4SRec)."""
    for at in np.flatnonzero(chance.random(len(rows)) < share).tolist():
        there = int(sizes[at]) + 1
        length = max(2, there // 4)
        start = int(chance.integers(0, there - length + 1))
        rows[at, start : start + length] = chance.permutation(rows[at, start : start + length])
