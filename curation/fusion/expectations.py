"""What a slate is expected to hold, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from curation.fusion.matching import Table
from curation.fusion.query import Query
from curation.fusion.slate import Placement, Slate

MOST_SLOTS: Final = 200
MOST_TOLD: Final = 10
"""So many placements tell why an expectation was not met."""


class Way(StrEnum):
    """How many items of a kind a slate may hold."""

    NEVER = "never"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"


@dataclass(frozen=True, slots=True)
class Claim:
    """So many of the items that `what` names, in the first `first` slots; `ValueError` where that cannot be.

    Without `first` it is about all slots; `never` then about the reserve too, which moves up into gaps.
    """

    way: Way
    what: Query
    count: int = 0
    first: int | None = None

    def __post_init__(self) -> None:
        if self.first is not None and not 1 <= self.first <= MOST_SLOTS:
            raise ValueError(f"the first slots are from 1 to {MOST_SLOTS}")
        if (self.way is Way.NEVER) != (self.count == 0) or not 0 <= self.count <= MOST_SLOTS:
            raise ValueError(
                f"never has no number, at most and at least have one up to {MOST_SLOTS}"
            )
        if self.way is Way.AT_LEAST and self.first is not None and self.count > self.first:
            raise ValueError("more are expected than there are slots")


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a slate meets a claim: how many of the items it holds there, and the placements that tell why not.

    Where too many stand, those are the ones too many; where too few, all that stand there instead.
    """

    met: bool
    held: int
    told: tuple[Placement, ...] = ()


def judge(claim: Claim, slate: Slate, table: Table) -> Judged:
    """Hold a claim against a slate; `table` has the columns that the claim's query reads."""
    named = table.matches(claim.what)
    there = tuple(_in_reach(claim, slate))
    rows = ((each, table.index.get(each.item.bytes)) for each in there)
    found = tuple(each for each, row in rows if row is not None and named[row])
    if claim.way is Way.AT_LEAST:
        met = len(found) >= claim.count
        return Judged(met, len(found), () if met else there[:MOST_TOLD])
    met = len(found) <= claim.count
    return Judged(met, len(found), () if met else found[:MOST_TOLD])


def _in_reach(claim: Claim, slate: Slate) -> Iterator[Placement]:
    """The placements that a claim is about, by slot."""
    for each in sorted(slate.placements, key=lambda placement: placement.slot):
        if claim.first is None or each.slot <= claim.first:
            yield each
    if claim.way is Way.NEVER and claim.first is None:
        yield from slate.reserve
