"""What families share whose scores follow from a member's history: fold in, score, explain."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recsys.ml import folding
from recsys.ml.data.interactions import History, Id, Values, Vocabulary
from recsys.ml.scorer import (
    Arrays,
    Config,
    Explanation,
    Profile,
    Scores,
    explained,
    scores_over,
)

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Personal(ABC):
    """A scorer that adds up what each item of a history says.

    A family gives ``row``, the scores [K] of a profile, and ``shares``, how much of the score of the item
    at an index each item of the profile made [n]; they add up to it.
    """

    family: ClassVar[str]
    config: Config
    items: Vocabulary

    def score(self, members: Sequence[History], items: Vocabulary) -> Scores:
        """Score histories over a catalogue [B, I]."""
        return scores_over(self, members, items, self.row)

    def fold_in(self, history: History) -> Profile:
        """Weigh a history by recency."""
        return folding.by_recency(self.config, history, self.items)

    def explain(self, history: History, item: Id) -> Explanation | None:
        """The share that each item of the history has in a score."""
        return explained(self, history, item, self.shares)

    @abstractmethod
    def row(self, profile: Profile) -> Floats:
        """Scores of all known items [K]."""

    @abstractmethod
    def shares(self, profile: Profile, index: int) -> Floats:
        """What each item of the profile adds to the score of one item [n]."""

    @abstractmethod
    def arrays(self) -> Arrays:
        """What an artifact keeps."""

    @classmethod
    @abstractmethod
    def restore(cls, config: Config, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept; raises KeyError, ValueError where that is another's."""


@dataclass(frozen=True, eq=False)
class Embedded(Personal):
    """A personal scorer that makes one vector [D] of a history; D is the ``width``."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many numbers a vector has."""

    @abstractmethod
    def member(self, profile: Profile) -> Values:
        """The vector [D] of one profile."""

    def vectors(self, members: Sequence[History]) -> Values:
        """The vector of each history [B, D]; a row of NaN where nothing of it is known."""
        found = np.full((len(members), self.width), np.nan, np.float32)
        for at, history in enumerate(members):
            profile = self.fold_in(history)
            if profile.is_known:
                found[at] = self.member(profile)
        return found
