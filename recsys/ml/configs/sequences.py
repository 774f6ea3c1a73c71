"""Settings of the families that read a history in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from recsys.ml.configs.words import (
    AT_MOST,
    COUNTS,
    DAILY,
    DAYS,
    DECAY,
    DISLIKE,
    FACTORS,
    INTERACTIONS,
    ITEMS,
    LATEST,
    LEAST,
    LEFT_OUT,
    PASSES,
    SAMPLED_OR_ALL,
    STEP,
    TEACHES,
)
from recsys.ml.configuration import choice, gettext_noop, number


@dataclass(frozen=True, slots=True)
class SequenceConfig:
    """What every model of sequences is trained with."""

    loss: str = field(
        default="softmax",
        metadata=choice(
            gettext_noop(
                "softmax tells an item from all others at once, gbce judges each for itself."
            ),
            "softmax",
            "gbce",
        ),
    )
    embedding_size: int = field(default=64, metadata=number(FACTORS, 2, 1_024))
    epochs: int = field(default=20, metadata=number(AT_MOST, 1, 1_000, PASSES))
    batch_size: int = field(
        default=64, metadata=number(gettext_noop("Histories in one step."), 1, 4_096)
    )
    negatives: int = field(
        default=512,
        metadata=number(
            SAMPLED_OR_ALL,
            1,
            65_536,
            ITEMS,
        ),
    )
    learning_rate: float = field(default=0.001, metadata=number(STEP, 1e-6, 1))
    reg: float = field(default=1e-4, metadata=number(gettext_noop("Weight decay."), 0, 10))
    dropout: float = field(
        default=0.2,
        metadata=number(LEFT_OUT, 0, 0.9),
    )
    clip: float = field(
        default=1.0,
        metadata=number(gettext_noop("Largest norm of a gradient; 0 clips none."), 0, 1_000),
    )
    held: float = field(
        default=0.05,
        metadata=number(
            gettext_noop("Share of members whose last interaction tells how well it learns."),
            0,
            0.5,
        ),
    )
    watch: str = field(
        default="ndcg",
        metadata=choice(
            gettext_noop("What is measured on held-out interactions; the best pass is kept."),
            "ndcg",
            "loss",
        ),
    )
    patience: int = field(
        default=3,
        metadata=number(
            gettext_noop(
                "After so many passes without gain steps get smaller, in the end it stops; 0 never."
            ),
            0,
            1_000,
            PASSES,
        ),
    )
    half_life_days: float = field(
        default=36_500.0,
        metadata=number(
            TEACHES,
            0.05,
            36_500,
            DAYS,
        ),
    )
    curated: float = field(
        default=1.0,
        metadata=number(
            gettext_noop("What an interaction teaches on a placement that a curator decided."),
            0,
            1,
        ),
    )
    crop: float = field(
        default=0.0,
        metadata=number(gettext_noop("Share of histories of which only a part is shown."), 0, 1),
    )
    mask: float = field(
        default=0.0, metadata=number(gettext_noop("Share of interactions that are hidden."), 0, 0.9)
    )
    reorder: float = field(
        default=0.0,
        metadata=number(gettext_noop("Share of histories of which a part is shuffled."), 0, 1),
    )
    perturbation: float = field(
        default=0.0,
        metadata=number(
            gettext_noop("How far embeddings are pushed the worst way while it learns; 0: not."),
            0,
            10,
        ),
    )
    history: int = field(
        default=50,
        metadata=number(LATEST, 2, 1_000, INTERACTIONS),
    )
    decay: float = field(default=1.0, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class GruConfig(SequenceConfig):
    """A recurrent network that reads a history."""

    units: int = field(
        default=128,
        metadata=number(gettext_noop("Numbers in the state that it carries."), 2, 2_048),
    )


@dataclass(frozen=True, slots=True)
class SasrecConfig(SequenceConfig):
    """Self-attention over a history."""

    blocks: int = field(
        default=2, metadata=number(gettext_noop("Layers of attention, one on the other."), 1, 12)
    )
    heads: int = field(
        default=1,
        metadata=number(
            gettext_noop(
                "Parts of an embedding that attend by themselves; it must divide by them."
            ),
            1,
            32,
        ),
    )
    gated: bool = field(
        default=True,
        metadata={"help": gettext_noop("Let gates decide how much each layer adds (LiGR).")},
    )
