"""The rows of decisions as the engine's decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from curation.decisions.audiences import audience_of
from curation.decisions.specs import make_blend, make_rule
from curation.fusion import policy as fusion
from curation.fusion.columns import Schema
from curation.models import Block, Decision, Member, Revision
from curation.queries import members as member_queries


@dataclass(frozen=True, slots=True)
class InForce:
    """A revision that is in force, and since when."""

    revision: Revision
    published_at: datetime


@dataclass(frozen=True)
class Maker:
    """Makes the engine's decisions of rows."""

    schema: Schema

    @cached_property
    def members(self) -> Schema:
        """The fields of members, read where a decision asks for one."""
        return member_queries.schema()

    def decision(self, row: InForce) -> fusion.Decision:
        """The engine's pin, rule or blend."""
        revision = row.revision
        asks = "members" in revision.who
        who = audience_of(revision.who, self.members if asks else {})
        common = {**_common(row), "who": who}
        if revision.decision.kind == Decision.Kind.PIN:
            assert revision.item_id is not None  # noqa: S101 - a pin has an item
            return fusion.Pin(item=revision.item_id, slot=revision.spec["slot"], **common)
        if revision.decision.kind == Decision.Kind.RULE:
            return make_rule(revision.spec, self.schema, **common)
        return make_blend(revision.spec, **common)

    def block(self, row: Block) -> fusion.Block:
        """The engine's block of one in force."""
        return fusion.Block(
            lineage=row.decision_id,
            published_at=row.published_at,
            scope=_scope(row.surface_id, row.segment_id, row.member),
            window=fusion.Window(row.starts_at, row.until),
            owner=row.decision.author.username,
            item=row.item_id,
            safety=row.safety,
        )

    def drafted_block(self, revision: Revision, at: datetime) -> fusion.Block:
        """The engine's block of a draft."""
        assert revision.item_id is not None  # noqa: S101 - a block has an item
        safety = bool(revision.spec["safety"])
        return fusion.Block(item=revision.item_id, safety=safety, **_common(InForce(revision, at)))


def _common(row: InForce) -> Mapping[str, Any]:
    revision = row.revision
    return {
        "lineage": revision.decision_id,
        "revision": revision.number,
        "published_at": row.published_at,
        "scope": _scope(revision.decision.surface_id, revision.segment_id, revision.member),
        "priority": revision.priority,
        "window": fusion.Window(revision.starts_at, revision.until),
        "reason": revision.reason,
        "owner": revision.author.username,
        "holdback": revision.holdback,
        "traffic": revision.traffic,
    }


def _scope(surface: str | None, segment: UUID | None, member: Member | None) -> fusion.Scope:
    person = (member.merged_into or member) if member else None
    return fusion.Scope(surface, segment, person.subject if person else None)
