"""Steps 7 and 8: organic slots, filled one by one around the pins, and how likely each was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from curation.fusion.boosts import Boosted
from curation.fusion.candidates import Candidates
from curation.fusion.diversity import Knob
from curation.fusion.fixed import ONE, Fixed, Floats, Mask, Rows, to_fixed
from curation.fusion.limits import Caps, Quotas
from curation.fusion.policy import RepeatPolicy, SurfaceSettings
from curation.fusion.seeds import gumbel_noise
from curation.fusion.slate import Selection

_RESOLUTION = float(1 << 40)
_KNOB_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Choice:
    """An organic choice: the row, its chance (fixed-point), whether it was drawn, and why it."""

    slot: int
    row: int
    propensity: int = ONE
    sampled: bool = False
    quota: UUID | None = None
    selection: Selection | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """What an exploring slot was drawn from: the rows that were feasible, and their logits (fixed-point)."""

    rows: Rows
    logits: Fixed

    def chances(self, size: int) -> Floats:
        """The chance of each of ``size`` rows, float64 [size]; 0 where a row was not feasible."""
        weights = np.exp((self.logits - self.logits.max()) / ONE)
        chances = np.zeros(size)
        chances[self.rows] = weights / weights.sum()
        return chances


def seen(candidates: Candidates, repeat: RepeatPolicy) -> Mask:
    """What the surface does not show this member again, bool [n]."""
    mask = np.zeros(len(candidates), np.bool_)
    if repeat.rated and candidates.rated is not None:
        mask |= candidates.rated
    if repeat.interacted and candidates.interacted is not None:
        mask |= candidates.interacted
    if repeat.shown is not None and candidates.shown is not None:
        mask |= candidates.shown >= repeat.shown
    return mask


def propensity(logits: Fixed, at: int) -> int:
    """The softmax share of entry ``at``, fixed-point, at least one billionth."""
    weights = np.exp((logits - logits.max()) / ONE)
    whole = np.rint(weights * _RESOLUTION).astype(np.int64)
    total, part = int(whole.sum()), int(whole[at])
    return max(1, (part * ONE + total // 2) // total)


class Filling:
    """Fills slots from what is still feasible: open, within the caps, in the best tier."""

    def __init__(
        self,
        candidates: Candidates,
        boosted: Boosted,
        surface: SurfaceSettings,
        knob: Knob | None,
        seed: int,
    ) -> None:
        self.candidates = candidates
        self.boosted = boosted
        self.surface = surface
        self.knob = knob
        self.seed = seed
        self.order = np.lexsort((-boosted.utility, boosted.tier)).tolist()
        self.cursor = 0
        self.draws: dict[int, Draw] = {}

    def fill(
        self, open_rows: Mask, pins: Mapping[int, int], caps: Caps, quotas: Quotas
    ) -> list[Choice]:
        """Choose for every slot without a pin, then for the reserve, as far as there are items."""
        self.open = open_rows.copy()
        for row in pins.values():
            self._take(row)
        choices = []
        for slot in range(1, self.surface.depth + self.surface.reserve + 1):
            caps.reach(slot)
            choice = None if slot in pins else self._choose(slot, caps, quotas)
            if choice is None:
                continue
            choices.append(choice)
            caps.place(choice.row, slot)
            quotas.place(choice.row, slot)
            self._take(choice.row)
        return choices

    def _take(self, row: int) -> None:
        self.open[row] = False
        if self.knob:
            self.knob.place(row)

    def _choose(self, slot: int, caps: Caps, quotas: Quotas) -> Choice | None:
        exploring = slot <= self.surface.depth and slot in self.surface.exploring
        lacking = quotas.lacking(slot)
        if not (exploring or lacking or self.knob):
            return self._first(slot, caps)
        feasible = self.open & (caps.full == 0)
        pressing = quotas.pressing(slot, feasible) if lacking else None
        if pressing:
            return self._best(slot, self._top_tier(pressing[0]), pressing[1])
        rows = self._top_tier(feasible)
        if not len(rows):
            return None
        return self._draw(slot, rows) if exploring else self._best(slot, rows)

    def _first(self, slot: int, caps: Caps) -> Choice | None:
        """What ``_best`` of the top tier would choose where nothing but the order counts, only sooner."""
        while self.cursor < len(self.order) and not self.open[self.order[self.cursor]]:
            self.cursor += 1
        for row in self.order[self.cursor :]:
            if self.open[row] and not caps.full[row]:
                return Choice(slot, row)
        return None

    def _top_tier(self, pool: Mask) -> Rows:
        rows = np.flatnonzero(pool)
        if not len(rows):
            return rows
        tiers = self.boosted.tier[rows]
        return np.compress(tiers == tiers.min(), rows)

    def _best(self, slot: int, rows: Rows, quota: UUID | None = None) -> Choice:
        """The greatest value; among equals the least id, since rows stand in order of id."""
        utility = self.boosted.utility[rows]
        if self.knob is None:
            return Choice(slot, int(rows[utility.argmax()]), quota=quota)
        strength = self.surface.diversity.strength
        penalty = self.knob.penalties()[rows] * strength
        value = utility * (_KNOB_STEPS - strength) - penalty
        at = int(value.argmax())
        selection = Selection(
            self.knob.kind, int(value[at]) // _KNOB_STEPS, int(penalty[at]) // _KNOB_STEPS
        )
        return Choice(slot, int(rows[at]), quota=quota, selection=selection)

    def _draw(self, slot: int, rows: Rows) -> Choice:
        """Draw from softmax(utility / T) by the greatest of logit + Gumbel noise."""
        logits = to_fixed(self.boosted.utility[rows] / ONE / self.surface.temperature)
        noise = gumbel_noise(self.seed, slot, self.candidates.ids[rows])
        at = int((logits + noise).argmax())
        self.draws[slot] = Draw(rows, logits)
        return Choice(slot, int(rows[at]), propensity(logits, at), sampled=True)
