"""The situation that a slate is made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from curation.fusion.columns import Column


@dataclass(frozen=True, eq=False)
class Context:
    """Who looks, where, when, and the versions of everything that was read.

    subject
        The member; None for the slate that belongs to nobody (the fallback), which only decisions
        without segment and member reach and no holdback touches.
    instant
        The one instant of the whole fuse, aware, UTC.
    device, language
        Empty where unknown; a condition on them then fails.
    anchor
        The item that a similar-items surface starts from.
    segments
        The member's segments at that instant.
    attributes
        Member attribute to a column of one row, for conditions on members.
    clocks
        IANA zone to that zone's naive wall clock at the instant, for each zone in ``Policy.zones``.
    versions
        Component to version: policy, blocks, catalogue, models, feedback, segments, statistics.
    models
        Scorer to the id of the model version that scored.
    """

    surface: str
    instant: datetime
    subject: UUID | None = None
    device: str = ""
    language: str = ""
    anchor: UUID | None = None
    segments: frozenset[UUID] = frozenset()
    attributes: Mapping[str, Column] = field(default_factory=dict)
    clocks: Mapping[str, datetime] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.instant.utcoffset() != timedelta(0):
            raise ValueError("the instant of a context must be aware and UTC")
        object.__setattr__(self, "instant", self.instant.astimezone(UTC))
        for name, column in self.attributes.items():
            if len(column) != 1:
                raise ValueError(f"member attribute {name} has {len(column)} rows, not 1")
