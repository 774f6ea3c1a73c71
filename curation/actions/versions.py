"""Writing versions: what is in force on a surface from now on, carried over and added to in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from curation.models import Block, Decision, PolicyEntry, PolicyVersion, Revision, Surface, User
from curation.outbox import announce

REFUSE: Final = "recsys.refuse_surface"
"""The task that makes the slates of a surface anew."""

_CARRY: Final = """
INSERT INTO curation_policyentry (version_id, revision_id, published_at)
SELECT %(version)s, e.revision_id, e.published_at
  FROM curation_policyentry e
  JOIN curation_policyversion v ON v.id = e.version_id
  JOIN curation_revision r ON r.id = e.revision_id
 WHERE v.surface_id = %(surface)s AND v.number = %(number)s
   AND r.decision_id <> ALL(%(without)s::uuid[]) AND (r.until IS NULL OR r.until > %(now)s)
 ORDER BY e.id
"""


def put_in_force(
    surface: Surface, drafts: Sequence[Revision], actor: User, reason: str, now: datetime
) -> None:
    """Give a locked surface the version, and the blocks version, that its drafts make."""
    policy = [row for row in drafts if not is_block(row)]
    if len(policy) < len(drafts):
        surface.blocks_version += 1
        surface.save(update_fields=["blocks_version"])
    if policy:
        version = new_version(surface, actor, reason, now)
        _carry(version, surface.policy_version - 1, {row.decision_id for row in policy})
        _enter(version, [row for row in policy if not row.ends])
    if drafts:
        announce(REFUSE, surface.slug)


def carry_on(
    surface: Surface, number: int, actor: User, reason: str, now: datetime, *, restores: bool
) -> None:
    """Give a locked surface a new version with what an earlier one holds and what is not over."""
    version = new_version(surface, actor, reason, now, restores=number if restores else None)
    _carry(version, number, ())
    announce(REFUSE, surface.slug)


def new_version(
    surface: Surface, actor: User, reason: str, now: datetime, restores: int | None = None
) -> PolicyVersion:
    """The next version of a locked surface, still empty."""
    surface.policy_version += 1
    surface.save(update_fields=["policy_version"])
    return PolicyVersion.objects.create(
        surface=surface,
        number=surface.policy_version,
        restores=restores,
        published_by=actor,
        published_at=now,
        reason=reason,
    )


def put_blocks(drafts: Iterable[Revision], now: datetime) -> None:
    """Bring the blocks in force in line with these newest revisions of their decisions."""
    rows = [row for row in drafts if is_block(row)]
    ended = [row.decision_id for row in rows if row.ends]
    Block.objects.filter(decision__in=ended, ended_at=None).update(ended_at=now)
    Block.objects.bulk_create(
        [_block(row, now) for row in rows if not row.ends],
        update_conflicts=True,
        unique_fields=["decision"],
        update_fields=[*_BLOCKED, "published_at"],
    )


def is_block(row: Revision) -> bool:
    """Whether it is a revision of a block, which lives outside versions."""
    return row.decision.kind == Decision.Kind.BLOCK


_BLOCKED: Final = ("item", "surface", "segment", "member", "safety", "starts_at", "until")


def _block(row: Revision, now: datetime) -> Block:
    assert row.item_id is not None  # noqa: S101 - a block has an item
    return Block(
        decision_id=row.decision_id,
        item_id=row.item_id,
        surface_id=row.decision.surface_id,
        segment_id=row.segment_id,
        member_id=row.member_id,
        safety=row.spec["safety"],
        starts_at=row.starts_at,
        until=row.until,
        published_at=now,
    )


def _carry(version: PolicyVersion, number: int, without: Collection[UUID]) -> None:
    values: dict[str, Any] = {
        "version": version.pk,
        "surface": version.surface_id,
        "number": number,
        "without": list(without),
        "now": version.published_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CARRY, values)


def _enter(version: PolicyVersion, revisions: Iterable[Revision]) -> None:
    PolicyEntry.objects.bulk_create(
        PolicyEntry(version=version, revision=row, published_at=version.published_at)
        for row in revisions
    )
