"""What scorers share that read a history in order: fold in, score, explain, restore. Needs numpy only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np

from recsys.ml import folding
from recsys.ml.data.interactions import History, Id, Values, Vocabulary
from recsys.ml.scorer import Arrays, Config, Explanation, Profile, Scores, scores_over, shaped

EXPLAINED: Final = 30
"""Latest items of a history that an explanation weighs; what older ones add stays in its base."""
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Sequential(ABC):
    """Score of item i = u · t_i, where a network reads u [D] from the latest history, in order.

    ``parameters`` are the network's by name, among them the table ``items`` [K, D]. Weights of a history
    are those of `folding.recency`; how a network takes them, its family says. An item whose weight goes
    to 0 says no more than one that is not there.
    """

    family: ClassVar[str]
    config: Config
    items: Vocabulary
    parameters: Arrays

    @abstractmethod
    def member(self, profile: Profile) -> Values:
        """The vector u [D] of a profile of one item or more."""

    @classmethod
    @abstractmethod
    def shapes(cls, config: Config, items: int) -> Shapes:
        """The parameters that a network of these settings has, with their shapes."""

    def score(self, members: Sequence[History], items: Vocabulary) -> Scores:
        """Score histories over a catalogue [B, I]."""
        return scores_over(self, members, items, self.row)

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        return np.asarray(self.parameters["items"] @ self.member(profile), np.float32)

    def fold_in(self, history: History) -> Profile:
        """Weigh a history by recency, and keep the latest of what the model knows."""
        profile = folding.by_recency(self.config, history, self.items)
        latest = slice(-self.config.history, None)
        return Profile(profile.rows[latest], profile.weights[latest])

    def vectors(self, members: Sequence[History]) -> Values:
        """The vector u of each history [B, D]; a row of NaN where nothing of it is known."""
        found = np.full((len(members), self.parameters["items"].shape[1]), np.nan, np.float32)
        for at, history in enumerate(members):
            profile = self.fold_in(history)
            if profile.is_known:
                found[at] = self.member(profile)
        return found

    def explain(self, history: History, item: Id) -> Explanation | None:
        """What the score would lose without each of the latest items; the base is what is left of it.

        A network is no sum, so the shares are differences (leave one out), and the base holds what items
        say together and what the model says whoever asks. Without its only item a history scores 0.
        """
        index = self.items.places.get(item, -1)
        profile = self.fold_in(history)
        if index < 0 or not profile.is_known:
            return None
        whole = self._score(profile, index)
        shares = [0.0] * len(profile.rows)
        for at in range(max(0, len(shares) - EXPLAINED), len(shares)):
            shares[at] = whole - self._score(_without(profile, at), index)
        names = self.items.at(profile.rows)
        return Explanation(whole - sum(shares), tuple(zip(names, shares, strict=True)))

    def _score(self, profile: Profile, index: int) -> float:
        if not profile.is_known:
            return 0.0
        return float(self.parameters["items"][index] @ self.member(profile))

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return self.parameters

    @classmethod
    def restore(cls, config: Config, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept; raises KeyError, ValueError where that is another's."""
        wanted = cls.shapes(config, len(items))
        return cls(
            config,
            items,
            {name: shaped(arrays[name], *shape) for name, shape in wanted.items()},
        )


def _without(profile: Profile, at: int) -> Profile:
    return Profile(np.delete(profile.rows, at), np.delete(profile.weights, at))


def sigmoid(values: Values) -> Values:
    """1 / (1 + e^−x), which overflows nowhere."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), np.float32)
