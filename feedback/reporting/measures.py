"""The figures of the overview by day, of these days and of those before: what `changes` compares.

Counts are compared per whole day, so that a day that is not over yet does not look like a fall.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from feedback.models import Kind
from feedback.reporting import members
from feedback.reporting.ratings import GOOD
from feedback.reporting.spans import IN_SPAN, OF_KIND, Span, day_of, fetch

_TOLD: Final = f"""
SELECT date_trunc('day', since, %(zone)s) AS day, kind, stars, sum(count)::bigint
FROM {{tally}} AS tally WHERE {IN_SPAN} AND {OF_KIND} GROUP BY day, kind, stars
"""  # noqa: S608 - made of constants alone

_SERVED: Final = f"""
SELECT date_trunc('day', since, %(zone)s) AS day, sum(served)::bigint, sum(curated)::bigint,
    sum(clicked)::bigint, sum(liked)::bigint
FROM {{slot_tally}} AS tally WHERE {IN_SPAN} GROUP BY day
"""  # noqa: S608 - made of constants alone

_FOR: Final = (Kind.LIKE, Kind.FAVOURITE)
_AGAINST: Final = (Kind.DISLIKE, Kind.NOT_INTERESTED)

Told = Sequence[tuple[date, Kind, float, int]]
Served = Mapping[date, Sequence[int]]
Which = Callable[[Kind, float], bool]
Daily = dict[date, tuple[int, int]]
"""By day a part and the whole that it is of."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything of one span that the overview compares."""

    days: Sequence[date]
    interactions: Mapping[date, int] = field(default_factory=dict)
    ratings: Mapping[date, int] = field(default_factory=dict)
    active: Mapping[date, int] = field(default_factory=dict)
    served: Mapping[date, int] = field(default_factory=dict)
    stars: Mapping[float, int] = field(default_factory=dict)
    good: Daily = field(default_factory=dict)
    favour: Daily = field(default_factory=dict)
    clicked: Daily = field(default_factory=dict)
    liked: Daily = field(default_factory=dict)
    curated: Daily = field(default_factory=dict)


def figures(span: Span, before: Span | None) -> tuple[Figures, Figures | None]:
    """The figures of a span, and of the one that it is compared to: three queries over the days of both."""
    both = replace(span, start=min(span.start, before.start) if before else span.start, pace="day")
    told = [(day_of(at), Kind(kind), float(stars), n) for at, kind, stars, n in fetch(_TOLD, both)]
    served = {day_of(at): counts for at, *counts in fetch(_SERVED, both)}
    active = members.active_in(both) if span.is_raw_possible else {}
    now = _of(span, told, served, active)
    return now, _of(before, told, served, active) if before else None


def _of(span: Span, told: Told, served: Served, active: Mapping[date, int]) -> Figures:
    """What of it lies in the days of one span."""
    told = [each for each in told if span.start <= each[0] <= span.end]
    served = {day: each for day, each in served.items() if span.start <= day <= span.end}
    return Figures(
        days=span.whole_days(),
        interactions=_sums(told, lambda _kind, _stars: True),
        ratings=_sums(told, lambda kind, _stars: kind is Kind.RATING),
        active={day: n for day, n in active.items() if span.start <= day <= span.end},
        served={day: counts[0] for day, counts in served.items()},
        stars=_stars(told),
        good=_shares(told, lambda _kind, stars: stars >= GOOD, (Kind.RATING,)),
        favour=_shares(told, lambda kind, _stars: kind in _FOR, (*_FOR, *_AGAINST)),
        clicked={day: (counts[2], counts[0]) for day, counts in served.items()},
        liked={day: (counts[3], counts[0]) for day, counts in served.items()},
        curated={day: (counts[1], counts[0]) for day, counts in served.items()},
    )


def _sums(told: Told, which: Which) -> dict[date, int]:
    sums = Counter[date]()
    for day, kind, stars, n in told:
        sums[day] += n * which(kind, stars)
    return sums


def _stars(told: Told) -> dict[float, int]:
    sums = Counter[float]()
    for _day, kind, stars, n in told:
        if kind is Kind.RATING:
            sums[stars] += n
    return sums


def _shares(told: Told, which: Which, of: Sequence[Kind]) -> Daily:
    pairs: dict[date, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for day, kind, stars, n in told:
        if kind in of:
            part, whole = pairs[day]
            pairs[day] = (part + n * which(kind, stars), whole + n)
    return pairs
