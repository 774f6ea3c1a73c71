"""What fuse answers: the placements of a slate, its reserve, and everything that explains them.

Every amount here is fixed-point (billionths); ``codec`` writes decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from curation.fusion.policy import Scale

ENGINE_VERSION: Final = "1"
"""Changes whenever the same input would give other bytes."""


class Tier(StrEnum):
    """The tiers of organic filling, best first."""

    SCORED = "scored"
    UNSCORED = "unscored"
    BOTTOM = "bottom"


class Outcome(StrEnum):
    """What became of a decision that held in the context."""

    FIRED = "fired"
    IDLE = "idle"
    LOST = "lost"
    WITHHELD = "withheld"


class Denial(StrEnum):
    """Why an item may not be shown, gravest first."""

    SAFETY_BLOCK = "safety_block"
    NEVER = "never"
    INACTIVE = "inactive"
    BLOCK = "block"
    EXCLUDED = "excluded"
    NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as a code with parameters; whoever shows it finds the words."""

    code: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Denied:
    """One cause of denial; ``packed`` are the ids of all candidates it denies, ascending, 16 bytes each."""

    code: Denial
    decision: UUID | None
    packed: bytes

    @property
    def items(self) -> tuple[UUID, ...]:
        """The items it denies."""
        starts = range(0, len(self.packed), 16)
        return tuple(UUID(bytes=self.packed[at : at + 16]) for at in starts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one decision; ``to`` is the decision it lost to, ``why`` a code."""

    decision: UUID
    revision: int
    kind: str
    outcome: Outcome
    why: str = ""
    to: UUID | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """How the diversity knob saw the chosen item: ``value`` = what was compared, ``penalty`` taken."""

    kind: str
    value: int
    penalty: int


@dataclass(frozen=True, slots=True)
class Placement:
    """One item in its slot (or in the reserve, counting on from the depth), with its arithmetic.

    score = sum of ``parts`` + sum of ``boosts`` + ``clamp`` + ``rounding``, exactly. A part is None where
    the scorer does not know the item or was left out, 0 where it weighs 0. ``propensity`` is the chance
    with which the slot took the item given the slots before it. ``groups`` index ``Slate.groups``.
    """

    slot: int
    item: UUID
    score: int
    parts: Mapping[str, int | None]
    boosts: tuple[tuple[UUID, int], ...]
    clamp: int
    rounding: int
    tier: Tier
    pin: UUID | None
    propensity: int
    sampled: bool
    reasons: tuple[Reason, ...]
    fired: tuple[UUID, ...]
    withheld: tuple[UUID, ...]
    lost: tuple[UUID, ...]
    groups: tuple[int, ...]
    selection: Selection | None = None

    @property
    def boost(self) -> int:
        """What boosts and buries added, after the clamp."""
        return sum(amount for _, amount in self.boosts) + self.clamp


@dataclass(frozen=True, slots=True)
class Group:
    """The items of a slate that one cap counts together: ``limit`` of them in the first ``first`` slots."""

    decision: UUID
    value: str
    limit: int
    first: int


@dataclass(frozen=True, slots=True)
class DroppedPin:
    """A claim on a slot that failed; ``lost_to`` is the claim that had the slot or the item."""

    decision: UUID
    item: UUID | None
    slot: int
    why: str
    lost_to: UUID | None = None


@dataclass(frozen=True, slots=True)
class ShiftedPin:
    """A claim that lost its slot and stands further down."""

    decision: UUID
    item: UUID
    wanted: int
    slot: int
    lost_to: UUID


@dataclass(frozen=True, slots=True)
class Excess:
    """A cap that pins alone exceed."""

    decision: UUID
    value: str
    limit: int
    first: int
    pinned: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What could not be filled: a ``quota``, the ``slots`` or the ``reserve``."""

    kind: str
    wanted: int
    got: int
    decision: UUID | None = None


@dataclass(frozen=True, slots=True)
class BlendUsed:
    """The blend that held; ``weights`` as used, after those left out were shared among the rest.

    ``left_out`` maps a scorer of weight > 0 to why: ``absent`` or ``knows_nothing``. No ``decision``: none
    held, all scorers weighed alike.
    """

    decision: UUID | None
    weights: Mapping[str, float]
    scales: Mapping[str, Scale]
    beta: float
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """What a curator should know of how the slate came about.

    ``fallback`` is the allow-list rule that fell back and how, or None. ``candidates``, ``denied`` and
    ``seen`` are counts.
    """

    candidates: int
    denied: int
    seen: int
    fallback: tuple[UUID, str] | None
    dropped_pins: tuple[DroppedPin, ...]
    shifted_pins: tuple[ShiftedPin, ...]
    excesses: tuple[Excess, ...]
    shortfalls: tuple[Shortfall, ...]


@dataclass(frozen=True, slots=True)
class Slate:
    """The ordered answer with its whole trace, the frozen situation first."""

    surface: str
    subject: UUID | None
    instant: datetime
    device: str
    language: str
    anchor: UUID | None
    segments: frozenset[UUID]
    policy_version: int
    blocks_version: int
    seed: int
    depth: int
    engine_version: str
    valid_until: datetime | None
    versions: Mapping[str, int]
    models: Mapping[str, str]
    blend: BlendUsed
    placements: tuple[Placement, ...]
    reserve: tuple[Placement, ...]
    groups: tuple[Group, ...]
    denials: tuple[Denied, ...]
    verdicts: tuple[Verdict, ...]
    report: Report

    def denials_of(self, item: UUID) -> Iterable[Denied]:
        """All causes that deny an item, gravest first."""
        return (denied for denied in self.denials if item in denied.items)
