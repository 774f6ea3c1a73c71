"""From a member's history to weights: what counts, how much, and how fast it fades."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml.data.interactions import Flags, History, Interactions, Times, Values, Vocabulary
from recsys.ml.scorer import Profile, Untrainable

REWARD, EVENT = "reward", "event"
DAY_S = 86_400.0


def signal(values: Values, counts: str) -> Values:
    """What each interaction counts as evidence of taste [N]: its reward, or 1 whatever the reward.

    A dislike has reward 0: under ``reward`` it teaches a model nothing, it never counts as a like.
    """
    return np.ones_like(values) if counts == EVENT else values


def aged(
    known: Interactions, counts: str, half_life_days: float, latest: float | None = None
) -> NDArray[np.float64]:
    """What each interaction counts by its age [N]: signal · ½^(days / half_life_days).

    Days are those before ``latest`` (Unix seconds), the latest of the interactions unless it is given.
    """
    ages = ((known.times.max() if latest is None else latest) - known.times) / DAY_S
    return np.asarray(signal(known.values, counts) * 0.5 ** (ages / half_life_days))


class Weighing(Protocol):
    """The settings by which a family weighs a history (see `configs`)."""

    @property
    def counts(self) -> str: ...
    @property
    def decay(self) -> float: ...
    @property
    def daily_decay(self) -> float: ...
    @property
    def dislike(self) -> float: ...


class Opposing(Protocol):
    """The settings by which an interaction speaks for an item or against it."""

    @property
    def counts(self) -> str: ...
    @property
    def dislike(self) -> float: ...


def signed(config: Opposing, values: Values) -> Values:
    """Signals of values, of any shape; what has none, a dislike, is −``dislike``."""
    signals = signal(values, config.counts)
    return np.asarray(np.where(signals > 0, signals, np.float32(-config.dislike)))


def recency(config: Weighing, history: History) -> Values:
    """Weights [n] of a history, oldest first: signal · decay^steps · daily_decay^days.

    Steps are the interactions that came later, days how much earlier it was than the newest one. An
    interaction without signal weighs −dislike in its place.
    """
    return np.asarray(signed(config, history.values) * fresh(config, history))


class Fading(Protocol):
    """The settings by which what was done earlier fades."""

    @property
    def decay(self) -> float: ...
    @property
    def daily_decay(self) -> float: ...


def fresh(config: Fading, history: History) -> Values:
    """What is left of each interaction of a history [n]: decay^steps · daily_decay^days."""
    steps = np.arange(len(history) - 1, -1, -1, dtype=np.float32)
    return np.asarray(np.float32(config.decay) ** steps * fading(config, history.times))


def recencies(config: Weighing, rows: Interactions) -> Values:
    """What ``recency`` says of every member's rows at once [N]; each item of a member stands once."""
    ends = rows.starts[1:][rows.members]
    weights = signed(config, rows.values)
    steps = (ends - 1 - np.arange(len(rows))).astype(np.float32)
    days = ((rows.times[ends - 1] - rows.times) / DAY_S).astype(np.float32)
    faded = np.float32(config.decay) ** steps * np.float32(config.daily_decay) ** days
    return np.asarray(weights * faded)


def fading(config: Fading, times: Times) -> Values:
    """What is left of interactions after the days between them and the latest [n]: daily_decay^days."""
    if config.daily_decay == 1.0 or not len(times):
        return np.ones(len(times), np.float32)
    days = (times.max() - times) / DAY_S
    return np.asarray(config.daily_decay**days, np.float32)


class Counting(Weighing, Protocol):
    """The settings by which a family chooses the items that it learns."""

    @property
    def least(self) -> int: ...


def by_recency(config: Weighing, history: History, items: Vocabulary) -> Profile:
    """Fold a history in, weighed by recency."""
    return fold_in(history, items, recency(config, history))


def latest(config: Weighing, history: History, items: Vocabulary, most: int) -> Profile:
    """Fold in the latest ``most`` of a history, weighed by recency; the weights sum to 1 in size."""
    weights = recency(config, history)
    weights[: max(0, len(weights) - most)] = 0
    profile = fold_in(history, items, weights)
    return Profile(profile.rows, profile.weights / max(np.abs(profile.weights).sum(), 1e-9))


def fold_in(history: History, items: Vocabulary, weights: Values) -> Profile:
    """Keep what of a weighted history the model knows; weights of 0 say nothing."""
    rows = items.indexes(history.items)
    kept = (rows >= 0) & (weights != 0)
    return Profile(rows[kept], weights[kept])


def likes(
    config: Counting, interactions: Interactions, catalogue: Vocabulary
) -> tuple[Vocabulary, sparse.csr_array[np.float64]]:
    """The items that a model can know, and what each member liked of them [M, K].

    Raises Untrainable where there is none.
    """
    items, known = known_items(interactions, catalogue, config.counts, config.least)
    return items, member_item(known, config.counts)


def known_items(
    interactions: Interactions, catalogue: Vocabulary, counts: str, least: int
) -> tuple[Vocabulary, Interactions]:
    """The items that a model can know, and the rows about them, re-indexed to it.

    An item is known with at least ``least`` interactions that count, and while it is in the catalogue.
    Raises Untrainable where none is left.
    """
    latest = interactions.latest()
    counted = latest.where(signal(latest.values, counts) > 0)
    events = np.bincount(counted.items, minlength=len(latest.item_ids))
    offered = catalogue_flags(latest.item_ids, catalogue)
    kept = np.flatnonzero((events >= max(least, 1)) & offered).astype(np.int32)
    if not len(kept):
        there, needed = len(latest.item_ids), max(least, 1)
        told = f"none of {there} items has {needed} interactions that count"
        raise Untrainable(told, reason="no_known_items", there=there, least=needed)
    return _reindexed(latest, kept)


def _reindexed(rows: Interactions, kept: NDArray[np.int32]) -> tuple[Vocabulary, Interactions]:
    vocabulary = Vocabulary.of(rows.item_ids.at(kept))
    return vocabulary, over(rows, vocabulary)


def over(rows: Interactions, items: Vocabulary) -> Interactions:
    """The rows about these items, indexed by them."""
    place = items.indexes(rows.item_ids.ids)
    about = rows.where(place[rows.items] >= 0)
    columns = (about.members, place[about.items], about.values, about.times, about.curated)
    return Interactions.in_order(*columns, (rows.member_ids, items), stars=about.stars)


def catalogue_flags(items: Vocabulary, catalogue: Vocabulary) -> Flags:
    """Which items [I] the catalogue still holds."""
    return catalogue.indexes(items.ids) >= 0


def member_item(interactions: Interactions, counts: str) -> sparse.csr_array[np.float64]:
    """Signals as a sparse matrix [M, I] in CSR, zeros left out."""
    weights = signal(interactions.values, counts).astype(np.float64)
    shape = (len(interactions.member_ids), len(interactions.item_ids))
    matrix = sparse.csr_array((weights, (interactions.members, interactions.items)), shape)
    matrix.eliminate_zeros()
    return matrix
