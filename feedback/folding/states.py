"""The states of members: a row each, locked while their feedback is recorded, a version for each change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from curation.arrays import array
from feedback.models import MemberState
from feedback.partitions import EARLIEST

# Rows are made, then locked, in the order of their subjects: nobody waits in a circle.
_MAKE: Final = """
INSERT INTO feedback_memberstate (subject, version, ratings, last_at)
SELECT subject, 0, 0, %s FROM unnest(%s::uuid[]) AS subject ORDER BY subject
ON CONFLICT DO NOTHING
"""

_LOCK: Final = """
SELECT subject, version, ratings, (extract(epoch FROM last_at) * 1000000)::bigint, moved_to
FROM feedback_memberstate WHERE subject = ANY(%s::uuid[]) ORDER BY subject FOR NO KEY UPDATE
"""

_ADVANCE: Final = """
UPDATE feedback_memberstate AS state
SET version = version + 1, ratings = changed.ratings,
    last_at = greatest(state.last_at, changed.last_at)
FROM unnest(%s::uuid[], %s::timestamptz[], %s::int[]) AS changed (subject, last_at, ratings)
WHERE state.subject = changed.subject
"""

_COUNT: Final = """
SELECT subject, count(stars) FROM feedback_rating WHERE subject = ANY(%s::uuid[]) GROUP BY subject
"""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT: Final = timedelta(microseconds=1)


class Moved(Exception):
    """Some of the members were merged into others: by subject, the subject that took over."""

    def __init__(self, moved: Mapping[UUID, UUID]) -> None:
        super().__init__("members were merged into others")
        self.moved = moved


class State(NamedTuple):
    """Of one member: the version and number of ratings, and when they last did anything (Unix, in µs)."""

    version: int
    ratings: int
    last_us: int

    def next_instant(self, now: datetime) -> datetime:
        """When an act occurs of which nobody says when: now, and after all that the member did before.

        So the last act counts even if our clock was set back since the one before it.
        """
        return max(now, _EPOCH + self.last_us * _MOMENT + _MOMENT)


def lock(subjects: Collection[UUID]) -> dict[UUID, State]:
    """The states of these members, made where missing, held until the transaction ends.

    Raises `Moved` if some of them were merged into others.
    """
    wanted = array(subjects)
    with connection.cursor() as cursor:
        rows = cursor.execute(_LOCK, [wanted]).fetchall()
        if len(rows) < len(subjects):
            cursor.execute(_MAKE, [EARLIEST, wanted])
            rows = cursor.execute(_LOCK, [wanted]).fetchall()
    if moved := {row[0]: row[4] for row in rows if row[4]}:
        raise Moved(moved)
    return {row[0]: State(*row[1:4]) for row in rows}


def advance(
    states: Mapping[UUID, State], last: Mapping[UUID, datetime], ratings: Mapping[UUID, int]
) -> dict[UUID, State]:
    """Give these members their next version; `last` is their latest news, `ratings` what changed."""
    after = {}
    for subject in last:
        version, before, last_us = states[subject]
        after[subject] = State(version + 1, ratings.get(subject, before), last_us)
    words: list[Any] = [array(last), array(last.values()), array(s.ratings for s in after.values())]
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, words)
    return after


def note_robot(subject: UUID) -> None:
    """Note that a member is no person; the cleaning rules mark what they do."""
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [EARLIEST, array([subject])])
    MemberState.objects.filter(pk=subject, robot=False).update(robot=True)


def count_ratings(subjects: Collection[UUID]) -> dict[UUID, int]:
    """How many items each of these members has given stars that stand."""
    if not subjects:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [array(subjects)])
        return dict.fromkeys(subjects, 0) | dict(cursor.fetchall())
