"""The months in which interactions and impressions are kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from django.db import connection

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""Before this nothing is kept."""

Table = Literal["feedback_interaction", "feedback_impression"]


def months(table: Table) -> list[datetime]:
    """The months in which the table has rows, by their first instant, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT right(child.relname, 6) FROM pg_inherits"
            " JOIN pg_class AS child ON child.oid = inhrelid"
            " WHERE inhparent = %s::regclass ORDER BY 1",
            [table],
        )
        return [datetime.strptime(f"{name}+0000", "%Y%m%z") for (name,) in cursor]


def next_month(month: datetime) -> datetime:
    """The first instant after a month."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def ensure_months(table: Table, instants: Iterable[datetime]) -> int:
    """Make the months of these instants where they are missing; answers how many were made.

    Raises `DataError` for an instant before 1990 or after tomorrow. A month is made under a lock and
    without waiting for those who read or write the others; made outside a transaction, the lock is
    held for moments only.
    """
    months: dict[tuple[int, int], datetime] = {}
    for instant in instants:
        at = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
        months[at.year, at.month] = at
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE feedback_ensure_month(%s, month))"
            " FROM unnest(%s::timestamptz[]) AS month",
            [table, [months[month] for month in sorted(months)]],
        )
        return int(cursor.fetchone()[0])
