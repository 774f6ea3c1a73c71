"""When a training slows down and when it ends: told by the measures of its epochs alone. Needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a training stands: the share of its learning rate, its best epoch, whether it is over."""

    rate: float = 1.0
    best: int = 0
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Pacing:
    """The rules by which the learning rate falls on a plateau.

    After ``patience`` epochs without a better measure it is multiplied by ``factor``; once that has
    happened ``lowerings`` times, as many more epochs without a better one end the training. A patience
    of 0 leaves the rate alone. ``clip`` is the largest norm of a gradient; 0 clips nothing.
    """

    patience: int = 0
    lowerings: int = 2
    factor: float = 0.3
    clip: float = 0.0

    def after(self, measures: Sequence[float]) -> Pace:
        """The pace after epochs with these measures, lower is better; the same ones give the same pace."""
        best = stale = lowered = 0
        for epoch, measure in enumerate(measures):
            if epoch == 0 or measure < measures[best]:
                best, stale = epoch, 0
            else:
                stale += 1
            if self.patience and stale == self.patience:
                stale, lowered = 0, lowered + 1
        return Pace(self.factor ** min(lowered, self.lowerings), best, lowered > self.lowerings)
