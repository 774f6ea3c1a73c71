"""What every family promises: learners that fit, scorers that score, and how both are watched.

Dims: B members of a batch, I items of a catalogue, K items that a scorer knows, n items of a profile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recsys.ml.data.interactions import History, Id, Indexes, Interactions, Values, Vocabulary
from recsys.ml.data.vectors import Texts, Vectors
from recsys.ml.families.options import TrainingOptions

Scores = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]
Config = Any
"""The config dataclass of the family at hand."""
NO_METRICS: Mapping[str, float] = {}


class Cancelled(Exception):
    """Raised by a Progress to stop a fit."""


class Untrainable(ValueError):
    """These interactions and settings give no model; the message says what to change.

    ``reason`` is a code for words in other languages, ``facts`` the numbers in them; ``is_setting``
    where another setting would do, else it is the data.
    """

    def __init__(
        self, message: str, reason: str = "", *, is_setting: bool = False, **facts: object
    ) -> None:
        super().__init__(message)
        self.reason, self.is_setting, self.facts = reason, is_setting, facts


class Progress(Protocol):
    """Told of every step of a fit; may raise Cancelled, which the fit lets through.

    ``metrics`` carries points of the loss curve where an epoch ends.
    """

    def __call__(
        self, stage: str, done: int, total: int, metrics: Mapping[str, float] = NO_METRICS
    ) -> None: ...


def quiet(stage: str, done: int, total: int, metrics: Mapping[str, float] = NO_METRICS) -> None:
    """Watch nothing."""


@dataclass(frozen=True, slots=True)
class Training:
    """How a fit runs: options, who watches, and the folder from which an iterative one resumes.

    ``vectors`` and ``texts`` are what else is known of items, for the families that ask (`registry.Family`).
    """

    options: TrainingOptions = field(default_factory=TrainingOptions)
    progress: Progress = quiet
    checkpoints: Path | None = None
    vectors: Vectors | None = None
    texts: Texts | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A member folded in: indexes of known items int32 [n] and their weights float32 [n].

    ``stars`` [n] are what a family that predicts them was told, ``last`` the instant of the history's last
    interaction (Unix seconds) where a family asks for it; None for all others.
    """

    rows: Indexes
    weights: Values
    stars: Values | None = None
    last: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether the scorer knows anything of this member."""
        return bool(len(self.rows))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score taken apart: ``base`` + the sum of ``contributions`` (history item, share) = score."""

    base: float
    contributions: tuple[tuple[Id, float], ...]


class Scorer(Protocol):
    """A trained model. Immutable; needs numpy only; holds items but no member.

    score
        [B, I] for histories and a catalogue; NaN where it does not know the item, a row of NaN where
        it knows nothing of the member.
    fold_in
        A history weighted by recency: feedback after the training counts without another one.
    explain
        Which items of the history made a score; None where the score is NaN.
    """

    family: ClassVar[str]

    @property
    def config(self) -> Config: ...
    @property
    def items(self) -> Vocabulary: ...
    def score(self, members: Sequence[History], items: Vocabulary) -> Scores: ...
    def fold_in(self, history: History) -> Profile: ...
    def explain(self, history: History, item: Id) -> Explanation | None: ...
    def arrays(self) -> Arrays: ...
    @classmethod
    def restore(cls, config: Config, items: Vocabulary, arrays: Arrays) -> Self: ...


@runtime_checkable
class Embedding(Protocol):
    """A scorer that has a vector for each history: its factors."""

    def vectors(self, members: Sequence[History]) -> Values:
        """Vectors [B, D]; a row of NaN where it knows nothing of the member."""
        ...


@runtime_checkable
class Predicting(Protocol):
    """A scorer whose scores are ratings: what a member would give an item, in the data's own scale."""

    def actual(self, values: Values, stars: Values) -> Values:
        """What it predicts, of rewards and stars [N]; NaN where nothing of the kind was told."""
        ...


class Learner(Protocol):
    """Fits one family to interactions with items of the catalogue (others are left out).

    Raises Untrainable where nothing can be learnt, Cancelled where the progress asks for it.
    """

    def __call__(
        self, config: Config, interactions: Interactions, catalogue: Vocabulary, training: Training
    ) -> Scorer: ...


def shaped(array: NDArray[Any], *shape: int) -> NDArray[Any]:
    """An array that an artifact kept, if it has the shape that it must; raises ValueError."""
    if array.shape != shape:
        raise ValueError(f"an array has the shape {array.shape}, expected {shape}")
    return array


def scores_over(
    scorer: Scorer,
    members: Sequence[History],
    items: Vocabulary,
    row: Callable[[Profile], NDArray[np.floating[Any]]],
) -> Scores:
    """Score histories, one ``row(profile)`` [K] each, and lay the rows out over a catalogue."""
    known, taken = aligned(scorer.items, items)
    scores = np.full((len(members), len(items)), np.nan, np.float32)
    for at, member in enumerate(members):
        profile = scorer.fold_in(member)
        if profile.is_known:
            scores[at, known] = row(profile)[taken]
    return scores


@lru_cache(maxsize=32)
def aligned(model: Vocabulary, items: Vocabulary) -> tuple[Indexes, Indexes]:
    """Places in a catalogue of the items that a model knows, and their indexes in the model.

    Kept, since a catalogue stays the same for many members while looking up its ids takes longer than
    scoring them.
    """
    columns = model.indexes(items.ids)
    known = np.flatnonzero(columns >= 0).astype(np.int32)
    return known, columns[known]


def explained(
    scorer: Scorer,
    history: History,
    item: Id,
    shares: Callable[[Profile, int], NDArray[np.floating[Any]]],
    base: float = 0.0,
) -> Explanation | None:
    """Name the ``shares(profile, index)`` [n] of a score by the history's items."""
    index = scorer.items.places.get(item, -1)
    profile = scorer.fold_in(history)
    if index < 0 or not profile.is_known:
        return None
    names = scorer.items.at(profile.rows)
    parts = shares(profile, index).tolist()
    return Explanation(base, tuple(zip(names, parts, strict=True)))
