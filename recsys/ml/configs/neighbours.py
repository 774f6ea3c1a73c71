"""Settings of the families that compare: items, members, texts."""

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
    INTERACTIONS,
    ITEMS,
    LEAST,
    MEMBERS,
    NEVER,
    SHRINK,
)
from recsys.ml.configuration import choice, gettext_noop, number


@dataclass(frozen=True, slots=True)
class ItemKnnConfig:
    """Nearest items by cosine."""

    shrink: float = field(
        default=10.0,
        metadata=number(SHRINK, 0, 10_000),
    )
    neighbours: int = field(
        default=200,
        metadata=number(gettext_noop("Similar items kept for each item."), 1, 5_000, ITEMS),
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class UserKnnConfig:
    """Nearest members by cosine."""

    neighbours: int = field(
        default=50,
        metadata=number(gettext_noop("Similar members who are asked."), 1, 5_000, MEMBERS),
    )
    shrink: float = field(
        default=10.0,
        metadata=number(SHRINK, 0, 10_000),
    )
    members: int = field(
        default=100_000,
        metadata=number(
            gettext_noop("Members kept, without their names: those who came last."),
            1,
            10_000_000,
            MEMBERS,
        ),
    )
    history: int = field(
        default=200,
        metadata=number(
            gettext_noop("Latest interactions kept of each member."), 1, 10_000, INTERACTIONS
        ),
    )
    half_life_days: float = field(default=NEVER, metadata=number(HALF_LIFE, 0.05, NEVER, DAYS))
    before_days: float = field(
        default=NEVER,
        metadata=number(
            gettext_noop(
                "What others did so many days before the member's last interaction counts half."
            ),
            0.05,
            NEVER,
            DAYS,
        ),
    )
    after_days: float = field(
        default=NEVER,
        metadata=number(
            gettext_noop(
                "What others did so many days after the member's last interaction counts half."
            ),
            0.05,
            NEVER,
            DAYS,
        ),
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """Likeness of texts."""

    compares: str = field(
        default="taste",
        metadata=choice(
            gettext_noop(
                "What is compared: the taste that a text tells of, learnt from likes, or its meaning alone."
            ),
            "taste",
            "meaning",
        ),
    )
    mix: float = field(
        default=0.3,
        metadata=number(
            gettext_noop("How much meaning counts beside taste: 0 not at all, 1 alone."), 0, 1
        ),
    )
    trust: float = field(
        default=100.0,
        metadata=number(
            gettext_noop(
                "With so many likes an item's own taste weighs as much as what its text tells."
            ),
            0,
            1e6,
            INTERACTIONS,
        ),
    )
    ridge: float = field(
        default=1_000.0,
        metadata=number(
            gettext_noop("Larger has texts tell less of taste, and more steadily."), 1e-3, 1e7
        ),
    )
    factors: int = field(default=16, metadata=number(FACTORS, 1, 1_024))
    damping: float = field(default=0.4, metadata=number(DAMPING, 0, 1))
    centre: bool = field(
        default=True,
        metadata={"help": gettext_noop("Leave out what the texts of all items have in common.")},
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))
