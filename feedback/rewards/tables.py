"""What feedback is worth to learning: a versioned table that experts edit, and one way to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from feedback.models import Kind, RewardTable

UNKNOWN: Final = 0.5
"""The reward of an item on which a member gave no feedback."""

BY_KIND: Final = (
    *(Kind.LIKE, Kind.FAVOURITE, Kind.SHARE, Kind.PURCHASE, Kind.CLICK),
    *(Kind.DISLIKE, Kind.NOT_INTERESTED),
)
"""The kinds whose reward asks for nothing but the kind."""

UNREWARDED: Final = (Kind.UNDO, Kind.COMMENT)
"""The kinds that say nothing of how much an item is liked: no label comes of them."""


@dataclass(frozen=True, slots=True)
class Rewards:
    """One version of the table; every reward lies in 0..1.

    `stars`: the rewards of 1 to 5 stars; what lies between counts as the whole stars below. `views`:
    from how many seconds of dwell on a view has which reward, ascending, the first from 0.
    """

    number: int
    stars: tuple[float, ...]
    views: tuple[tuple[float, float], ...]
    kinds: Mapping[Kind, float]

    def told(self) -> dict[str, Any]:
        """The table as JSON, without its number."""
        return {
            "stars": list(self.stars),
            "views": [list(step) for step in self.views],
            "kinds": {kind.name.lower(): self.kinds[kind] for kind in BY_KIND},
        }

    @classmethod
    def read(cls, number: int, told: Mapping[str, Any]) -> Rewards:
        """The inverse of `told`."""
        return cls(
            number=number,
            stars=tuple(told["stars"]),
            views=tuple((float(since), float(reward)) for since, reward in told["views"]),
            kinds={kind: float(told["kinds"][kind.name.lower()]) for kind in BY_KIND},
        )


BUILT_IN: Final = Rewards(
    number=1,
    stars=(0.0, 0.0, 0.5, 1.0, 1.0),
    views=((0.0, 0.6), (10.0, 0.6), (60.0, 0.8)),
    kinds={
        Kind.LIKE: 1.0,
        Kind.FAVOURITE: 1.0,
        Kind.SHARE: 1.0,
        Kind.PURCHASE: 1.0,
        Kind.CLICK: 0.7,
        Kind.DISLIKE: 0.0,
        Kind.NOT_INTERESTED: 0.0,
    },
)
"""The version that the product brings."""


def in_force() -> Rewards:
    """The newest version."""
    newest = RewardTable.objects.order_by("-number").first()
    return Rewards.read(newest.number, newest.table) if newest else BUILT_IN


class _Kept:
    """The version that this process read last, and the `rewards` counter that it belongs to."""

    counter: int | None = None
    rewards: Rewards = BUILT_IN


def as_of(counter: int) -> Rewards:
    """The version in force when the `rewards` counter stood so; read once for each process and value."""
    if _Kept.counter != counter:
        _Kept.rewards, _Kept.counter = in_force(), counter
    return _Kept.rewards


def rewards_of(
    kinds: Sequence[int], values: Sequence[float | None], rewards: Rewards
) -> NDArray[np.float64]:
    """The reward of each interaction, float64[n] in 0..1, from kinds[n] and values[n].

    Values are the stars of a rating and the seconds of a view, None or NaN where they were not told.
    """
    kind = np.asarray(kinds, dtype=np.int64)
    value = np.nan_to_num(np.asarray(values, dtype=np.float64))
    table = np.full(max(Kind) + 1, UNKNOWN)
    for each, reward in rewards.kinds.items():
        table[each] = reward
    whole = np.clip(value, 1, len(rewards.stars)).astype(np.int64)
    since = np.array([seconds for seconds, _reward in rewards.views])
    step = np.clip(np.searchsorted(since, value, side="right") - 1, 0, None)
    found = table[kind]
    found = np.where(kind == Kind.RATING, np.array(rewards.stars)[whole - 1], found)
    of_views = np.array([reward for _seconds, reward in rewards.views])
    return np.where(kind == Kind.VIEW, of_views[step], found)
