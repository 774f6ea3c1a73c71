"""Popularity by the hour and the weekday of asking: what is liked at this time of day, on this day.

Dims: K items, B members of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from recsys.ml import folding
from recsys.ml.configs import ContextConfig
from recsys.ml.data.interactions import History, Id, Interactions, Times, Values, Vocabulary
from recsys.ml.scorer import Arrays, Explanation, Profile, Scores, Training, aligned, shaped

HOURS: Final = 24
DAYS: Final = 7
HOUR_S: Final = 3_600.0
MONDAY: Final = 3
"""Day 0 of the epoch was a Thursday: so many days after a Monday."""
BESIDE: Final = 0.25
"""How much of an hour's interactions count for each of the hours beside it."""
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Context:
    """Score of item i = p_i · h_i(hour) · d_i(weekday), at the instant at which a history is asked.

    ``popularity`` p [K] fades as in the family of that name; ``hours`` h [24, K] and ``weekdays`` d [7, K],
    Monday first, say how much more often than always an item is liked then. Who is asked at no instant
    gets p alone. It knows every member, also one without a history.
    """

    family: ClassVar[str] = "context"
    config: ContextConfig
    items: Vocabulary
    popularity: Values
    hours: Values
    weekdays: Values

    def score(self, members: Sequence[History], items: Vocabulary) -> Scores:
        """Score histories over a catalogue: those asked at the same hour of a week get the same row."""
        known, taken = aligned(self.items, items)
        scores = np.full((len(members), len(items)), np.nan, np.float32)
        for at, member in enumerate(members):
            scores[at, known] = self._row(member)[taken]
        return scores

    def _row(self, history: History) -> Values:
        if history.asked is None:
            return self.popularity
        hour, day = clock(self.config, np.array([history.asked]))
        lifts = self.hours[hour[0]] * self.weekdays[day[0]]
        return np.asarray(self.popularity * lifts)

    def fold_in(self, history: History) -> Profile:
        """Nothing of a history counts but the instant at which it is asked."""
        return Profile(np.empty(0, np.int32), np.empty(0, np.float32))

    def explain(self, history: History, item: Id) -> Explanation | None:
        """All of a score is its base."""
        index = self.items.places.get(item, -1)
        return Explanation(float(self._row(history)[index]), ()) if index >= 0 else None

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"popularity": self.popularity, "hours": self.hours, "weekdays": self.weekdays}

    @classmethod
    def restore(cls, config: ContextConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        return cls(
            config,
            items,
            shaped(arrays["popularity"], len(items)),
            shaped(arrays["hours"], HOURS, len(items)),
            shaped(arrays["weekdays"], DAYS, len(items)),
        )


def clock(config: ContextConfig, times: Times) -> tuple[Places, Places]:
    """The hour, 0 to 23, and the weekday, Monday 0, of instants on the members' clock."""
    local = times + config.offset_hours * HOUR_S
    hours = np.floor_divide(local, HOUR_S).astype(np.intp) % HOURS
    days = np.floor_divide(local, folding.DAY_S).astype(np.intp)
    return hours, (days + MONDAY) % DAYS


def fit(
    config: ContextConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Context:
    """Count interactions, each at its age, by hour and by weekday."""
    training.progress("counting", 0, 1)
    items, known = folding.known_items(interactions, catalogue, config.counts, 1)
    latest = interactions.times.max()
    signals = folding.aged(known, config.counts, config.half_life_days, latest)
    lately = np.bincount(known.items, signals, len(items))
    habits = folding.aged(known, config.counts, config.habit_days, latest)
    by_hour, by_day = (
        _counted(places, known.items, habits, (rows, len(items)))
        for places, rows in zip(clock(config, known.times), (HOURS, DAYS), strict=True)
    )
    beside = BESIDE * (np.roll(by_hour, 1, axis=0) + np.roll(by_hour, -1, axis=0))
    hours, weekdays = (_lifts(counts, config.shrink) for counts in (by_hour + beside, by_day))
    training.progress("counting", 1, 1)
    return Context(config, items, lately.astype(np.float32), hours, weekdays)


def _counted(
    places: Places, items: NDArray[np.int32], weights: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Weights added up by place and item [*, K]."""
    flat = np.bincount(places * shape[1] + items, weights, shape[0] * shape[1])
    return flat.astype(np.float64).reshape(shape)


def _lifts(counts: NDArray[np.float64], shrink: float) -> Values:
    """(n + s) / (e + s): what was counted beside what would be if the time did not matter [*, K].

    With little to count it is near 1 (the mean of a gamma prior: DuMouchel 1999).
    """
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / max(counts.sum(), 1e-30)
    return np.asarray((counts + shrink) / (expected + shrink), np.float32)
