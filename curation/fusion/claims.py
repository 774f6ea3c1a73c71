"""Step 6: pins and best-match pins as claims on slots, resolved in the total order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from curation.fusion.boosts import Boosted
from curation.fusion.candidates import Candidates
from curation.fusion.effects import PinMatch
from curation.fusion.eligibility import Masks
from curation.fusion.fixed import Mask
from curation.fusion.policy import Pin, Rule
from curation.fusion.slate import DroppedPin, ShiftedPin
from curation.fusion.standing import Standing, precedence

MOST_SHIFT: Final = 2
"""A claim that loses its slot may stand this many slots further down, no more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An item's row claiming a slot on behalf of a decision."""

    decision: UUID
    row: int
    slot: int
    best_match: bool


@dataclass(frozen=True, slots=True)
class Claims:
    """Slot to the claim that stands in it, and what became of the others."""

    placed: dict[int, Claim]
    dropped: tuple[DroppedPin, ...]
    shifted: tuple[ShiftedPin, ...]


def resolve(
    candidates: Candidates,
    held: Standing,
    allowed: Mask,
    boosted: Boosted,
    masks: Masks,
    depth: int,
) -> Claims:
    """Give the slots to the claims: (i) best claim per item, (ii) per slot, (iii) losers shift down."""
    gathering = _Gathering(candidates, allowed, boosted, masks, depth)
    for decision, item, slot in _claimants(held):
        gathering.add(decision, item, slot)
    winners: dict[int, Claim] = {}
    for claim in gathering.claims:
        winners.setdefault(claim.slot, claim)
    losers = [claim for claim in gathering.claims if winners[claim.slot] is not claim]
    return _shift(candidates, winners, losers, gathering.dropped, depth)


def _claimants(held: Standing) -> list[tuple[UUID, UUID | None, int]]:
    """Decision, item (None: its best match) and slot of every claim, best first."""
    claimants: list[tuple[Pin | Rule, UUID | None, int]] = [
        (pin, pin.item, pin.slot) for pin in held.pins
    ]
    claimants += [
        (rule, None, rule.effect.slot) for rule in held.rules if isinstance(rule.effect, PinMatch)
    ]
    claimants.sort(key=lambda claimant: precedence(claimant[0]))
    return [(decision.lineage, item, slot) for decision, item, slot in claimants]


def _shift(
    candidates: Candidates,
    winners: dict[int, Claim],
    losers: Iterable[Claim],
    dropped: Sequence[DroppedPin],
    depth: int,
) -> Claims:
    placed, failed, shifted = dict(winners), list(dropped), []
    for claim in losers:
        item, winner = candidates.item(claim.row), winners[claim.slot].decision
        lowest = min(claim.slot + MOST_SHIFT, depth)
        free = (slot for slot in range(claim.slot + 1, lowest + 1) if slot not in placed)
        slot = next(free, None)
        if slot is None:
            failed.append(DroppedPin(claim.decision, item, claim.slot, "slot_taken", winner))
        else:
            placed[slot] = claim
            shifted.append(ShiftedPin(claim.decision, item, claim.slot, slot, winner))
    return Claims(placed, tuple(failed), tuple(shifted))


class _Gathering:
    """Turns pins and rules, best first, into eligible claims, one per item."""

    def __init__(
        self,
        candidates: Candidates,
        allowed: Mask,
        boosted: Boosted,
        masks: Masks,
        depth: int,
    ) -> None:
        self.candidates = candidates
        self.allowed = allowed
        self.boosted = boosted
        self.masks = masks
        self.depth = depth
        self.claims: list[Claim] = []
        self.dropped: list[DroppedPin] = []
        self.holders: dict[int, UUID] = {}

    def add(self, decision: UUID, item: UUID | None, slot: int) -> None:
        """Claim a slot for an item, or, where there is none, for the best of the decision's items."""
        row = self.best(decision) if item is None else self.candidates.row(item)
        why = self.obstacle(row, slot, pinned=item is not None)
        if why or row is None:
            holder = self.holders[row] if row is not None and why == "item_claimed" else None
            self.dropped.append(DroppedPin(decision, item, slot, why, holder))
            return
        self.holders[row] = decision
        self.claims.append(Claim(decision, row, slot, best_match=item is None))

    def obstacle(self, row: int | None, slot: int, *, pinned: bool) -> str:
        if slot > self.depth:
            return "past_depth"
        if row is None:
            return "no_candidate" if pinned else "no_match"
        if not self.allowed[row]:
            return "denied"
        return "item_claimed" if row in self.holders else ""

    def best(self, lineage: UUID) -> int | None:
        """The best of a rule's items that no better claim holds: scored ones, utility, id."""
        open_rows = self.allowed & self.masks[lineage]
        open_rows[list(self.holders)] = False
        rows = np.flatnonzero(open_rows)
        if not len(rows):
            return None
        order = np.lexsort((rows, -self.boosted.utility[rows], ~self.boosted.scored[rows]))
        return int(rows[order[0]])
