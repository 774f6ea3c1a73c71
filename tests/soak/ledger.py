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
class Act:
    """Stars that a browser gave an item, and whether that was answered."""

    nonce: str
    item: str
    stars: int
    answered: bool = False

    @property
    def event(self) -> str:
        """Its key, as pages make them."""
        return f"page.{self.nonce}.rating.{self.stars}"


@dataclass
class Visit:
    """One browser from its first page on: the outside id of its visitor, what was said, and who signed in."""

    visitor: str
    signs_in: bool
    acts: list[Act] = field(default_factory=list)
    asked_in: bool = False
    signed_in: bool = False


@dataclass
class Plan:
    """A change set with its decisions, and when it is to be published: seconds since the epoch."""

    change_set: str
    decisions: list[str]
    at: float = 0.0


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
    visits: list[Visit] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    runs: dict[str, bool] = field(default_factory=dict)
    """Runs launched, and whether their cancel was acknowledged."""
    errors: list[tuple[float, str]] = field(default_factory=list)
    disturbances: list[tuple[str, float, float]] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)

    def last(self) -> str:
        """What was disturbed last, and how long ago it was over."""
        if not self.disturbances:
            return ""
        name, _, over = self.disturbances[-1]
        return f"({now() - over:.1f} s after {name})"

    def calm(self, instant: float) -> bool:
        """Whether nothing had been disturbed then, nor was recovering."""
        return not any(begun <= instant <= over for _, begun, over in self.disturbances)

    def calm_s(self, since: float, until: float) -> float:
        """How many seconds between two instants of the wall clock nothing was disturbed or recovering."""
        wall = time.time() - now()
        disturbed = sum(
            max(0.0, min(until, over + wall) - max(since, begun + wall))
            for _, begun, over in self.disturbances
        )
        return until - since - disturbed


def now() -> float:
    """The clock of all sightings and bans."""
    return time.monotonic()
