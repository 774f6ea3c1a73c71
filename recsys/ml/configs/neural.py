"""Settings of the families that torch trains."""

from __future__ import annotations

from dataclasses import dataclass, field

from recsys.ml.configs.words import (
    BATCH,
    COUNTS,
    DAILY,
    DAYS,
    DECAY,
    DISLIKE,
    EPOCHS,
    FACTORS,
    INTERACTIONS,
    ITEMS,
    LATEST,
    LEAST,
    PASSES,
    REG,
    SAMPLED,
    STEP,
    TEACHES,
)
from recsys.ml.configuration import choice, gettext_noop, number


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
    begins: str = field(
        default="chance",
        metadata=choice(
            gettext_noop(
                "Where embeddings begin: by chance, or with what the texts of items mean."
            ),
            "chance",
            "texts",
        ),
    )
    embedding_size: int = field(default=128, metadata=number(FACTORS, 2, 1_024))
    epochs: int = field(default=8, metadata=number(EPOCHS, 1, 500, PASSES))
    batch_size: int = field(
        default=512,
        metadata=number(BATCH, 8, 65_536, INTERACTIONS),
    )
    negatives: int = field(
        default=256,
        metadata=number(SAMPLED, 1, 65_536, ITEMS),
    )
    learning_rate: float = field(default=0.003, metadata=number(STEP, 1e-6, 1))
    reg: float = field(default=1e-4, metadata=number(REG, 0, 10))
    half_life_days: float = field(
        default=36_500.0,
        metadata=number(
            TEACHES,
            0.05,
            36_500,
            DAYS,
        ),
    )
    history: int = field(
        default=20,
        metadata=number(LATEST, 1, 1_000, INTERACTIONS),
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class NcfConfig:
    """Neural collaborative filtering: a product of embeddings beside a network over others."""

    factors: int = field(
        default=32,
        metadata=number(gettext_noop("Numbers in each embedding that is multiplied."), 2, 1_024),
    )
    embedding_size: int = field(
        default=32,
        metadata=number(
            gettext_noop(
                "Numbers in each embedding that the network reads; its layers have as many, then half."
            ),
            2,
            1_024,
        ),
    )
    epochs: int = field(default=8, metadata=number(EPOCHS, 1, 500, PASSES))
    batch_size: int = field(
        default=512,
        metadata=number(BATCH, 8, 65_536, INTERACTIONS),
    )
    negatives: int = field(
        default=128,
        metadata=number(SAMPLED, 1, 65_536, ITEMS),
    )
    learning_rate: float = field(default=0.003, metadata=number(STEP, 1e-6, 1))
    reg: float = field(default=1e-4, metadata=number(REG, 0, 10))
    half_life_days: float = field(
        default=36_500.0,
        metadata=number(
            TEACHES,
            0.05,
            36_500,
            DAYS,
        ),
    )
    history: int = field(
        default=20,
        metadata=number(LATEST, 1, 1_000, INTERACTIONS),
    )
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))
