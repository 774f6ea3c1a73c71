"""Choices among what was shown, laid out so that the odds of all members' choices are reckoned at once.

P(i) = exp(x_i·θ_u) / Σ_j exp(x_j·θ_u) over what stood beside it (McFadden 1974). Dims: U members, C choices,
R alternatives of all choices together, M features.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Whole = NDArray[np.integer[Any]]

FEWEST: Final = 2
"""Alternatives of a choice: whoever is shown one thing has nothing to choose among."""


class Bends(NamedTuple):
    """The derivatives of −log P(choices) by member: slope [U, M] and curve [U, M, M]."""

    slope: Floats
    curve: Floats


@dataclass(frozen=True, eq=False)
class Choices:
    """What U members chose among what stood beside it; made by `gather`.

    `lead` [R, M] are the features of each alternative less those of the chosen one, choice by choice; choice c
    owns the rows from `cases[c]` to `cases[c + 1]`, member u the choices from `members[u]` to `members[u + 1]`.
    """

    lead: Floats
    cases: Rows
    members: Rows

    def __len__(self) -> int:
        return len(self.cases) - 1

    @property
    def size(self) -> int:
        """How many features there are."""
        return int(self.lead.shape[1])

    @cached_property
    def owners(self) -> Rows:
        """The member of each choice [C]."""
        return np.repeat(np.arange(len(self.members) - 1), np.diff(self.members))

    @cached_property
    def _rows_of(self) -> Rows:
        """The choice of each row [R]."""
        return np.repeat(np.arange(len(self)), np.diff(self.cases))

    def part(self, first: int, last: int) -> Choices:
        """The choices of the members from `first` up to `last`."""
        members = self.members[first : last + 1]
        cases = self.cases[members[0] : members[-1] + 1]
        return Choices(self.lead[cases[0] : cases[-1]], cases - cases[0], members - members[0])

    def surprise(self, theta: Floats) -> Floats:
        """−log P of each member's choices [U] under their weights [U, M]; 0 without any."""
        _odds, told = self._odds(theta)
        summed = np.bincount(self.owners, weights=told, minlength=len(theta))
        return np.asarray(summed, np.float64)

    def bends(self, theta: Floats) -> Bends:
        """The slope and the curve of `surprise` at weights [U, M]."""
        odds, _told = self._odds(theta)
        weighed = self.lead * odds[:, None]
        means = _sums(weighed, self.cases)
        slope, curve = np.zeros_like(theta), np.zeros((*theta.shape, self.size))
        for at in range(len(theta)):
            mine = slice(self.members[at], self.members[at + 1])
            rows = slice(self.cases[mine.start], self.cases[mine.stop])
            slope[at] = means[mine].sum(axis=0)
            curve[at] = weighed[rows].T @ self.lead[rows] - means[mine].T @ means[mine]
        return Bends(slope, curve)

    def _odds(self, theta: Floats) -> tuple[Floats, Floats]:
        """P of each row within its choice [R], and −log P of the chosen one of each choice [C]."""
        if not len(self):
            return np.zeros(0), np.zeros(0)
        own = theta[self.owners[self._rows_of]]
        utility = np.einsum("rm,rm->r", self.lead, own)
        highest = np.maximum.reduceat(utility, self.cases[:-1])
        odds = np.exp(utility - highest[self._rows_of])
        total = np.add.reduceat(odds, self.cases[:-1])
        # The lead of the chosen one is zero, so is its utility.
        return odds / total[self._rows_of], highest + np.log(total)


def gather(features: Floats, sizes: Whole, chosen: Whole, owners: Whole, members: int) -> Choices:
    """Choices of their parts: `features` [R, M] choice by choice, of which choice c has `sizes[c]` rows.

    `chosen` [C] is the place of the chosen row within its choice, `owners` [C] whose choice it is, in any order,
    from 0 to `members` - 1. Raises ValueError where a number is not finite or something lies outside.
    """
    _check(features, sizes, chosen, owners, members)
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.intp)
    order = np.argsort(owners, kind="stable")
    cases = np.concatenate(([0], np.cumsum(sizes[order]))).astype(np.intp)
    shift = np.repeat(starts[:-1][order] - cases[:-1], sizes[order])
    own = np.repeat((starts[:-1] + chosen)[order], sizes[order])
    lead = features[np.arange(cases[-1]) + shift] - features[own]
    counts = np.bincount(owners, minlength=members)
    return Choices(lead, cases, np.concatenate(([0], np.cumsum(counts))).astype(np.intp))


def _check(features: Floats, sizes: Whole, chosen: Whole, owners: Whole, members: int) -> None:
    if not len(sizes) == len(chosen) == len(owners) or sizes.sum() != len(features):
        raise ValueError("sizes, chosen, owners and features do not belong together")
    if (sizes < FEWEST).any():
        raise ValueError("a choice takes two alternatives or more")
    if ((chosen < 0) | (chosen >= sizes)).any():
        raise ValueError("what was chosen is not among the alternatives")
    if ((owners < 0) | (owners >= members)).any():
        raise ValueError("a choice belongs to none of the members")
    if not np.isfinite(features).all():
        raise ValueError("a feature is not a finite number")


def _sums(rows: Floats, cases: Rows) -> Floats:
    """The sum of the rows of each choice [C, M]."""
    if len(cases) == 1:
        return np.zeros((0, rows.shape[1]))
    return np.asarray(np.add.reduceat(rows, cases[:-1], axis=0), np.float64)
