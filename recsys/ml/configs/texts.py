"""Settings of the families that read the words of items by a convolution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from recsys.ml.configs.sequences import GruConfig
from recsys.ml.configs.words import (
    AT_MOST,
    BATCH,
    COUNTS,
    DAILY,
    DAYS,
    DECAY,
    DISLIKE,
    EPOCHS,
    FACTORS,
    FILTERS,
    HIDDEN,
    INTERACTIONS,
    ITEMS,
    LATEST,
    LEAST,
    LEFT_OUT,
    PASSES,
    RARE,
    READ,
    REG,
    SAMPLED,
    SAMPLED_OR_ALL,
    STEP,
    TEACHES,
    TEXTS,
    VOCABULARY,
    WIDTHS,
    WORD_SIZE,
    WORDS,
)
from recsys.ml.configuration import choice, gettext_noop, number

_WORDS: Final = number(VOCABULARY, 10, 200_000, WORDS)
_RARE: Final = number(RARE, 1, 1_000, TEXTS)
_LENGTH: Final = number(READ, 1, 512, WORDS)
_WORD_SIZE: Final = number(WORD_SIZE, 2, 512)
_WIDTHS: Final = number(WIDTHS, 1, 8, WORDS)
_FILTERS: Final = number(FILTERS, 2, 1_024)
_HIDDEN: Final = number(HIDDEN, 0, 0.9)


@dataclass(frozen=True, slots=True)
class TextcnnConfig:
    """A convolution over the words of items."""

    words: int = field(default=20_000, metadata=_WORDS)
    rare: int = field(default=2, metadata=_RARE)
    length: int = field(default=40, metadata=_LENGTH)
    word_size: int = field(default=32, metadata=_WORD_SIZE)
    widths: int = field(default=3, metadata=_WIDTHS)
    filters: int = field(default=64, metadata=_FILTERS)
    hidden_words: float = field(default=0.1, metadata=_HIDDEN)
    dropout: float = field(default=0.1, metadata=number(LEFT_OUT, 0, 0.9))
    embedding_size: int = field(default=64, metadata=number(FACTORS, 2, 1_024))
    epochs: int = field(default=6, metadata=number(EPOCHS, 1, 500, PASSES))
    batch_size: int = field(default=2_048, metadata=number(BATCH, 8, 65_536, INTERACTIONS))
    negatives: int = field(default=1_024, metadata=number(SAMPLED, 1, 65_536, ITEMS))
    learning_rate: float = field(default=0.005, metadata=number(STEP, 1e-6, 1))
    reg: float = field(default=1e-4, metadata=number(REG, 0, 10))
    half_life_days: float = field(default=36_500.0, metadata=number(TEACHES, 0.05, 36_500, DAYS))
    history: int = field(default=20, metadata=number(LATEST, 1, 1_000, INTERACTIONS))
    decay: float = field(default=0.8, metadata=number(DECAY, 0.05, 1))
    daily_decay: float = field(default=1.0, metadata=number(DAILY, 0.05, 1))
    dislike: float = field(default=0.1, metadata=number(DISLIKE, 0, 1))
    counts: str = field(default="reward", metadata=choice(COUNTS, "reward", "event"))
    least: int = field(default=1, metadata=number(LEAST, 1, 1_000, INTERACTIONS))


@dataclass(frozen=True, slots=True)
class JointConfig(GruConfig):
    """A recurrent network over histories, a convolution over words, and layers that join them."""

    epochs: int = field(default=6, metadata=number(AT_MOST, 1, 1_000, PASSES))
    negatives: int = field(default=128, metadata=number(SAMPLED_OR_ALL, 1, 65_536, ITEMS))
    joined: int = field(
        default=32,
        metadata=number(
            gettext_noop("Units of the layer that reads member and item together; 0: none."),
            0,
            1_024,
        ),
    )
    words: int = field(default=20_000, metadata=_WORDS)
    rare: int = field(default=2, metadata=_RARE)
    length: int = field(default=40, metadata=_LENGTH)
    word_size: int = field(default=32, metadata=_WORD_SIZE)
    widths: int = field(default=3, metadata=_WIDTHS)
    filters: int = field(default=64, metadata=_FILTERS)
    hidden_words: float = field(default=0.1, metadata=_HIDDEN)
