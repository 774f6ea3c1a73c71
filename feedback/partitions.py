"""The months in which interactions and impressions are kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal

from django.db import connection

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""Before this nothing is kept."""

Table = Literal["feedback_interaction", "feedback_impression"]


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
