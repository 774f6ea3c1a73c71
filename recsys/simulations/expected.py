"""The effect that a change would have on answers, as far as the log can tell: what was shown, with which chance."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final
from uuid import UUID

import numpy as np

from curation.fusion.fixed import Floats
from recsys.ml.evaluation.offpolicy import Gain, gain
from recsys.slates.logged import Request
from recsys.slates.replaying import Played

LEAST_SUPPORT: Final = 0.9
"""How much of what is given anew the log must have tried, for the effect to be told."""
HARDLY: Final = 1e-9


@dataclass
class Expected:
    """A row for each shown placement whose chance is known; `rewards` is 1 for one that was answered well.

    Over all of them `moved` is the chance that the drafts take from items and give to others; `given` what
    either policy gives to items beyond what the log gave them, and `tried` the part of it that goes to items
    which the log showed with some chance: of the rest nobody knows how it would be answered.
    """

    rewards: list[float] = field(default_factory=list)
    logged: list[float] = field(default_factory=list)
    present: list[float] = field(default_factory=list)
    drafted: list[float] = field(default_factory=list)
    members: list[int] = field(default_factory=list)
    numbers: dict[UUID, int] = field(default_factory=dict)
    moved: float = 0.0
    given: float = 0.0
    tried: float = 0.0

    def add(self, request: Request, played: Played) -> None:
        """Count the placements of a request that was shown."""
        index = played.drafted.candidates.index
        for item, slot, chance in zip(request.items, request.slots, request.chances, strict=True):
            row = index.get(item.bytes)
            if row is not None and chance:
                chances = [
                    each.chances(slot) for each in (played.logged, played.present, played.drafted)
                ]
                self._support(*chances)
                self.rewards.append(float(item in request.answered))
                self.logged.append(chance)
                self.present.append(float(chances[1][row]))
                self.drafted.append(float(chances[2][row]))
                self.members.append(self.numbers.setdefault(request.subject, len(self.numbers)))

    def _support(self, logged: Floats, present: Floats, drafted: Floats) -> None:
        self.moved += float(np.maximum(drafted - present, 0.0).sum())
        for policy in (present, drafted):
            more = np.maximum(policy - logged, 0.0)
            self.given += float(more.sum())
            self.tried += float(more[logged > 0].sum())

    def told(self) -> dict[str, Any]:
        """The estimate, and what may be said of it: `verdict`, and `why` where it cannot be told."""
        found = gain(
            np.array(self.rewards),
            np.array(self.logged),
            np.array(self.present),
            np.array(self.drafted),
            np.array(self.members, np.int64),
        )
        support = self.tried / self.given if self.given > HARDLY else 1.0
        verdict, why = self._verdict(found, support)
        return {**asdict(found), "support": support, "verdict": verdict, "why": why}

    def _verdict(self, found: Gain, support: float) -> tuple[str, str]:
        if not self.rewards:
            return "cannot_tell", "not_shown"
        if self.moved <= HARDLY:
            return "same", ""
        if support < LEAST_SUPPORT:
            return "cannot_tell", "not_tried"
        if found.is_thin:
            return "cannot_tell", "thin"
        if found.difference.low > 0:
            return "better", ""
        return ("worse", "") if found.difference.high < 0 else ("unsure", "")
