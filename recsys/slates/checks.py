"""What holds now of a place and of a body found for it: one SQL statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import connection

from recsys.slates.bodies import Body, Versions
from recsys.slates.places import Place

# Outer joins, since a new member has no row yet and a quiet one no feedback. A member who was merged is the one they
# were merged into, however often.
_CHECK_OF: Final = """
WITH RECURSIVE chain AS (
    SELECT id, subject, simulated, merged_into_id, 0 AS steps FROM curation_member
     WHERE source = {source} AND outside_id = {outside_id}
    UNION ALL
    SELECT m.id, m.subject, m.simulated, m.merged_into_id, chain.steps + 1
      FROM chain JOIN curation_member m ON m.id = chain.merged_into_id WHERE chain.steps < 20
)
SELECT extract(epoch FROM now())::float8, s.policy_version, s.blocks_version, s.kind, s.stale_limit_s,
       (SELECT json_object_agg(name, value) FROM curation_counter),
       member.subject, coalesce(member.simulated, false), coalesce(state.version, 0),
       coalesce(stats.segments, 0), coalesce(stats.profile, 0),
       {anchor}::uuid IS NULL OR EXISTS (SELECT FROM curation_item WHERE id = {anchor}::uuid),
       ARRAY(
           SELECT i.id::text FROM curation_item i WHERE i.id = ANY({items}::uuid[]) AND NOT i.active
           UNION ALL
           SELECT r.item_id::text FROM feedback_rating r
            WHERE r.subject = member.subject AND r.never AND r.item_id = ANY({items}::uuid[])
           UNION ALL
           SELECT b.item_id::text FROM curation_block b
            WHERE b.item_id = ANY({items}::uuid[]) AND b.ended_at IS NULL
              AND (b.starts_at IS NULL OR b.starts_at <= now()) AND (b.until IS NULL OR now() < b.until)
              AND (b.surface_id IS NULL OR b.surface_id = s.slug)
              AND (b.member_id IS NULL OR b.member_id = member.id)
              AND (b.segment_id IS NULL OR EXISTS (
                  SELECT FROM curation_segmentmembership g
                   WHERE g.subject = member.subject AND g.segment_id = b.segment_id))
       )
  FROM curation_surface s
  LEFT JOIN chain member ON member.merged_into_id IS NULL
  LEFT JOIN feedback_memberstate state ON state.subject = member.subject
  LEFT JOIN curation_memberstats stats ON stats.subject = member.subject
 WHERE s.slug = %(surface)s
"""
_CHECK: Final = _CHECK_OF.format(
    source="%(source)s", outside_id="%(outside_id)s", anchor="%(anchor)s", items="%(items)s"
)
_CHECK_MANY: Final = """
SELECT found.* FROM unnest(%(sources)s::text[], %(outside_ids)s::text[], %(anchors)s::uuid[])
       WITH ORDINALITY AS asked (source, outside_id, anchor, at)
 CROSS JOIN LATERAL ({}) AS found ORDER BY asked.at
""".format(
    _CHECK_OF.format(
        source="asked.source", outside_id="asked.outside_id", anchor="asked.anchor", items="'{{}}'"
    )
)


@dataclass(frozen=True, slots=True)
class Check:
    """The current versions, the member as they are known inside, and which items of the body must go.

    `instant` is the database's, in seconds; `subject` is None for a member without a row.
    """

    instant: float
    kind: str
    stale_limit_s: int
    versions: Versions
    subject: UUID | None
    simulated: bool
    has_anchor: bool
    gone: frozenset[str]

    def is_fresh(self, body: Body) -> bool:
        """Whether a body is what fusing now would give."""
        return self.owns(body) and self._is_in_time(body) and self._is_current(body)

    def owns(self, body: Body) -> bool:
        """Whether a body is of this member."""
        return self.subject is not None and body.head["subject"] == str(self.subject)

    def may_serve_stale(self, body: Body) -> bool:
        """Whether a body that is not fresh is young enough to be better than a fallback."""
        return self.owns(body) and bool(self.instant - body.head["fused_at"] < self.stale_limit_s)

    def _is_in_time(self, body: Body) -> bool:
        until = body.head["valid_until"]
        return until is None or bool(self.instant < until)

    def _is_current(self, body: Body) -> bool:
        return all(
            body.versions.get(name) == version
            for name, version in self.versions.items()
            if body.counts(name)
        )


def check(place: Place, body: Body | None) -> Check | None:
    """Look up a place and the items of a body; None where there is no such surface."""
    parameters: dict[str, Any] = {
        "source": place.source,
        "outside_id": place.outside_id,
        "surface": place.surface,
        "anchor": place.anchor or None,
        "items": body.items if body else "{}",
    }
    row = _ask(parameters)
    return _read(row) if row else None


def check_many(places: Sequence[Place]) -> list[Check]:
    """Look up places of one surface, in their order, without any body; none where there is no such surface."""
    parameters: dict[str, Any] = {
        "surface": places[0].surface,
        "sources": [place.source for place in places],
        "outside_ids": [place.outside_id for place in places],
        "anchors": [place.anchor or None for place in places],
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHECK_MANY, parameters)
        return [_read(row) for row in cursor]


def _ask(parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    """Run the statement, planned once for each connection: planning takes longer than running it."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(_CHECK, parameters, prepare=True).fetchone()


def _read(row: tuple[Any, ...]) -> Check:
    instant, policy, blocks, kind, stale_limit_s, counters, *member, gone = row
    subject, simulated, feedback, segments, profile, has_anchor = member
    return Check(
        instant=instant,
        kind=kind,
        stale_limit_s=stale_limit_s,
        versions={
            **counters,
            "policy": policy,
            "blocks": blocks,
            "feedback": feedback,
            "segments": segments,
            "profile": profile,
        },
        subject=subject,
        simulated=simulated,
        has_anchor=has_anchor,
        gone=frozenset(gone),
    )
