"""The roll-ups: what changed is counted again from the rows themselves, never added to.

Which rows are new or changed stands in `Arrival`, in the transaction that wrote them. From these follow
the quarters of an hour and the days that they touch, those of the events that they undo, and those of
the impressions that they answer; these alone are counted again. Late events, undos and marks are then
nothing special, and a rebuild is the same statements over every month. Archived rows are never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from feedback.models import Kind
from feedback.partitions import Table, months, next_month

STANDING: Final = f"""
told.kind <> {Kind.UNDO:d} AND told.mark IS NULL AND NOT EXISTS (
    SELECT FROM feedback_undo AS undo
    WHERE (undo.source, undo.event, undo.subject) = (told.source, told.event, told.subject)
)"""
"""What counts: neither an undo nor undone, and kept out by no rule."""

ANSWERED_WITHIN: Final = "interval '31 days'"
"""How long after its slate an answer still counts for the slate's surface."""

ALWAYS_NARROW: Final = 10_000  # so few new rows are never worth counting everything for
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('feedback_roll_up'))"

_ROWS: Final = """
SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent IN ('feedback_interaction'::regclass, 'feedback_impression'::regclass)
"""

_NEW_ROWS: Final = """
SELECT count(*) FROM (
    SELECT FROM feedback_arrival JOIN feedback_interaction AS told
        ON told.id BETWEEN first AND last AND told.occurred_at BETWEEN first_at AND last_at
    WHERE NOT impressions LIMIT %s
) AS told
"""

_TAKE: Final = "DELETE FROM feedback_arrival USING counting WHERE feedback_arrival.id = counting.id"


def _quarter(instant: str) -> str:
    return f"date_bin('15 minutes', {instant}, '2000-01-01T00:00Z')"


def _day(instant: str) -> str:
    return f"({instant} AT TIME ZONE 'UTC')::date"


_TEMPORARY: Final = (
    *("counting", "changed_told", "changed_served"),
    *("touched_tally", "touched_slottally", "touched_itemtally", "touched_itemshown"),
)

_TOUCH: Final = (
    "CREATE TEMP TABLE counting ON COMMIT DROP AS SELECT * FROM feedback_arrival",
    f"""
CREATE TEMP TABLE changed_told ON COMMIT DROP AS
WITH fresh AS (
    SELECT told.* FROM counting JOIN feedback_interaction AS told
        ON told.id BETWEEN first AND last AND told.occurred_at BETWEEN first_at AND last_at
    WHERE NOT impressions
)
SELECT id, occurred_at, item_id, impression FROM fresh
UNION
SELECT target.id, target.occurred_at, target.item_id, target.impression
FROM fresh
JOIN feedback_eventkey AS key ON (key.source, key.event) = (fresh.source, fresh.undoes)
JOIN feedback_interaction AS target
    ON target.id = key.interaction AND target.occurred_at = key.occurred_at
WHERE fresh.kind = {Kind.UNDO:d}
""",  # noqa: S608 - made of constants alone
    """
CREATE TEMP TABLE changed_served ON COMMIT DROP AS
SELECT DISTINCT served.id, served.served_at, served.items
FROM counting JOIN feedback_impression AS served
    ON served.id BETWEEN first AND last AND served.served_at BETWEEN first_at AND last_at
WHERE impressions
""",
    f"""
CREATE TEMP TABLE touched_tally ON COMMIT DROP AS
SELECT {_quarter("occurred_at")} AS since FROM changed_told
UNION
SELECT {_quarter("told.occurred_at")} FROM changed_served AS served
JOIN feedback_interaction AS told ON told.impression = served.id
""",  # noqa: S608 - made of constants alone
    f"""
CREATE TEMP TABLE touched_slottally ON COMMIT DROP AS
SELECT {_quarter("served_at")} AS since FROM changed_served
UNION
SELECT {_quarter("served.served_at")} FROM changed_told AS told
JOIN feedback_impression AS served ON served.id = told.impression
""",  # noqa: S608 - made of constants alone
    f"""
CREATE TEMP TABLE touched_itemtally ON COMMIT DROP AS
SELECT DISTINCT item_id, {_day("occurred_at")} AS day FROM changed_told WHERE item_id IS NOT NULL
""",  # noqa: S608 - made of constants alone
    f"""
CREATE TEMP TABLE touched_itemshown ON COMMIT DROP AS
SELECT DISTINCT item_id, {_day("served_at")} AS day
FROM changed_served CROSS JOIN unnest(items) AS item_id
""",  # noqa: S608 - made of constants alone
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _RollUp:
    """One table of figures: what it counts, its key in time, and the statement that counts.

    The statement counts `%(start)s <= instant < %(end)s`; `{touched}` stands where it may be narrowed.
    """

    name: str
    counts: Table
    period: str
    key: str
    narrowed: str
    statement: str

    @property
    def is_daily(self) -> bool:
        """Whether its figures are of days, not of quarters of an hour."""
        return self.period == "day"

    def clear(self) -> str:
        """Delete the figures that were touched."""
        return (
            f"DELETE FROM feedback_{self.name} AS figure USING touched_{self.name} AS touched"  # noqa: S608 - made of constants alone
            f" WHERE NOT figure.archived AND {self._same_key}"
        )

    @property
    def _same_key(self) -> str:
        return " AND ".join(f"figure.{name} = touched.{name}" for name in self.key.split(", "))

    def months(self) -> str:
        """Per month the first and the last period that was touched."""
        at = f"{self.period}::timestamp" if self.is_daily else f"{self.period} AT TIME ZONE 'UTC'"
        return (
            f"SELECT min({at} AT TIME ZONE 'UTC'), max({at} AT TIME ZONE 'UTC')"  # noqa: S608 - made of constants alone
            f" FROM touched_{self.name} GROUP BY date_trunc('month', {at}) ORDER BY 1"
        )

    def count(self, *, everything: bool) -> str:
        """Count what was touched, or everything, between two instants of one month."""
        narrow = f"AND ({self.narrowed}) IN (SELECT {self.key} FROM touched_{self.name})"  # noqa: S608 - made of constants alone
        return self.statement.format(touched="" if everything else narrow)


_ROLL_UPS: Final = (
    _RollUp(
        name="tally",
        counts="feedback_interaction",
        period="since",
        key="since",
        narrowed=_quarter("told.occurred_at"),
        statement=f"""
INSERT INTO feedback_tally (since, surface, kind, stars, simulated, archived, count)
SELECT {_quarter("told.occurred_at")}, coalesce(served.surface, ''), told.kind,
    CASE told.kind WHEN {Kind.RATING:d} THEN round(told.value * 2) / 2 ELSE 0 END,
    told.simulated, false, count(*)
FROM feedback_interaction AS told
LEFT JOIN feedback_impression AS served ON served.id = told.impression
    AND served.served_at BETWEEN told.occurred_at - {ANSWERED_WITHIN} AND told.occurred_at + interval '1 day'
    AND served.served_at >= %(start)s - {ANSWERED_WITHIN} AND served.served_at < %(end)s + interval '1 day'
WHERE told.occurred_at >= %(start)s AND told.occurred_at < %(end)s AND {STANDING} {{touched}}
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
""",  # noqa: S608 - made of constants alone
    ),
    _RollUp(
        name="slottally",
        counts="feedback_impression",
        period="since",
        key="since",
        narrowed=_quarter("served.served_at"),
        statement=f"""
WITH served AS MATERIALIZED (
    SELECT id, subject, surface, simulated, items, slots, curated, {_quarter("served_at")} AS since
    FROM feedback_impression AS served
    WHERE served_at >= %(start)s AND served_at < %(end)s {{touched}}
), answer AS (
    SELECT told.impression, told.item_id, bool_or(told.kind = {Kind.CLICK:d}) AS clicked,
        bool_or(told.kind = {Kind.LIKE:d}) AS liked
    FROM served JOIN feedback_interaction AS told
        ON told.impression = served.id AND told.subject = served.subject
    WHERE told.kind IN ({Kind.CLICK:d}, {Kind.LIKE:d}) AND {STANDING}
    GROUP BY told.impression, told.item_id
)
INSERT INTO feedback_slottally
    (since, surface, slot, simulated, archived, served, curated, clicked, liked)
SELECT since, surface, placed.slot, simulated, false, count(*),
    count(*) FILTER (WHERE placed.curated), count(*) FILTER (WHERE answer.clicked),
    count(*) FILTER (WHERE answer.liked)
FROM served CROSS JOIN unnest(items, slots, curated) AS placed (item, slot, curated)
LEFT JOIN answer ON answer.impression = served.id AND answer.item_id = placed.item
GROUP BY since, surface, placed.slot, simulated
""",  # noqa: S608 - made of constants alone
    ),
    _RollUp(
        name="itemtally",
        counts="feedback_interaction",
        period="day",
        key="item_id, day",
        narrowed=f"told.item_id, {_day('told.occurred_at')}",
        statement=f"""
INSERT INTO feedback_itemtally (item_id, day, kind, archived, count)
SELECT told.item_id, {_day("told.occurred_at")}, told.kind, false, count(*)
FROM feedback_interaction AS told
WHERE told.occurred_at >= %(start)s AND told.occurred_at < %(end)s AND NOT told.simulated
    AND {STANDING} {{touched}}
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""",  # noqa: S608 - made of constants alone
    ),
    _RollUp(
        name="itemshown",
        counts="feedback_impression",
        period="day",
        key="item_id, day",
        narrowed=f"item, {_day('served_at')}",
        statement=f"""
INSERT INTO feedback_itemshown (item_id, day, archived, count)
SELECT item, {_day("served_at")}, false, count(*)
FROM feedback_impression CROSS JOIN unnest(items) AS item
WHERE served_at >= %(start)s AND served_at < %(end)s AND NOT simulated AND shown_at IS NOT NULL
    {{touched}}
GROUP BY 1, 2 ORDER BY 1, 2
""",  # noqa: S608 - made of constants alone
    ),
)  # fmt: skip


def lock() -> None:
    """Wait for a roll-up that is under way; the lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)


def count(*, rebuild: bool = False) -> bool:
    """Count again what arrivals touched, or everything; answers whether it was everything.

    In a transaction that holds the lock. Where most of the rows are new, counting them all is quicker
    than finding out what they touch. Otherwise `touched_itemtally` and `touched_itemshown` are there for
    the rest of the transaction: the items and days that were counted again.
    """
    with connection.cursor() as cursor:
        everything = rebuild or _mostly_new(cursor)
        if everything:
            _count_everything(cursor)
        else:
            _count_changed(cursor)
    return everything


def _mostly_new(cursor: CursorWrapper) -> bool:
    cursor.execute(_ROWS)
    most = cursor.fetchone()[0] // 4 + ALWAYS_NARROW
    cursor.execute(_NEW_ROWS, [most + 1])
    return bool(cursor.fetchone()[0] > most)


def _count_everything(cursor: CursorWrapper) -> None:
    cursor.execute("DELETE FROM feedback_arrival")
    for each in _ROLL_UPS:
        cursor.execute(f"DELETE FROM feedback_{each.name} WHERE NOT archived")  # noqa: S608 - made of constants alone
        if found := months(each.counts):
            words = {"start": found[0], "end": next_month(found[-1])}
            cursor.execute(each.count(everything=True), words)


def _count_changed(cursor: CursorWrapper) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{t}' for t in _TEMPORARY)}")
    for statement in _TOUCH:
        cursor.execute(statement)
    cursor.execute(_TAKE)
    if cursor.rowcount:
        cursor.execute(f"ANALYZE {', '.join(_TEMPORARY)}")
        for each in _ROLL_UPS:
            _count_touched(cursor, each)


def _count_touched(cursor: CursorWrapper, each: _RollUp) -> None:
    cursor.execute(each.clear())
    cursor.execute(each.months())
    spans = cursor.fetchall()
    # How many items a slate holds is a guess to the planner; a nested loop may take it at its word.
    cursor.execute(f"SET LOCAL enable_nestloop = {'off' if each.is_daily else 'on'}")
    for first, last in spans:
        end = last + (timedelta(days=1) if each.is_daily else timedelta(minutes=15))
        cursor.execute(each.count(everything=False), {"start": first, "end": end})
    cursor.execute("SET LOCAL enable_nestloop = on")
