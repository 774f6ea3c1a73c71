"""Caps and quotas: what a slot may and what it must be filled with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from curation.fusion.candidates import Candidates
from curation.fusion.columns import Column, Kind
from curation.fusion.effects import Cap, Quota
from curation.fusion.eligibility import Masks
from curation.fusion.fixed import Mask, Rows
from curation.fusion.policy import Rule
from curation.fusion.slate import Excess

NO_END: Final = 1 << 30


@dataclass(frozen=True, eq=False)
class CapGroups:
    """One cap over the candidates: row ``rows[k]`` is counted in group ``groups[k]``.

    ``last`` is the last slot it counts: a cap on the whole slate holds in the reserve too, so that
    what moves up from there still fits.
    """

    decision: UUID
    effect: Cap
    last: int
    rows: Rows
    groups: NDArray[np.int64]
    values: tuple[str, ...]

    @cached_property
    def of_row(self) -> Mapping[int, tuple[int, ...]]:
        """Row to the groups that count it."""
        found: dict[int, tuple[int, ...]] = {}
        for row, group in zip(self.rows.tolist(), self.groups.tolist(), strict=True):
            found[row] = (*found.get(row, ()), group)
        return found


def cap_groups(
    candidates: Candidates, rules: Sequence[Rule], masks: Masks, depth: int
) -> list[CapGroups]:
    """Lay out every cap of the rules over the candidates."""
    return [
        _lay_out(candidates, rule.lineage, rule.effect, masks[rule.lineage], depth)
        for rule in rules
        if isinstance(rule.effect, Cap)
    ]


def _lay_out(
    candidates: Candidates, decision: UUID, effect: Cap, mask: Mask, depth: int
) -> CapGroups:
    if effect.field:
        rows, groups, values = _by_value(candidates.columns.get(effect.field), mask)
    else:
        rows, values = np.flatnonzero(mask), ("",)
        groups = np.zeros(len(rows), np.int64)
    last = NO_END if effect.first >= depth else effect.first
    return CapGroups(decision, effect, last, rows, groups, values)


def _by_value(column: Column | None, mask: Mask) -> tuple[Rows, NDArray[np.int64], tuple[str, ...]]:
    """Count each folded value of a text or tags column apart; other columns count nothing."""
    if column is None or column.kind not in (Kind.TEXT, Kind.TAGS):
        return np.zeros(0, np.intp), np.zeros(0, np.int64), ()
    values = tuple(sorted(column.codes))
    place = {value: group for group, value in enumerate(values)}
    group_of = np.array([place[text] for text in column.folded], np.int64)
    owners = column.tag_rows if column.kind is Kind.TAGS else np.arange(len(column))
    counted = mask[owners] & (column.data >= 0)
    entries = owners[counted] * len(values) + group_of[column.data[counted]]
    owner, group = np.divmod(np.unique(entries), max(len(values), 1))
    return owner.astype(np.intp), group, values


class Caps:
    """Counts placements against the caps; ``full`` [n] is how many full groups forbid a row."""

    def __init__(self, caps: Sequence[CapGroups], size: int, pins: Mapping[int, int]) -> None:
        """Count the pins (slot to row) at once: they stand whatever the caps say."""
        self.caps = caps
        self.full = np.zeros(size, np.int32)
        self.counts = [[0] * len(cap.values) for cap in caps]
        self.shut = [np.zeros(size, np.int32) for _ in caps]
        for slot, row in pins.items():
            for cap, counts in zip(caps, self.counts, strict=True):
                for group in cap.of_row.get(row, ()) if slot <= cap.effect.first else ():
                    counts[group] += 1
        self.excesses = tuple(self._excesses())
        for at, cap in enumerate(caps):
            for group, count in enumerate(self.counts[at]):
                if count >= cap.effect.limit:
                    self._shut(at, group)

    def _excesses(self) -> Iterable[Excess]:
        for cap, counts in zip(self.caps, self.counts, strict=True):
            effect = cap.effect
            for value, count in zip(cap.values, counts, strict=True):
                if count > effect.limit:
                    yield Excess(cap.decision, value, effect.limit, effect.first, count)

    def _shut(self, at: int, group: int) -> None:
        cap = self.caps[at]
        rows = cap.rows[cap.groups == group]
        self.full[rows] += 1
        self.shut[at][rows] += 1

    def reach(self, slot: int) -> None:
        """Move on to a slot: caps that end before it forbid nothing any more."""
        for cap, shut in zip(self.caps, self.shut, strict=True):
            if cap.last == slot - 1:
                self.full -= shut

    def place(self, row: int, slot: int) -> None:
        """Count an organic placement."""
        for at, cap in enumerate(self.caps):
            for group in cap.of_row.get(row, ()) if slot <= cap.last else ():
                self.counts[at][group] += 1
                if self.counts[at][group] == cap.effect.limit:
                    self._shut(at, group)


@dataclass(slots=True)
class QuotaCount:
    """One quota: ``got`` of the ``least`` wanted so far in the first ``first`` slots."""

    decision: UUID
    least: int
    first: int
    mask: Mask
    got: int = 0


class Quotas:
    """Tells when the remaining organic slots run short of what the quotas still want."""

    def __init__(
        self, rules: Sequence[Rule], masks: Masks, depth: int, pins: Mapping[int, int]
    ) -> None:
        self.pins = pins
        self.counts = [
            QuotaCount(
                rule.lineage, rule.effect.least, min(rule.effect.first, depth), masks[rule.lineage]
            )
            for rule in rules
            if isinstance(rule.effect, Quota)
        ]
        self.counts.sort(key=lambda quota: quota.first)
        for slot, row in pins.items():
            self.place(row, slot)

    def place(self, row: int, slot: int) -> None:
        """Count a placement."""
        for quota in self.counts:
            if slot <= quota.first and quota.mask[row]:
                quota.got += 1

    def lacking(self, slot: int) -> bool:
        """Tell whether any quota that counts this slot still wants items."""
        return any(slot <= quota.first and quota.got < quota.least for quota in self.counts)

    def pressing(self, slot: int, feasible: Mask) -> tuple[Mask, UUID] | None:
        """The feasible rows that this slot must be filled from, and the quota that says so.

        Quotas are looked at by their last slot, then in the total order; each wants what it lacks, as
        far as there are feasible items for it. Once the wants up to some quota fill all organic slots
        left to it, the slot is theirs.
        """
        wanted, union = 0, np.zeros(len(feasible), np.bool_)
        for quota in self.counts:
            lacking = quota.least - quota.got
            if slot > quota.first or lacking <= 0:
                continue
            matching = feasible & quota.mask
            wanted += min(lacking, int(np.count_nonzero(matching)))
            union |= matching
            if wanted and wanted >= self._organic_slots(slot, quota.first):
                return union, quota.decision
        return None

    def _organic_slots(self, slot: int, last: int) -> int:
        return sum(1 for each in range(slot, last + 1) if each not in self.pins)
