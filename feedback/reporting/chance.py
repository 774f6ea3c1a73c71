"""How sure a figure is: intervals at 95 %, and whether two figures differ for sure.

- A share of n: the score interval (Wilson 1927).
- The difference of two shares: the hybrid score interval (Newcombe 1998, method 10).
- A rate over clusters, such as clicks per slate where each member sees several: the ratio of two sums, with the
  variance of its linear part over whole clusters (Cochran 1977, chapter 6; the delta method of Deng, Knoblich and Lu
  2018, section 3), so that what one member does alike again and again counts as one member's doing.
- A mean, and the difference of two means with variances of their own: Student's t and Welch's (1947), with the
  quantile of t by the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5; within 1 % from 3 degrees on).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

Z: Final = 1.959964
FEWEST: Final = 30
"""With fewer than this nothing is said of a share or a mean of opinions."""
FEWEST_DAYS: Final = 4


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a figure lies with a confidence of 95 %."""

    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether it is not zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Sample:
    """A mean with what it takes to bound it: how many values, and their variance."""

    n: int
    mean: float
    variance: float


def wilson(part: int, n: int) -> Bounds:
    """The score interval of a share (Wilson 1927); from 0 to 1 where nothing was counted."""
    if n <= 0:
        return Bounds(0.0, 1.0)
    share, square = part / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    # At the ends the bound is the end itself: what rounding leaves would tell none of five from none at all.
    low = max(middle - half, 0.0) if part else 0.0
    return Bounds(low, min(middle + half, 1.0) if part < n else 1.0)


def newcombe(part: int, n: int, part_before: int, n_before: int) -> Bounds:
    """The interval of a share less another (Newcombe 1998, method 10)."""
    if n <= 0 or n_before <= 0:
        return Bounds(-1.0, 1.0)
    now, then = part / n, part_before / n_before
    here, there = wilson(part, n), wilson(part_before, n_before)
    down = math.hypot(now - here.low, there.high - then)
    up = math.hypot(here.high - now, then - there.low)
    return Bounds(now - then - down, now - then + up)


def sample(values: Iterable[float]) -> Sample:
    """The mean and the variance (n − 1) of values."""
    return weighted([(value, 1) for value in values])


def weighted(counts: Iterable[tuple[float, int]]) -> Sample:
    """The same of values that each occur so many times."""
    pairs = list(counts)
    n = sum(count for _value, count in pairs)
    if not n:
        return Sample(0, 0.0, 0.0)
    mean = sum(value * count for value, count in pairs) / n
    squares = sum((value - mean) ** 2 * count for value, count in pairs)
    return Sample(n, mean, squares / (n - 1) if n > 1 else 0.0)


def ratio(clusters: Iterable[tuple[float, float]]) -> Sample:
    """The rate Σy / Σx over clusters (y, x), x > 0, as a sample of one value each: what `student` and `welch` bound.

    With R the rate and x̄ the mean of x, a cluster's value deviates from R by (y − R·x) / x̄.
    """
    pairs = list(clusters)
    n, whole = len(pairs), sum(x for _y, x in pairs)
    if not whole:
        return Sample(0, 0.0, 0.0)
    rate = sum(y for y, _x in pairs) / whole
    squares = sum(((y - rate * x) * n / whole) ** 2 for y, x in pairs)
    return Sample(n, rate, squares / (n - 1) if n > 1 else 0.0)


def student(of: Sample) -> Bounds:
    """The interval of a mean (Student's t)."""
    if of.n < 2:
        return Bounds(-math.inf, math.inf)
    half = t_quantile(of.n - 1) * math.sqrt(of.variance / of.n)
    return Bounds(of.mean - half, of.mean + half)


def welch(now: Sample, before: Sample) -> Bounds:
    """The interval of a mean less another of its own variance (Welch 1947)."""
    if min(now.n, before.n) < 2:
        return Bounds(-math.inf, math.inf)
    one, other = now.variance / now.n, before.variance / before.n
    error = one + other
    if not error:
        return Bounds(now.mean - before.mean, now.mean - before.mean)
    freedom = error**2 / (one**2 / (now.n - 1) + other**2 / (before.n - 1))
    half = t_quantile(freedom) * math.sqrt(error)
    return Bounds(now.mean - before.mean - half, now.mean - before.mean + half)


def t_quantile(freedom: float) -> float:
    """The 97.5 % point of Student's t with so many degrees of freedom (below 3: as if 3)."""
    v, z = max(freedom, 3.0), Z
    terms: Sequence[float] = (
        z,
        (z**3 + z) / (4 * v),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3),
    )
    return sum(terms)
