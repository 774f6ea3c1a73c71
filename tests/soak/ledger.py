"""What the traffic sent and what the product acknowledged: the other side of the reconciliation."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Sighting:
    """A slate that somebody saw: between which instants it was asked for and came, and what it held."""

    member: str
    asked: float
    came: float
    mode: str
    items: tuple[str, ...]


@dataclass
class Ban:
    """An item that may not be seen by a member (by anybody where there is none), from one instant to another."""

    item: str
    since: float
    member: str = ""
    until: float = float("inf")

    def broken_by(self, seen: Sighting) -> bool:
        whose = self.member in {"", seen.member}
        return whose and self.since < seen.asked and seen.came < self.until


@dataclass
class Publication:
    """A publish that answered: what it decided, and the versions that it made by surface."""

    decision: str
    kind: str
    versions: dict[str, int]
    ended: bool = False


@dataclass
class Ledger:
    """Everything told; `told` are events by key, `errors` answers of 500 and above by their instant."""

    told: dict[str, Json] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    bans: list[Ban] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)
    roll_backs: list[tuple[str, int]] = field(default_factory=list)
    runs: dict[str, bool] = field(default_factory=dict)
    """Runs launched, and whether their cancel was acknowledged."""
    errors: list[tuple[float, str]] = field(default_factory=list)
    disturbances: list[tuple[str, float, float]] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)

    def calm(self, instant: float) -> bool:
        """Whether nothing had been disturbed then, nor was recovering."""
        return not any(begun <= instant <= over for _, begun, over in self.disturbances)


def now() -> float:
    """The clock of all sightings and bans."""
    return time.monotonic()
