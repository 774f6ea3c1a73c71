"""Settings of each family. No torch, no scipy, no numpy: the web process shows them as forms."""

from __future__ import annotations

from dataclasses import dataclass, field

from recsys.ml.configuration import choice, gettext_noop, number

COUNTS = gettext_noop("What counts: the reward of an interaction, or every event alike.")
DECAY = gettext_noop("Each later interaction makes an earlier one weigh this much less.")
DAILY = gettext_noop(
    "Each day before the newest interaction makes an earlier one weigh this much less."
)
DISLIKE = gettext_noop("How strongly a dislike speaks against similar items; 0 ignores it.")
LEAST = gettext_noop("Items with fewer interactions than this are not learnt.")
DAYS = gettext_noop("days")
INTERACTIONS = gettext_noop("interactions")
ITEMS = gettext_noop("items")
MEMBERS = gettext_noop("members")
PASSES = gettext_noop("passes")
STEPS = gettext_noop("steps")


@dataclass(frozen=True, slots=True)
class PopularityConfig:
    """Time-decayed popularity."""

    half_life_days: float = field(
        default=1.0,
        metadata=number(
            gettext_noop("After so many days an interaction counts half."), 0.05, 36_500, DAYS
        ),
    )
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))


@dataclass(frozen=True, slots=True)
class ItemKnnConfig:
    """Nearest items by cosine."""

    shrink: float = field(
        default=10.0,
        metadata=number(
            gettext_noop("Pulls the similarity of rarely seen pairs towards 0."), 0, 10_000
        ),
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
class EaseConfig:
    """Linear item-item model in closed form."""

    regularization: float = field(
        default=100.0,
        metadata=number(
            gettext_noop("Larger is smoother; below 1 the inverse loses its digits."), 1, 1e6
        ),
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class DotConfig:
    """Two embeddings per item: one for the history, one for what comes next."""

    loss: str = field(
        default="softmax",
        metadata=choice(
            gettext_noop(
                "softmax tells an item from all sampled ones at once, bpr from each of them in turn."
            ),
            "softmax",
            "bpr",
        ),
    )
    embedding_size: int = field(
        default=128, metadata=number(gettext_noop("Numbers in each embedding."), 2, 1_024)
    )
    epochs: int = field(
        default=8, metadata=number(gettext_noop("Passes over the interactions."), 1, 500, PASSES)
    )
    batch_size: int = field(
        default=512,
        metadata=number(gettext_noop("Interactions in one step."), 8, 65_536, INTERACTIONS),
    )
    negatives: int = field(
        default=256,
        metadata=number(
            gettext_noop("Sampled items that each step compares with."), 1, 65_536, ITEMS
        ),
    )
    learning_rate: float = field(
        default=0.003, metadata=number(gettext_noop("Size of a step."), 1e-6, 1)
    )
    reg: float = field(
        default=1e-4, metadata=number(gettext_noop("Weight decay of the embeddings."), 0, 10)
    )
    half_life_days: float = field(
        default=36_500.0,
        metadata=number(
            gettext_noop("An interaction so many days before the newest teaches half as much."),
            0.05,
            36_500,
        ),
    )
    history: int = field(
        default=20,
        metadata=number(
            gettext_noop("Latest interactions of a member that count."), 1, 1_000, INTERACTIONS
        ),
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


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
class AlsConfig:
    """Weighted matrix factorization by alternating least squares."""

    factors: int = field(
        default=64, metadata=number(gettext_noop("Numbers in each embedding."), 2, 1_024)
    )
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


@dataclass(frozen=True, slots=True)
class SvdConfig:
    """Truncated singular value decomposition."""

    factors: int = field(
        default=32, metadata=number(gettext_noop("Numbers in each embedding."), 1, 1_024)
    )
    damping: float = field(
        default=0.4,
        metadata=number(
            gettext_noop("How much less a popular item counts: 0 not at all, 1 as any other."), 0, 1
        ),
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000))


@dataclass(frozen=True, slots=True)
class UserKnnConfig:
    """Nearest members by cosine."""

    neighbours: int = field(
        default=50,
        metadata=number(gettext_noop("Similar members who are asked."), 1, 5_000, MEMBERS),
    )
    shrink: float = field(
        default=10.0,
        metadata=number(
            gettext_noop("Pulls the similarity of rarely seen pairs towards 0."), 0, 10_000
        ),
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
