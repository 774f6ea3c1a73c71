"""Settings of the families that compare: items, members, texts."""

from __future__ import annotations

from dataclasses import dataclass, field

from recsys.ml.configs.words import (
    COUNTS,
    DAILY,
    DECAY,
    DISLIKE,
    INTERACTIONS,
    ITEMS,
    LEAST,
    MEMBERS,
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
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """Likeness of texts."""

    centre: bool = field(
        default=True,
        metadata={"help": gettext_noop("Leave out what the texts of all items have in common.")},
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
