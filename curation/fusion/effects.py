"""What a rule does to the items that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final
from uuid import UUID

MOST_BOOST: Final = 2.0
"""Boosts and buries on one item add up to no more than this, either way."""


class Fallback(StrEnum):
    """What happens when the allow-list rules leave no candidate."""

    ORGANIC = "organic"
    LIST = "list"
    EMPTY = "empty"


def _check_strength(strength: float) -> None:
    if not (isfinite(strength) and 0 <= strength <= MOST_BOOST):
        raise ValueError(f"strength {strength} is not between 0 and {MOST_BOOST}")


def _check_span(count: int, first: int, least: int) -> None:
    if count < least or first < 1:
        raise ValueError(f"{count} in the first {first} slots is no limit")


@dataclass(frozen=True, slots=True)
class Boost:
    """Add ``strength`` (0 to 2, in logits: 1 means e times the odds) to the utility."""

    strength: float

    def __post_init__(self) -> None:
        _check_strength(self.strength)


@dataclass(frozen=True, slots=True)
class Bury:
    """Take ``strength`` (0 to 2) from the utility."""

    strength: float

    def __post_init__(self) -> None:
        _check_strength(self.strength)


@dataclass(frozen=True, slots=True)
class BuryToBottom:
    """Place the items after all others."""


@dataclass(frozen=True, slots=True)
class Exclude:
    """Deny the items."""


@dataclass(frozen=True, slots=True)
class Only:
    """Allow nothing but the items; where that leaves none, fall back.

    ``items`` is the list that ``Fallback.LIST`` allows instead.
    """

    fallback: Fallback = Fallback.ORGANIC
    items: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``limit`` of the items in the first ``first`` slots.

    With a text or tags ``field``, at most that many of each of its values, case-insensitively.
    """

    limit: int
    first: int
    field: str = ""

    def __post_init__(self) -> None:
        _check_span(self.limit, self.first, least=0)


@dataclass(frozen=True, slots=True)
class Quota:
    """At least ``least`` of the items in the first ``first`` slots, as far as there are any."""

    least: int
    first: int

    def __post_init__(self) -> None:
        _check_span(self.least, self.first, least=1)


@dataclass(frozen=True, slots=True)
class PinMatch:
    """Pin the best of the items to a slot."""

    slot: int

    def __post_init__(self) -> None:
        if self.slot < 1:
            raise ValueError("slots count from 1")


Effect = Boost | Bury | BuryToBottom | Exclude | Only | Cap | Quota | PinMatch

EFFECTS: Final[Mapping[str, type[Effect]]] = {
    "boost": Boost,
    "bury": Bury,
    "bury_to_bottom": BuryToBottom,
    "exclude": Exclude,
    "only": Only,
    "cap": Cap,
    "quota": Quota,
    "pin_match": PinMatch,
}
"""Every effect by the name that people and the API know it by."""

_NAMES: Final = {effect: name for name, effect in EFFECTS.items()}


def name_of(effect: Effect) -> str:
    """The name of an effect, as in ``EFFECTS``."""
    return _NAMES[type(effect)]
