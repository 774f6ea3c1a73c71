"""Who is in which segment: brought up to date, logged, and sealed into versions.

Whoever changes memberships first locks the statistics of those members, by ascending subject: so two
changes of one member take turns, nobody waits in a circle, and the log's ids tell their order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from curation.fusion.columns import Schema
from curation.fusion.parsing import QueryError
from curation.fusion.query import Query
from curation.models import (
    Member,
    MemberStats,
    Segment,
    SegmentMembership,
    SegmentState,
    SegmentVersion,
    User,
)
from curation.queries import members as member_queries

AT_ONCE: Final = 5_000
_MOST_MERGES: Final = 20
UNCOUNTED: Final = -1
"""What the statistics of a member cover who is to be counted again: less than any version."""

_MAKE: Final = """
INSERT INTO curation_memberstats (subject)
SELECT subject FROM unnest(%s::uuid[]) AS subject ORDER BY subject
ON CONFLICT DO NOTHING
"""
_LOCK: Final = """
SELECT FROM curation_memberstats WHERE subject = ANY(%s) ORDER BY subject FOR NO KEY UPDATE
"""

_APPLY: Final = """
WITH wanted (segment_id, subject) AS MATERIALIZED (
    SELECT * FROM unnest(%(segments)s::uuid[], %(members)s::uuid[])
), gone AS (
    DELETE FROM curation_segmentmembership AS had
    WHERE had.segment_id = ANY(%(among)s) AND had.subject = ANY(%(subjects)s)
      AND NOT EXISTS (SELECT FROM wanted
                      WHERE (wanted.segment_id, wanted.subject) = (had.segment_id, had.subject))
    RETURNING segment_id, subject
), come AS (
    INSERT INTO curation_segmentmembership (segment_id, subject)
    SELECT segment_id, subject FROM wanted ORDER BY subject, segment_id
    ON CONFLICT DO NOTHING
    RETURNING segment_id, subject
), told AS (
    INSERT INTO curation_segmentchange (segment_id, subject, came, at)
    SELECT segment_id, subject, true, now() FROM come
    UNION ALL SELECT segment_id, subject, false, now() FROM gone
    RETURNING subject
), moved AS (
    UPDATE curation_memberstats SET segments = segments + 1
    WHERE subject IN (SELECT subject FROM told)
)
SELECT count(*) FROM told
"""

_OTHERWISE: Final = """
SELECT coalesce(had.subject, wanted.subject)
FROM (SELECT subject FROM curation_segmentmembership WHERE segment_id = %s) AS had
FULL JOIN ({wanted}) AS wanted (subject) ON wanted.subject = had.subject
WHERE had.subject IS NULL OR wanted.subject IS NULL
ORDER BY 1
"""

_SEAL: Final = """
WITH sealed AS (
    UPDATE curation_segmentchange SET version = %(number)s
    WHERE segment_id = %(segment)s AND version IS NULL
    RETURNING subject, came
), net AS (
    SELECT sum(CASE WHEN came THEN 1 ELSE -1 END) AS way FROM sealed GROUP BY subject
)
SELECT count(*) FILTER (WHERE way > 0), count(*) FILTER (WHERE way < 0) FROM net
"""

_AT: Final = """
SELECT subject FROM (
    SELECT DISTINCT ON (subject) subject, came FROM curation_segmentchange
    WHERE segment_id = %s AND version <= %s ORDER BY subject, id DESC
) AS last WHERE came
"""


def segments_of(subject: UUID) -> frozenset[UUID]:
    """The segments that a member is in."""
    return segments_of_many([subject])[subject]


def segments_of_many(subjects: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """The segments that each of these members is in, by member: one statement."""
    found: dict[UUID, set[UUID]] = {subject: set() for subject in subjects}
    rows = SegmentMembership.objects.filter(subject__in=found)
    for subject, segment in rows.values_list("subject", "segment_id"):
        found[subject].add(segment)
    return {subject: frozenset(segments) for subject, segments in found.items()}


def renew(subjects: Iterable[UUID], segments: Iterable[Segment] | None = None) -> int:
    """Bring these members' memberships in segments by query up to date; answers how many changed.

    A fixed number of statements, in one transaction. A segment whose query cannot be read stays as it
    is.
    """
    known = sorted(set(subjects))
    if not known:
        return 0
    with transaction.atomic(savepoint=False):
        hold(known)
        return renew_held(known, segments)


def renew_changed(subjects: Iterable[UUID]) -> int:
    """`renew` for members whose own row was written: what decisions ask of it may have changed."""
    known = sorted(set(subjects))
    if not known:
        return 0
    with transaction.atomic(savepoint=False):
        hold(known)
        rows = MemberStats.objects.filter(subject__in=known)
        rows.update(profile=F("profile") + 1, covers=UNCOUNTED)
        return renew_held(known)


def hold(subjects: list[UUID]) -> None:
    """Lock the statistics of these members, given by ascending subject, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [subjects])
        cursor.execute(_LOCK, [subjects])


def renew_held(known: list[UUID], segments: Iterable[Segment] | None = None) -> int:
    """`renew` for whoever holds the statistics of these members already, in a transaction."""
    schema = member_queries.schema()
    asked = {segment.pk: query for segment, query in _readable(segments, schema)}
    if not asked:
        return 0
    held = member_queries.holding(known, list(asked.values()), schema)
    pairs = [(segment, each) for segment, who in zip(asked, held, strict=True) for each in who]
    return _apply(pairs, list(asked), known)


def put(segment: Segment, come: Collection[UUID] = (), gone: Collection[UUID] = ()) -> int:
    """Put members into a segment and take others out; answers for how many that changed anything."""
    changed = 0
    everyone = sorted({*come, *gone})
    staying = frozenset(come)
    for start in range(0, len(everyone), AT_ONCE):
        batch = everyone[start : start + AT_ONCE]
        with transaction.atomic(savepoint=False):
            hold(batch)
            pairs = [(segment.pk, each) for each in batch if each in staying]
            changed += _apply(pairs, [segment.pk], batch)
    return changed


def settle(segment: Segment) -> int:
    """Bring a segment by query up to date for all members; answers how many changed.

    Raises `QueryError` where the query can no longer be read.
    """
    sql, params = member_queries.matching(member_queries.read(segment.query))
    others = _otherwise(segment, sql, params)
    return sum(
        renew(others[start : start + AT_ONCE], [segment])
        for start in range(0, len(others), AT_ONCE)
    )


def keep_only(segment: Segment, subjects: Collection[UUID]) -> int:
    """Make exactly these members those of a segment; answers how many changed."""
    there = set(segment.memberships.values_list("subject", flat=True))
    wanted = set(subjects)
    return put(segment, come=wanted - there, gone=there - wanted)


def refresh(segment: Segment) -> SegmentVersion | None:
    """Bring a segment by hand or by query up to date, and seal what changed.

    What stands in the way is told in its state.
    """
    problem = ""
    if segment.kind == Segment.Kind.MANUAL:
        _follow_merges(segment)
    elif segment.archived_at is None:
        try:
            settle(segment)
        except QueryError as error:
            problem = str(error)
    return seal(segment, Cause("refreshed"), problem)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a new version of a membership came to be, and who had a hand in it."""

    what: str
    by: User | None = None
    reason: str = ""


def seal(segment: Segment, cause: Cause, problem: str = "") -> SegmentVersion | None:
    """Count what changed since the last version as a new one; None where nobody came or went."""
    with transaction.atomic():
        SegmentState.objects.get_or_create(segment=segment)
        state = SegmentState.objects.select_for_update().get(segment=segment)
        came, gone = _sealed(segment, state.version + 1)
        state.refreshed_at, state.problem = timezone.now(), problem
        version = None
        if came or gone or not state.version:
            state.version, state.size = state.version + 1, state.size + came - gone
            version = SegmentVersion.objects.create(
                segment=segment,
                number=state.version,
                size=state.size,
                came=came,
                gone=gone,
                cause=cause.what,
                by=cause.by,
                reason=cause.reason,
            )
        state.save()
    return version


def members_at(segment: Segment, number: int) -> frozenset[UUID]:
    """Who was in a segment at a version, by subject."""
    with connection.cursor() as cursor:
        cursor.execute(_AT, [segment.pk, number])
        return frozenset(subject for (subject,) in cursor)


def _follow_merges(segment: Segment) -> None:
    """Put whom listed members were merged into in their place."""
    listed = SegmentMembership.objects.filter(segment=segment).values("subject")
    merged = Member.objects.filter(subject__in=listed, merged_into__isnull=False)
    come, gone = set(), set()
    for member in merged:
        gone.add(member.subject)
        root = member
        for _step in range(_MOST_MERGES):
            root = root.merged_into or root
        come.add(root.subject)
    put(segment, come, gone)


def _readable(
    segments: Iterable[Segment] | None, schema: Schema
) -> Iterable[tuple[Segment, Query]]:
    if segments is None:
        segments = Segment.objects.filter(kind=Segment.Kind.QUERY, archived_at=None)
    for segment in segments:
        try:
            yield segment, member_queries.read(segment.query, schema)
        except QueryError:
            # Told by the refresh of the segment; feedback goes on without it.
            continue


def _apply(pairs: Sequence[tuple[UUID, UUID]], among: list[UUID], subjects: list[UUID]) -> int:
    words: dict[str, Any] = {
        "segments": [segment for segment, _ in pairs],
        "members": [member for _, member in pairs],
        "among": among,
        "subjects": subjects,
    }
    with connection.cursor() as cursor:
        cursor.execute(_APPLY, words)
        return int(cursor.fetchone()[0])


def _otherwise(segment: Segment, sql: str, params: Sequence[Any]) -> list[UUID]:
    """Those who are in and should not be, or the other way round."""
    with connection.cursor() as cursor:
        cursor.execute(_OTHERWISE.format(wanted=sql), [segment.pk, *params])
        return [subject for (subject,) in cursor]


def _sealed(segment: Segment, number: int) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_SEAL, {"segment": segment.pk, "number": number})
        came, gone = cursor.fetchone()
    return int(came), int(gone)
