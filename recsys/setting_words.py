"""The names of the settings and options of runs, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
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
    "lags": _("Lags"),
    "earlier": _("Weight of earlier ones"),
    "factors": _("Factors"),
    "iterations": _("Iterations"),
    "alpha": _("Alpha"),
    "members": _("Members kept"),
    "centre": _("Centre"),
    "seed": _("Seed"),
    "device": _("Device"),
    "threads": _("Threads"),
    "precision": _("Precision"),
}


def label_of(name: str) -> str:
    """A setting in the language that is active; one without a word by its name."""
    return str(LABELS.get(name, name.replace("_", " ").capitalize()))


def named(settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Settings with their names as people read them."""
    return [(label_of(name), value) for name, value in settings.items()]
