"""The names of the settings and options of runs, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: Final[Mapping[str, str | Promise]] = {
    "half_life_days": _("Half-life"),
    "counts": _("Counts"),
    "shrink": _("Shrink"),
    "neighbours": _("Neighbours"),
    "decay": _("Decay"),
    "daily_decay": _("Daily decay"),
    "damping": _("Damping"),
    "loss": _("Loss function"),
    "begins": _("Beginning"),
    "dislike": _("Weight of dislikes"),
    "least": _("Least interactions"),
    "regularization": _("Regularization"),
    "embedding_size": _("Embedding size"),
    "epochs": _("Epochs"),
    "batch_size": _("Batch size"),
    "negatives": _("Negatives"),
    "learning_rate": _("Learning rate"),
    "reg": _("Weight decay"),
    "history": _("Length of history"),
    "dropout": _("Dropout"),
    "clip": _("Gradient clipping"),
    "held": _("Held out"),
    "watch": _("Watched measure"),
    "patience": _("Patience"),
    "curated": _("Weight of curated ones"),
    "crop": _("Cropping"),
    "mask": _("Masking"),
    "reorder": _("Reordering"),
    "perturbation": _("Perturbation"),
    "units": _("Units"),
    "blocks": _("Layers"),
    "heads": _("Heads"),
    "gated": _("Gates"),
    "lags": _("Lags"),
    "earlier": _("Weight of earlier ones"),
    "factors": _("Factors"),
    "iterations": _("Iterations"),
    "alpha": _("Alpha"),
    "members": _("Members kept"),
    "centre": _("Centre"),
    "compares": _("Compares"),
    "mix": _("Share of meaning"),
    "trust": _("Trust in likes"),
    "ridge": _("Ridge"),
    "words": _("Vocabulary"),
    "rare": _("Rare words"),
    "length": _("Words read"),
    "word_size": _("Size of a word"),
    "widths": _("Widths of filters"),
    "filters": _("Filters"),
    "hidden_words": _("Hidden words"),
    "joined": _("Joining units"),
    "clusters": _("Clusters"),
    "nearest": _("Nearest clusters"),
    "predicts": _("Predicts"),
    "bias_regularization": _("Regularization of biases"),
    "habit_days": _("Half-life of habits"),
    "before_days": _("Half-life before the last visit"),
    "after_days": _("Half-life after the last visit"),
    "offset_hours": _("Hours ahead of UTC"),
    "seed": _("Seed"),
    "device": _("Device"),
    "threads": _("Threads"),
    "precision": _("Precision"),
    "compiled": _("Compilation"),
    "processes": _("Processes"),
}


def label_of(name: str) -> str:
    """A setting in the language that is active; one without a word by its name."""
    return str(LABELS.get(name, name.replace("_", " ").capitalize()))


def plain(value: object) -> str:
    """A value as people write it: no decimals of a whole number, no exponent of a small one."""
    if not isinstance(value, float) or not isfinite(value):
        return str(value)
    digits = f"{Decimal(repr(value)):f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def named(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Settings with their names and values as people read them."""
    return [(label_of(name), plain(value)) for name, value in settings.items()]
