"""What curators decided: the decisions of one surface as fuse reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import chain
from math import isfinite
from typing import Final
from uuid import UUID

from curation.fusion.columns import Kind
from curation.fusion.effects import Cap, Effect
from curation.fusion.query import EVERYTHING, Comparison, Query, fields_of, leaves

DEFAULT_PRIORITY: Final = 100


@dataclass(frozen=True, slots=True)
class Window:
    """From ``starts`` (None: always was) until, and not including, ``ends`` (None: open-ended); aware UTC."""

    starts: datetime | None = None
    ends: datetime | None = None

    def __post_init__(self) -> None:
        if self.starts and self.ends and self.starts >= self.ends:
            raise ValueError("a window must end after it starts")

    def holds(self, instant: datetime) -> bool:
        """Tell whether the instant lies inside."""
        return (self.starts is None or self.starts <= instant) and (
            self.ends is None or instant < self.ends
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a decision reaches; the narrowest of its parts names its level.

    ``surface`` None means every surface, ``member`` is a subject id.
    """

    surface: str | None = None
    segment: UUID | None = None
    member: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Recurring hours on the wall clock of an IANA zone.

    ``weekdays`` count from Monday 1 to Sunday 7, empty for all; minutes count from midnight, ``until``
    excluded, and an ``until`` at or before ``since`` runs past midnight (the weekday is the one it began on).
    """

    zone: str
    weekdays: frozenset[int] = frozenset()
    since: int = 0
    until: int = 1440


@dataclass(frozen=True, slots=True)
class Audience:
    """Conditions beyond the scope; all that are given must hold.

    A condition on the ``member`` does not hold for nobody, whose slate is the fallback.
    """

    devices: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    anchors: frozenset[UUID] = frozenset()
    hours: Hours | None = None
    member: Query = EVERYTHING

    @property
    def context_conditions(self) -> int:
        """How many conditions on the situation are given."""
        given = (self.devices, self.languages, self.anchors, self.hours)
        return sum(1 for condition in given if condition)

    @property
    def conditions(self) -> int:
        """How many conditions are given in all; each comparison on the member is one."""
        return self.context_conditions + sum(1 for _ in leaves(self.member))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What every decision has.

    lineage, revision
        Which decision, and which of its immutable revisions.
    holdback, traffic
        The share (0 to 1) of its members whom the decision spares, and the share whom it may reach at
        all. Blocks and exclusions ignore both.
    """

    lineage: UUID
    published_at: datetime
    revision: int = 1
    scope: Scope = Scope()
    who: Audience = Audience()
    priority: int = DEFAULT_PRIORITY
    window: Window = Window()
    reason: str = ""
    owner: str = ""
    holdback: float = 0.0
    traffic: float = 1.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.holdback <= 1.0 and 0.0 <= self.traffic <= 1.0):
            raise ValueError(f"a share of decision {self.lineage} is not between 0 and 1")


@dataclass(frozen=True, kw_only=True)
class Block(Decision):
    """An item that may not be shown; a safety block is an administrator's."""

    item: UUID
    safety: bool = False


@dataclass(frozen=True, kw_only=True)
class Pin(Decision):
    """An item that is to stand in a slot."""

    item: UUID
    slot: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slot < 1:
            raise ValueError("slots count from 1")


@dataclass(frozen=True, kw_only=True)
class Rule(Decision):
    """An effect on the items that a query names."""

    effect: Effect
    what: Query = EVERYTHING


class Scale(StrEnum):
    """How a scorer's raw scores become comparable with the others'."""

    LOG_Z = "log_z"
    Z = "z"
    PERCENTILE = "percentile"
    MIN_MAX = "min_max"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Blend(Decision):
    """The weights of the scorers; a scorer it does not name weighs 0.

    A scorer without a scale, or a blend without a beta, inherits from the next blend that holds;
    at the end of the line stand ``log_z`` and 1.
    """

    weights: Mapping[str, float]
    scales: Mapping[str, Scale] = field(default_factory=dict)
    beta: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        weights = self.weights.values()
        if not all(isfinite(w) and w >= 0 for w in weights) or not 0 < sum(weights) < 1e6:
            raise ValueError("weights must be finite, not negative, and sum to more than 0")
        if self.beta is not None and not (isfinite(self.beta) and self.beta > 0):
            raise ValueError("beta must be finite and more than 0")


@dataclass(frozen=True, slots=True)
class RepeatPolicy:
    """What the surface does not show again: rated items, items interacted with, or shown often lately.

    ``shown`` is the number of showings within ``days`` from which on an item is left out; None: no limit.
    """

    rated: bool = False
    interacted: bool = False
    shown: int | None = None
    days: int = 7


class DiversityKind(StrEnum):
    """How a surface trades utility for variety."""

    NONE = "none"
    MMR = "mmr"
    CALIBRATION = "calibration"


@dataclass(frozen=True, slots=True)
class Diversity:
    """The diversity knob: ``strength`` in thousandths, 0 (utility alone) to 1000; ``field`` for calibration."""

    kind: DiversityKind = DiversityKind.NONE
    strength: int = 0
    field: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1000:
            raise ValueError("diversity strength is counted in thousandths, 0 to 1000")


@dataclass(frozen=True, slots=True)
class SurfaceSettings:
    """A surface as fuse sees it.

    exploring, temperature
        The slots drawn by chance from softmax(utility / temperature).
    pin_budget
        The most pins that may be published on it; checked at publish, not here.
    """

    slug: str
    depth: int = 50
    reserve: int = 20
    exploring: frozenset[int] = frozenset()
    temperature: float = 1.0
    repeat: RepeatPolicy = RepeatPolicy()
    diversity: Diversity = Diversity()
    pin_budget: int = 20

    def __post_init__(self) -> None:
        if not (1 <= self.depth <= 200 and 0 <= self.reserve <= 200):
            raise ValueError("depth must be 1 to 200 and reserve 0 to 200")
        if not (isfinite(self.temperature) and 0.001 <= self.temperature <= 1000):
            raise ValueError("temperature must be 0.001 to 1000")


@dataclass(frozen=True)
class Policy:
    """The decisions of one surface, immutable, in any order; fuse picks those that hold in a context.

    ``version`` counts the surface's publishes, ``blocks_version`` moves with its blocks. ``valid_until``
    is the next instant at which a decision starts or ends (None: never); the slate carries it.
    """

    surface: SurfaceSettings
    version: int = 0
    blocks_version: int = 0
    blocks: tuple[Block, ...] = ()
    pins: tuple[Pin, ...] = ()
    rules: tuple[Rule, ...] = ()
    blends: tuple[Blend, ...] = ()
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        lineages = [decision.lineage for decision in self.decisions()]
        if len(set(lineages)) != len(lineages):
            raise ValueError("two revisions of one decision in a policy")

    def __hash__(self) -> int:
        """By name and versions: quick, and policies that are alike have them alike."""
        return hash((self.surface.slug, self.version, self.blocks_version))

    def decisions(self) -> Iterator[Block | Pin | Rule | Blend]:
        """Walk all decisions."""
        return chain(self.blocks, self.pins, self.rules, self.blends)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The item fields that fusing under this policy reads."""
        found = frozenset().union(*(fields_of(rule.what) for rule in self.rules))
        caps = {r.effect.field for r in self.rules if isinstance(r.effect, Cap) and r.effect.field}
        diversity = self.surface.diversity
        knob = {diversity.field} if diversity.kind is DiversityKind.CALIBRATION else set()
        return found | caps | knob

    @cached_property
    def zones(self) -> frozenset[str]:
        """The IANA zones whose clocks the context must give."""
        hours = (decision.who.hours for decision in self.decisions())
        return frozenset(each.zone for each in hours if each)

    @cached_property
    def member_fields(self) -> Mapping[str, Kind]:
        """The fields of members that the context must give, and what their values are."""
        asked = chain.from_iterable(leaves(each.who.member) for each in self.decisions())
        found = {leaf.field: leaf.kind for leaf in asked if isinstance(leaf, Comparison)}
        return dict(sorted(found.items()))

    @cached_property
    def of_members(self) -> frozenset[UUID]:
        """The members on whom alone a decision was made."""
        members = (decision.scope.member for decision in self.decisions())
        return frozenset(each for each in members if each)


CAP_KINDS: Final = (Kind.TEXT, Kind.TAGS)
"""The kinds of field that a cap can count by value."""
