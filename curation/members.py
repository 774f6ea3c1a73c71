"""Members: finding them by outside id, and keeping their segments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from curation.fusion.columns import Column, Kind, Schema
from curation.fusion.matching import Table
from curation.fusion.parsing import parse
from curation.models import Member, MemberStats, Segment, SegmentMembership

SCHEMA: Final[Schema] = {"ratings": Kind.NUMBER, "language": Kind.TEXT, "time_zone": Kind.TEXT}
"""What a segment's query may ask of a member."""

_MOST_MERGES: Final = 20


def resolve(source: str, outside_id: str) -> Member | None:
    """The member with this outside id, or whom that member was merged into; None if unknown."""
    member = Member.objects.filter(source=source, outside_id=outside_id).first()
    for _step in range(_MOST_MERGES):
        if member is None or member.merged_into_id is None:
            return member
        member = Member.objects.get(pk=member.merged_into_id)
    raise ValueError(f"members are merged in a circle at {outside_id!r} of {source!r}")


def get_or_create(source: str, outside_id: str, **defaults: Any) -> Member:
    """The member with this outside id, made with the defaults if unknown."""
    member = resolve(source, outside_id)
    if member is not None:
        return member
    Member.objects.get_or_create(source=source, outside_id=outside_id, defaults=defaults)
    found = resolve(source, outside_id)
    assert found is not None  # noqa: S101 - the row was written in the line above
    return found


def get_or_create_many(source: str, outside_ids: Collection[str]) -> dict[str, Member]:
    """The member of each outside id, the unknown ones made; few statements however many they are."""
    found = resolve_many(source, outside_ids)
    unknown = sorted(set(outside_ids) - found.keys())
    if unknown:
        rows = [Member(source=source, outside_id=outside_id) for outside_id in unknown]
        Member.objects.bulk_create(rows, ignore_conflicts=True)
        found |= resolve_many(source, unknown)
    return found


def resolve_many(source: str, outside_ids: Collection[str]) -> dict[str, Member]:
    """The known members of these outside ids, each followed to whom it was merged into."""
    rows = Member.objects.filter(source=source, outside_id__in=outside_ids)
    found = {row.outside_id: row for row in rows}
    for _step in range(_MOST_MERGES):
        merged = {key: row.merged_into_id for key, row in found.items() if row.merged_into_id}
        if not merged:
            return found
        into = Member.objects.in_bulk(set(merged.values()))
        found |= {key: into[target] for key, target in merged.items()}
    raise ValueError(f"members of {source!r} are merged in a circle")


def segments_of(subject: UUID) -> frozenset[UUID]:
    """The segments that a member is in."""
    rows = SegmentMembership.objects.filter(subject=subject)
    return frozenset(rows.values_list("segment_id", flat=True))


def refresh_segments(subject: UUID, ratings: int) -> bool:
    """Note a member's number of ratings and renew their segments; tells whether these changed."""
    return refresh_many({subject: ratings}) > 0


def refresh_many(ratings: Mapping[UUID, int]) -> int:
    """Note the number of ratings of many members (by subject) and renew their segments.

    A fixed number of statements; answers how many memberships came or went.
    """
    rows = [MemberStats(subject=subject, ratings=count) for subject, count in ratings.items()]
    with transaction.atomic():
        MemberStats.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["subject"], update_fields=["ratings"]
        )
        return renew(ratings, Segment.objects.all())


def renew(subjects: Iterable[UUID], segments: Iterable[Segment]) -> int:
    """Bring the memberships of these members in these segments up to date; answers how many changed."""
    known, table = _table(subjects)
    segments = list(segments)
    wanted = {
        (segment.pk, known[row])
        for segment in segments
        for row in table.matches(parse(segment.query, SCHEMA)).nonzero()[0]
    }
    current = SegmentMembership.objects.filter(subject__in=known, segment__in=segments)
    there = {(row.segment_id, row.subject): row.pk for row in current}
    gone = [key for pair, key in there.items() if pair not in wanted]
    added = [SegmentMembership(segment_id=s, subject=m) for s, m in sorted(wanted - there.keys())]
    if gone:
        SegmentMembership.objects.filter(pk__in=gone).delete()
    if added:
        SegmentMembership.objects.bulk_create(added, ignore_conflicts=True)
    return len(gone) + len(added)


def _table(subjects: Iterable[UUID]) -> tuple[list[UUID], Table]:
    """What segments may ask, a row for each subject."""
    known = sorted(set(subjects))
    stats = dict(MemberStats.objects.filter(subject__in=known).values_list("subject", "ratings"))
    rows = Member.objects.filter(subject__in=known).values_list("subject", "language", "time_zone")
    told = {subject: (language or None, zone or None) for subject, language, zone in rows}
    columns = {
        "ratings": Column.of(Kind.NUMBER, [stats.get(subject, 0) for subject in known]),
        "language": Column.of(Kind.TEXT, [told.get(s, (None, None))[0] for s in known]),
        "time_zone": Column.of(Kind.TEXT, [told.get(s, (None, None))[1] for s in known]),
    }
    return known, Table(len(known), columns)
