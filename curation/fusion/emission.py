"""Step 9: placements with their arithmetic, reasons and decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import numpy as np

from curation.fusion.blending import Blended
from curation.fusion.boosts import TIERS, Boosted
from curation.fusion.candidates import Candidates
from curation.fusion.claims import Claim, Claims
from curation.fusion.effects import BuryToBottom
from curation.fusion.eligibility import Eligibility, Masks
from curation.fusion.explain import reasons
from curation.fusion.fixed import ONE, Mask, Rows
from curation.fusion.limits import CapGroups
from curation.fusion.organic import Choice
from curation.fusion.policy import Pin, Rule
from curation.fusion.slate import Group, Placement, Tier
from curation.fusion.standing import Standing

T = TypeVar("T")

Origins = Sequence[tuple[int, Claim | Choice]]
"""Slot and what put an item there, by slot."""


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """Everything computed about the candidates that a placement tells of."""

    candidates: Candidates
    held: Standing
    masks: Masks
    eligible: Eligibility
    blended: Blended
    boosted: Boosted
    claims: Claims


def placements(
    work: Arithmetic, origins: Origins, groups: Mapping[int, tuple[int, ...]]
) -> tuple[Placement, ...]:
    """Write down a placement for each origin; ``groups`` is by row."""
    rows = [origin.row for _, origin in origins]
    columns = _Columns(work, rows)
    return tuple(
        columns.placement(at, slot, origin, groups.get(origin.row, ()))
        for at, (slot, origin) in enumerate(origins)
    )


class _Columns:
    """The numbers of the placed rows, as lists."""

    def __init__(self, work: Arithmetic, rows: Sequence[int]) -> None:
        picked = np.array(rows, np.intp)
        self.items = [work.candidates.item(row) for row in rows]
        self.scores = work.boosted.utility[picked].tolist()
        self.clamps = work.boosted.clamp[picked].tolist()
        self.roundings = work.blended.rounding[picked].tolist()
        self.scored = work.blended.scored[picked].tolist()
        self.tiers = [TIERS[tier] for tier in work.boosted.tier[picked].tolist()]
        self.parts = [
            (scorer, part[picked].tolist(), work.blended.unknown[scorer][picked].tolist())
            for scorer, part in work.blended.parts.items()
        ]
        masks = work.masks
        self.boosts = _touching(
            [
                ((lineage, amount), masks[lineage][picked])
                for lineage, amount in work.boosted.amounts
            ],
            len(rows),
        )
        self.bottoms = _touching(
            [
                (rule.lineage, masks[rule.lineage][picked])
                for rule in work.held.rules
                if isinstance(rule.effect, BuryToBottom)
            ],
            len(rows),
        )
        self.withheld = _touching(_spared(work, picked), len(rows))
        self.lost = _lost(work.claims)

    def placement(
        self, at: int, slot: int, origin: Claim | Choice, groups: tuple[int, ...]
    ) -> Placement:
        parts = {
            scorer: None if unknown[at] else values[at] for scorer, values, unknown in self.parts
        }
        pin = origin.decision if isinstance(origin, Claim) else None
        choice = origin if isinstance(origin, Choice) else None
        boosts, tier = self.boosts[at], self.tiers[at]
        bottom = tier is Tier.BOTTOM and pin is None
        forced = [each for each in (pin, choice.quota if choice else None) if each]
        return Placement(
            slot=slot,
            item=self.items[at],
            score=self.scores[at],
            parts=parts,
            boosts=boosts,
            clamp=self.clamps[at],
            rounding=self.roundings[at],
            tier=tier,
            pin=pin,
            propensity=choice.propensity if choice else ONE,
            sampled=choice.sampled if choice else False,
            reasons=reasons(origin, parts, boosts, scored=self.scored[at], bottom=bottom),
            fired=(*forced, *(lineage for lineage, _ in boosts), *self.bottoms[at]),
            withheld=self.withheld[at],
            lost=self.lost.get(self.items[at], ()),
            groups=groups,
            selection=choice.selection if choice else None,
        )


def _touching(marked: Sequence[tuple[T, Mask]], size: int) -> list[tuple[T, ...]]:
    """For each placed row, the marks whose mask covers it, in their order."""
    found: list[list[T]] = [[] for _ in range(size)]
    for mark, mask in marked:
        for at in np.flatnonzero(mask).tolist():
            found[at].append(mark)
    return [tuple(marks) for marks in found]


def _spared(work: Arithmetic, picked: Rows) -> list[tuple[UUID, Mask]]:
    """The withheld pins and rules, with the placed rows that they would have touched."""
    spared = []
    for decision, _ in work.held.withheld:
        if isinstance(decision, Pin):
            row = work.candidates.row(decision.item)
            spared.append((decision.lineage, picked == (-1 if row is None else row)))
        elif isinstance(decision, Rule):
            spared.append((decision.lineage, work.masks[decision.lineage][picked]))
    return spared


def _lost(claims: Claims) -> dict[UUID, tuple[UUID, ...]]:
    """Item to the claims on it that failed."""
    found: dict[UUID, tuple[UUID, ...]] = {}
    for drop in claims.dropped:
        if drop.item:
            found[drop.item] = (*found.get(drop.item, ()), drop.decision)
    return found


def binding_groups(
    caps: Sequence[CapGroups], rows: Iterable[int]
) -> tuple[tuple[Group, ...], dict[int, tuple[int, ...]]]:
    """The cap groups that could bind among these rows when some are removed, and row to its groups."""
    placed = list(rows)
    groups: list[Group] = []
    members: dict[int, tuple[int, ...]] = {}
    for cap in caps:
        counted = Counter(group for row in placed for group in cap.of_row.get(row, ()))
        binding = [group for group, count in sorted(counted.items()) if count > cap.effect.limit]
        place = {group: len(groups) + at for at, group in enumerate(binding)}
        for group in binding:
            value = cap.values[group]
            groups.append(Group(cap.decision, value, cap.effect.limit, cap.effect.first))
        for row in placed:
            mine = tuple(place[group] for group in cap.of_row.get(row, ()) if group in place)
            if mine:
                members[row] = (*members.get(row, ()), *mine)
    return tuple(groups), members
