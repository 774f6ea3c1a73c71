"""Members: finding them by outside id, and keeping their segments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from curation.arrays import array
from curation.models import Member
from curation.people.memberships import (
    renew,
    renew_changed,
    renew_held,
    segments_of,
    segments_of_many,
)

__all__ = [
    "get_or_create",
    "get_or_create_many",
    "persons",
    "refresh_many",
    "refresh_segments",
    "renew",
    "renew_changed",
    "resolve",
    "resolve_many",
    "segments_of",
    "segments_of_many",
]

_MOST_MERGES: Final = 20

# A member who was merged is one step from whom they were merged into.
_PERSONS: Final = """
SELECT m.outside_id, coalesce(other.subject, m.subject), coalesce(other.simulated, m.simulated)
FROM curation_member m LEFT JOIN curation_member other ON other.id = m.merged_into_id
WHERE m.source = %s AND m.outside_id = ANY(%s::text[])
"""

# By ascending subject, as whoever changes memberships holds these rows.
_NOTE: Final = """
INSERT INTO curation_memberstats (subject, ratings)
SELECT * FROM unnest(%s::uuid[], %s::int[]) AS told (subject, ratings) ORDER BY subject
ON CONFLICT (subject) DO UPDATE SET ratings = excluded.ratings
"""


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


class Person(NamedTuple):
    """What feedback needs to know of a member."""

    subject: UUID
    simulated: bool


def persons(source: str, outside_ids: Collection[str]) -> dict[str, Person]:
    """Who is meant by each outside id, the unknown ones made: one statement where all are known."""
    found = _persons(source, outside_ids)
    unknown = sorted(set(outside_ids) - found.keys())
    if unknown:
        rows = [Member(source=source, outside_id=outside_id) for outside_id in unknown]
        Member.objects.bulk_create(rows, ignore_conflicts=True)
        found |= _persons(source, unknown)
    return found


def _persons(source: str, outside_ids: Collection[str]) -> dict[str, Person]:
    with connection.cursor() as cursor:
        cursor.execute(_PERSONS, [source, array(outside_ids)])
        return {row[0]: Person(row[1], row[2]) for row in cursor.fetchall()}


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


def refresh_segments(subject: UUID, ratings: int) -> bool:
    """Note a member's number of ratings and renew their segments; tells whether these changed."""
    return refresh_many({subject: ratings}) > 0


def refresh_many(ratings: Mapping[UUID, int]) -> int:
    """Note the number of ratings of many members (by subject) and renew their segments.

    A fixed number of statements; answers how many memberships came or went.
    """
    known = sorted(ratings)
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [known, [ratings[subject] for subject in known]])
        return renew_held(known)
