"""The diversity knob: what organic slots compare instead of the bare utility."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from curation.fusion.candidates import Candidates, Similarities
from curation.fusion.columns import Column, Kind, fold
from curation.fusion.fixed import Fixed, Floats, to_fixed
from curation.fusion.policy import Diversity, DiversityKind

SMOOTHING = 0.01
"""α of Steck 2018: the share of the profile mixed into the slate's distribution, so that no log is of 0."""


class Knob(Protocol):
    """Values to compare, given what is already in the slate."""

    kind: str

    def penalties(self) -> Fixed:
        """What stands against each candidate [n], fixed-point."""

    def place(self, row: int) -> None:
        """Take note of a placement."""


class Mmr:
    """Maximal marginal relevance (Carbonell, Goldstein 1998): the greatest similarity to what is placed.

    Negative similarities count as 0.
    """

    kind = DiversityKind.MMR.value

    def __init__(self, similarities: Similarities) -> None:
        self.starts = similarities.starts
        self.neighbours = similarities.neighbours
        self.values = to_fixed(similarities.values)
        self.nearest = np.zeros(len(self.starts) - 1, np.int64)

    def penalties(self) -> Fixed:
        """The greatest similarity of each candidate to what is placed."""
        return self.nearest

    def place(self, row: int) -> None:
        """Bring the neighbours of a placed item nearer."""
        span = slice(self.starts[row], self.starts[row + 1])
        near = self.neighbours[span]
        self.nearest[near] = np.maximum(self.nearest[near], self.values[span])


class Calibration:
    """Calibration (Steck 2018): how far the slate would be from the member's profile, KL(p ‖ q̃).

    q is the mean of the placed items' distributions over the field's values, each item's own being even
    over its values; q̃ mixes in the profile a little. Candidates of equal values share one row of ``kinds``.
    """

    kind = DiversityKind.CALIBRATION.value

    def __init__(self, column: Column, profile: Mapping[str, float]) -> None:
        shares: dict[str, float] = {}
        for value in sorted(profile):
            shares[fold(value)] = shares.get(fold(value), 0.0) + profile[value]
        wanted = {value: share for value, share in shares.items() if share > 0}
        self.profile = np.array(list(wanted.values()))
        self.kinds, self.kind_of = np.unique(
            _distributions(column, list(wanted)), axis=0, return_inverse=True
        )
        self.sum = np.zeros(len(wanted))
        self.count = 0

    def penalties(self) -> Fixed:
        """KL(p ‖ q̃) of the slate with each candidate added, one value at a time."""
        divergence = np.zeros(len(self.kinds))
        for at, share in enumerate(self.profile.tolist()):
            mean = (self.sum[at] + self.kinds[:, at]) / (self.count + 1)
            mixed = (1 - SMOOTHING) * mean + SMOOTHING * share
            divergence += share * (np.log(share) - np.log(mixed))
        return to_fixed(divergence)[self.kind_of]

    def place(self, row: int) -> None:
        """Add an item's distribution to the slate's."""
        self.sum = self.sum + self.kinds[self.kind_of[row]]
        self.count += 1


def _distributions(column: Column, values: list[str]) -> Floats:
    """Each item's even distribution over its values [n, values]; values outside the list count too."""
    place = {value: at for at, value in enumerate(values)}
    at_code = np.array([place.get(text, -1) for text in column.folded], np.int64)
    owners = column.tag_rows if column.kind is Kind.TAGS else np.arange(len(column))
    present = column.data >= 0
    owners, codes = owners[present], column.data[present]
    counts = np.bincount(owners, minlength=len(column))
    table = np.zeros((len(column), len(values)))
    kept = at_code[codes] >= 0
    rows = owners[kept]
    np.add.at(table, (rows, at_code[codes][kept]), 1.0 / counts[rows])
    return table


def knob_of(diversity: Diversity, candidates: Candidates) -> Knob | None:
    """The knob that a surface asks for; a ``ValueError`` where the candidates lack its input.

    None without diversity, and where calibration has no profile to go by.
    """
    if diversity.kind is DiversityKind.NONE or diversity.strength == 0 or not len(candidates):
        return None
    if diversity.kind is DiversityKind.MMR:
        if candidates.similarities is None:
            raise ValueError("diversity by mmr needs similarities")
        return Mmr(candidates.similarities)
    column = candidates.columns.get(diversity.field)
    if column is None or column.kind not in (Kind.TEXT, Kind.TAGS):
        raise ValueError(f"calibration needs a text or tags column {diversity.field!r}")
    known = any(share > 0 for share in (candidates.profile or {}).values())
    return Calibration(column, candidates.profile or {}) if known else None
