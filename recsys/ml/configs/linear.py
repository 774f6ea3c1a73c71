"""Settings of linear models and factorizations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from recsys.ml.configs.words import (
    COUNTS,
    DAILY,
    DAMPING,
    DAYS,
    DECAY,
    DISLIKE,
    FACTORS,
    INTERACTIONS,
    LEAST,
    NEVER,
    PASSES,
    TEACHES,
)
from recsys.ml.configuration import choice, gettext_noop, number

MOST_ITEMS: Final = 25_000
"""What `ease` takes: its matrix of all pairs is then 7.5 GB."""


@dataclass(frozen=True, slots=True)
class EaseConfig:
    """Linear item-item model in closed form."""

    regularization: float = field(
        default=100.0,
        metadata=number(
            gettext_noop("Larger is smoother; below 1 the inverse loses its digits."), 1, 1e6
        ),
    )
    half_life_days: float = field(default=NEVER, metadata=number(TEACHES, 0.05, NEVER, DAYS))
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class RatingConfig:
    """Regression of ratings on biases and embeddings."""

    predicts: str = field(
        default="stars",
        metadata=choice(
            gettext_noop(
                "What is predicted: the stars that were given, or the reward of any feedback."
            ),
            "stars",
            "reward",
        ),
    )
    factors: int = field(default=16, metadata=number(FACTORS, 1, 256))
    iterations: int = field(
        default=10, metadata=number(gettext_noop("Passes over members and items."), 1, 200, PASSES)
    )
    regularization: float = field(
        default=30.0, metadata=number(gettext_noop("Larger keeps the embeddings small."), 1e-3, 1e4)
    )
    bias_regularization: float = field(
        default=3.0,
        metadata=number(
            gettext_noop("Larger keeps members and items nearer to the mean of all."), 1e-3, 1e4
        ),
    )
    decay: float = field(default=0.99, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(
        default=1.0,
        metadata=number(
            gettext_noop("What an item weighs that was not liked; 0 ignores it."), 0, 1
        ),
    )
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class SvdConfig:
    """Truncated singular value decomposition."""

    factors: int = field(default=32, metadata=number(FACTORS, 1, 1_024))
    damping: float = field(
        default=0.4,
        metadata=number(DAMPING, 0, 1),
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000))


@dataclass(frozen=True, slots=True)
class AlsConfig:
    """Weighted matrix factorization by alternating least squares."""

    factors: int = field(default=64, metadata=number(FACTORS, 2, 1_024))
    iterations: int = field(
        default=15, metadata=number(gettext_noop("Passes over members and items."), 1, 200, PASSES)
    )
    alpha: float = field(
        default=20.0,
        metadata=number(
            gettext_noop("How much more an interaction counts than the lack of one."), 0.1, 1_000
        ),
    )
    regularization: float = field(
        default=10.0, metadata=number(gettext_noop("Larger keeps the embeddings small."), 1e-6, 1e4)
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))
