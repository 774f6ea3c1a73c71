"""Step 5: boosts and buries move the utility, within bounds; "to the bottom" is a tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from curation.fusion.blending import Blended
from curation.fusion.effects import MOST_BOOST, Boost, Bury, BuryToBottom, Effect
from curation.fusion.eligibility import Masks
from curation.fusion.fixed import Fixed, Mask, fixed
from curation.fusion.policy import Rule
from curation.fusion.slate import Tier

TIERS: Final = tuple(Tier)


@dataclass(frozen=True, slots=True)
class Boosted:
    """Utilities after the rules, arrays over n candidates.

    ``amounts`` says what each rule adds to the items it names; ``clamp`` is what the bound took back.
    ``tier`` indexes ``TIERS``.
    """

    utility: Fixed
    amounts: Sequence[tuple[UUID, int]]
    clamp: Fixed
    scored: Mask
    tier: NDArray[np.int8]


def boost(blended: Blended, rules: Sequence[Rule], masks: Masks) -> Boosted:
    """Add the strengths of all boosts and buries, clamp their sum to ±2, and set the tiers."""
    amounts = [(rule.lineage, amount) for rule in rules if (amount := signed(rule.effect))]
    added = np.zeros(len(blended.utility), np.int64)
    for lineage, amount in amounts:
        added[masks[lineage]] += amount
    clamped = np.clip(added, -fixed(MOST_BOOST), fixed(MOST_BOOST))
    return Boosted(
        utility=blended.utility + clamped,
        amounts=amounts,
        clamp=clamped - added,
        scored=blended.scored,
        tier=_tiers(blended.scored, rules, masks),
    )


def _tiers(scored: Mask, rules: Sequence[Rule], masks: Masks) -> NDArray[np.int8]:
    tier = np.where(scored, TIERS.index(Tier.SCORED), TIERS.index(Tier.UNSCORED)).astype(np.int8)
    for rule in rules:
        if isinstance(rule.effect, BuryToBottom):
            tier[masks[rule.lineage]] = TIERS.index(Tier.BOTTOM)
    return tier


def signed(effect: Effect) -> int:
    """What an effect adds to a utility, fixed-point; 0 for those that move none."""
    if isinstance(effect, Boost):
        return fixed(effect.strength)
    return -fixed(effect.strength) if isinstance(effect, Bury) else 0
