"""What is yet to be counted: the rows that arrivals note, and which figures these touch.

An arrival is one row, or all that one statement wrote: a range of ids and of instants. Single rows are
joined by their key, ranges asked for one by one by index; joined alike, by ranges, each arrival would
be held against every row. All that is found is laid down in temporary tables and analysed at once:
what is new is what the planner knows nothing of yet.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.backends.utils import CursorWrapper

from feedback.models import Kind

ANSWERED_WITHIN: Final = "interval '31 days'"
"""How long after its slate an answer still counts for the slate's surface."""

ANSWERED_BEFORE: Final = "interval '1 day'"
"""How far the clock of whoever tells of an answer may be behind."""

ALWAYS_NARROW: Final = 10_000  # so few new rows are never worth counting everything for


def quarter(instant: str) -> str:
    """The quarter of an hour of an instant."""
    return f"date_bin('15 minutes', {instant}, '2000-01-01T00:00Z')"


def day(instant: str) -> str:
    """The day of an instant, UTC."""
    return f"({instant} AT TIME ZONE 'UTC')::date"


_ROWS: Final = """
SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent IN ('feedback_interaction'::regclass, 'feedback_impression'::regclass)
"""


def _arrived(columns: str, table: str, at: str, *, impressions: bool) -> str:
    """Select the rows that arrived, some of them more than once where ranges overlap.

    OFFSET keeps the planner from making one join of the ranges and the table.
    """
    wanted = f"{'' if impressions else 'NOT '}impressions"
    return f"""
SELECT {columns} FROM counting JOIN {table} AS new ON (new.id, new.{at}) = (first, first_at)
WHERE {wanted} AND first = last
UNION ALL
SELECT {columns} FROM counting CROSS JOIN LATERAL (
    SELECT * FROM {table} AS each
    WHERE each.id BETWEEN first AND last AND each.{at} BETWEEN first_at AND last_at OFFSET 0
) AS new
WHERE {wanted} AND first < last
"""  # noqa: S608 - made of constants alone


def _told(columns: str) -> str:
    return _arrived(columns, "feedback_interaction", "occurred_at", impressions=False)


_NEW_ROWS: Final = f"SELECT count(*) FROM (SELECT FROM ({_told('new.id')}) AS new LIMIT %s) AS new"  # noqa: S608 - made of constants alone

_TOLD: Final = _told(
    "new.id, new.occurred_at, new.subject, new.item_id, new.impression, new.kind, new.source, new.undoes"
)
_SERVED: Final = _arrived(
    "new.id, new.served_at, new.subject, new.items",
    "feedback_impression",
    "served_at",
    impressions=True,
)

_ARRIVED_TOLD: Final = f"SELECT DISTINCT * FROM ({_TOLD}) AS new"  # noqa: S608 - made of constants alone
_CHANGED_SERVED: Final = f"SELECT DISTINCT * FROM ({_SERVED}) AS new"  # noqa: S608 - made of constants alone

_CHANGED_TOLD: Final = f"""
SELECT id, occurred_at, subject, item_id, impression FROM arrived_told
UNION
SELECT target.id, target.occurred_at, target.subject, target.item_id, target.impression
FROM arrived_told AS told
JOIN feedback_eventkey AS key ON (key.source, key.event) = (told.source, told.undoes)
JOIN feedback_interaction AS target
    ON target.id = key.interaction AND target.occurred_at = key.occurred_at
WHERE told.kind = {Kind.UNDO:d}
"""  # noqa: S608 - made of constants alone

_TOUCHED_TALLY: Final = f"""
SELECT {quarter("occurred_at")} AS since FROM changed_told
UNION
SELECT {quarter("told.occurred_at")} FROM changed_served AS served
JOIN feedback_interaction AS told ON told.impression = served.id
    AND told.occurred_at BETWEEN served.served_at - {ANSWERED_BEFORE}
        AND served.served_at + {ANSWERED_WITHIN}
WHERE told.impression IS NOT NULL
"""  # noqa: S608 - made of constants alone

_TOUCHED_SLOT_TALLY: Final = f"""
SELECT {quarter("served_at")} AS since FROM changed_served
UNION
SELECT {quarter("served.served_at")} FROM changed_told AS told
JOIN feedback_impression AS served ON served.id = told.impression
"""  # noqa: S608 - made of constants alone

_TOUCHED_ITEM_TALLY: Final = f"""
SELECT DISTINCT item_id, {day("occurred_at")} AS day FROM changed_told WHERE item_id IS NOT NULL
"""  # noqa: S608 - made of constants alone

_TOUCHED_ITEM_SHOWN: Final = f"""
SELECT DISTINCT item_id, {day("served_at")} AS day
FROM changed_served CROSS JOIN unnest(items) AS item_id
"""  # noqa: S608 - made of constants alone

_TOUCHED_MEMBER: Final = "SELECT subject FROM changed_told UNION SELECT subject FROM changed_served"

_FOUND: Final = {
    "arrived_told": _ARRIVED_TOLD,
    "changed_told": _CHANGED_TOLD,
    "changed_served": _CHANGED_SERVED,
    "touched_tally": _TOUCHED_TALLY,
    "touched_slottally": _TOUCHED_SLOT_TALLY,
    "touched_itemtally": _TOUCHED_ITEM_TALLY,
    "touched_itemshown": _TOUCHED_ITEM_SHOWN,
    "touched_member": _TOUCHED_MEMBER,
}
"""Temporary tables and what they hold, each made of those before it."""


def take(cursor: CursorWrapper) -> None:
    """Take the notes that there are into `counting`, for the rest of the transaction."""
    lay_down(cursor, "counting", "SELECT * FROM feedback_arrival")
    cursor.execute(
        "DELETE FROM feedback_arrival USING counting WHERE feedback_arrival.id = counting.id"
    )


def are_most_rows(cursor: CursorWrapper) -> bool:
    """Whether so many rows are new that counting everything is quicker than finding what they touch."""
    cursor.execute(_ROWS)
    most = cursor.fetchone()[0] // 4 + ALWAYS_NARROW
    cursor.execute(_NEW_ROWS, [most + 1])
    return bool(cursor.fetchone()[0] > most)


def touch(cursor: CursorWrapper) -> None:
    """Find what `counting` touches: `touched_…` of each figure, for the rest of the transaction."""
    for name, rows in _FOUND.items():
        lay_down(cursor, name, rows)


def lay_down(
    cursor: CursorWrapper, name: str, rows: str, words: dict[str, datetime] | None = None
) -> None:
    """Keep the rows of a query in a temporary table, analysed, until the transaction ends."""
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
    cursor.execute(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {rows}", words)
    cursor.execute(f"ANALYZE {name}")
