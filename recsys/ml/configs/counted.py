"""Settings of the families that count: popularity, by time and by cluster, and transitions."""

from __future__ import annotations

from dataclasses import dataclass, field

from recsys.ml.configs.words import (
    COUNTS,
    DAILY,
    DAMPING,
    DAYS,
    DECAY,
    DISLIKE,
    FACTORS,
    HALF_LIFE,
    HOURS,
    INTERACTIONS,
    LEAST,
    STEPS,
)
from recsys.ml.configuration import choice, gettext_noop, number


@dataclass(frozen=True, slots=True)
class PopularityConfig:
    """Time-decayed popularity."""

    half_life_days: float = field(
        default=1.0,
        metadata=number(HALF_LIFE, 0.05, 36_500, DAYS),
    )
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))


@dataclass(frozen=True, slots=True)
class TransitionsConfig:
    """What follows what."""

    lags: int = field(
        default=3,
        metadata=number(
            gettext_noop("How many steps later still count, each less than the one before."),
            1,
            20,
            STEPS,
        ),
    )
    shrink: float = field(
        default=10.0,
        metadata=number(
            gettext_noop("Pulls what follows a rarely seen item towards 0."), 0, 10_000
        ),
    )
    earlier: float = field(
        default=0.6,
        metadata=number(
            gettext_noop("What the interactions before the last one weigh beside it."), 0, 1
        ),
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class ContextConfig:
    """Popularity by the hour and the weekday."""

    half_life_days: float = field(default=1.0, metadata=number(HALF_LIFE, 0.05, 36_500, DAYS))
    habit_days: float = field(
        default=180.0,
        metadata=number(
            gettext_noop("After so many days what was liked at some hour or weekday counts half."),
            1,
            36_500,
            DAYS,
        ),
    )
    shrink: float = field(
        default=50.0,
        metadata=number(
            gettext_noop("Pulls what is liked at some hour or weekday towards what always is."),
            0.01,
            100_000,
            INTERACTIONS,
        ),
    )
    offset_hours: float = field(
        default=0.0,
        metadata=number(
            gettext_noop("How far the members' clock is ahead of UTC."), -12, 14, HOURS
        ),
    )
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """Popularity among members of the same clusters."""

    clusters: int = field(
        default=16,
        metadata=number(gettext_noop("Clusters that members are put into at most."), 1, 1_000),
    )
    nearest: int = field(
        default=3,
        metadata=number(
            gettext_noop("Clusters nearest to a member that count, the nearer the more."), 1, 100
        ),
    )
    half_life_days: float = field(default=2.0, metadata=number(HALF_LIFE, 0.05, 36_500, DAYS))
    shrink: float = field(
        default=200.0,
        metadata=number(
            gettext_noop("Pulls what is popular in a small cluster towards what is everywhere."),
            0,
            100_000,
            INTERACTIONS,
        ),
    )
    factors: int = field(default=32, metadata=number(FACTORS, 1, 1_024))
    damping: float = field(default=0.4, metadata=number(DAMPING, 0, 1))
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))
