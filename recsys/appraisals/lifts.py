"""What a decision brought: answers of the members whom it reached beside those of the members whom it spares. Pure.

Members are compared as the hash drew them, whatever the decision then did in their slates (intention to treat: Fisher
1935; Kohavi, Tang and Xu 2020, chapter 2), so the difference is the decision's own. A figure is a rate of two sums,
its variance over whole members (`feedback.reporting.chance.ratio`), its interval Welch's at 95 %. Four figures are
looked at together: of twenty that nothing moves, one strays outside its interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from feedback.reporting.chance import ratio, welch

FEWEST_MEMBERS: Final = 30
"""With fewer members on either side their mean is not near enough to normal."""
FEWEST_ANSWERS: Final = 10
"""With fewer answers on both sides together, that none differs says nothing."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One member: slates served to them, and in answer the items clicked, liked and rated, and all stars given."""

    slates: int
    clicks: float = 0.0
    likes: float = 0.0
    rated: float = 0.0
    stars: float = 0.0


class Verdict(StrEnum):
    """What may be said of a difference."""

    MORE = "more"
    FEWER = "fewer"
    UNSURE = "unsure"
    CANNOT_TELL = "cannot_tell"


class Thin(StrEnum):
    """Why nothing may be said."""

    NOBODY_SPARED = "nobody_spared"
    FEW_MEMBERS = "few_members"
    FEW_ANSWERS = "few_answers"


@dataclass(frozen=True, slots=True)
class Lift:
    """One figure of both sides and their difference; `low` and `high` are None where nothing may be said (`why`)."""

    name: str
    reached: float | None
    spared: float | None
    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    why: Thin | None


_Pair = tuple[float, float]
FIGURES: Final[Mapping[str, Callable[[Answered], _Pair]]] = {
    "clicks": lambda each: (each.clicks, each.slates),
    "likes": lambda each: (each.likes, each.slates),
    "ratings": lambda each: (each.rated, each.slates),
    "stars": lambda each: (each.stars, each.rated),
}
"""By name what is counted, and per what: clicks, likes and ratings per slate, stars per rating."""


def lifts(reached: Sequence[Answered], spared: Sequence[Answered]) -> list[Lift]:
    """Each figure, of the members reached and of those spared."""
    return [
        _lift(name, _pairs(pair, reached), _pairs(pair, spared)) for name, pair in FIGURES.items()
    ]


def verdict_of(found: Sequence[Lift]) -> Verdict:
    """What may be said of all figures: MORE or FEWER where any is and none is the opposite."""
    said = {each.verdict for each in found}
    if said <= {Verdict.CANNOT_TELL}:
        return Verdict.CANNOT_TELL
    sure = said & {Verdict.MORE, Verdict.FEWER}
    return sure.pop() if len(sure) == 1 else Verdict.UNSURE


def _pairs(pair: Callable[[Answered], _Pair], members: Sequence[Answered]) -> list[_Pair]:
    """What is counted and per what, of each member of whom there is anything."""
    return [(y, x) for y, x in map(pair, members) if x > 0]


def _lift(name: str, reached: list[_Pair], spared: list[_Pair]) -> Lift:
    one, other = ratio(reached), ratio(spared)
    rates = (one.mean if reached else None, other.mean if spared else None)
    difference = one.mean - other.mean if reached and spared else None
    why = _thin(name, reached, spared)
    if why:
        return Lift(name, *rates, difference, None, None, Verdict.CANNOT_TELL, why)
    bounds = welch(one, other)
    verdict = Verdict.UNSURE
    if bounds.is_sure:
        verdict = Verdict.MORE if bounds.low > 0 else Verdict.FEWER
    return Lift(name, *rates, difference, bounds.low, bounds.high, verdict, None)


def _thin(name: str, reached: list[_Pair], spared: list[_Pair]) -> Thin | None:
    if not spared:
        return Thin.NOBODY_SPARED
    if min(len(reached), len(spared)) < FEWEST_MEMBERS:
        return Thin.FEW_MEMBERS
    counted = 1 if name == "stars" else 0
    answers = math.fsum(pair[counted] for pair in (*reached, *spared))
    return Thin.FEW_ANSWERS if answers < FEWEST_ANSWERS else None
