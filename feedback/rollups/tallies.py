"""The roll-ups: what changed is counted again from the rows themselves, never added to.

Which rows are new or changed stands in `Arrival`, in the transaction that wrote them. From these follow
the quarters of an hour and the days that they touch, those of the events that they undo, and those of
the impressions that they answer; these alone are counted again. Late events, undos and marks are then
nothing special, and a rebuild is the same statements over every month. Archived rows are never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from feedback.models import Kind
from feedback.partitions import Table, months, next_month
from feedback.rollups import arrivals
from feedback.rollups.arrivals import ANSWERED_BEFORE, ANSWERED_WITHIN, day, lay_down, quarter

STANDING: Final = f"""
told.kind <> {Kind.UNDO:d} AND told.mark IS NULL AND NOT EXISTS (
    SELECT FROM feedback_undo AS undo
    WHERE (undo.source, undo.event, undo.subject) = (told.source, told.event, told.subject)
)"""
"""What counts: neither an undo nor undone, and kept out by no rule."""

_SILENCE: Final = {"stars": "NULL", "thumb": "NULL", "favourite": "false", "never": "false"}


def _if_unmarked(aspect: str) -> str:
    silence = _SILENCE[aspect]
    said = f"CASE WHEN {aspect}_mark.interaction IS NULL THEN rating.{aspect} ELSE {silence} END"
    return f"{said} AS {aspect}"


def _its_mark(aspect: str) -> str:
    return (
        f"LEFT JOIN feedback_mark AS {aspect}_mark"
        f" ON {aspect}_mark.interaction = rating.{aspect}_by AND {aspect}_mark.lifted_at IS NULL"
    )


HEARD: Final = f"""(
    SELECT rating.subject, rating.item_id,
        {", ".join(map(_if_unmarked, _SILENCE))}
    FROM feedback_rating AS rating {" ".join(map(_its_mark, _SILENCE))}
)"""  # noqa: S608 - made of constants alone
"""What members now say, less each aspect whose own interaction is kept out by a rule."""

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('feedback_roll_up'))"

_SLATES: Final = """
SELECT id, subject FROM feedback_impression AS served
WHERE served_at >= %(start)s AND served_at < %(end)s {touched}
"""

# Most interactions answer nothing; saying so lets the index of those that do stand for the table.
_ANSWERS: Final = f"""
SELECT told.impression, told.item_id, bool_or(told.kind = {Kind.CLICK:d}) AS clicked,
    bool_or(told.kind = {Kind.LIKE:d}) AS liked
FROM slate JOIN feedback_interaction AS told
    ON told.impression = slate.id AND told.subject = slate.subject
WHERE told.impression IS NOT NULL AND told.kind IN ({Kind.CLICK:d}, {Kind.LIKE:d}) AND {STANDING}
GROUP BY told.impression, told.item_id
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class _RollUp:
    """One table of figures: what it counts, its key in time, and the statement that counts.

    The statement counts `%(start)s <= instant < %(end)s`; `{touched}` stands where it may be narrowed.
    What it asks more than once is laid down before, in temporary tables by name.
    """

    name: str
    counts: Table
    period: str
    key: str
    narrowed: str
    statement: str
    laid_down: tuple[tuple[str, str], ...] = ()

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

    def count(self, cursor: CursorWrapper, start: datetime, end: datetime, touched: str) -> None:
        """Count what lies between two instants, all of it or what was touched."""
        words = {"start": start, "end": end}
        for name, rows in self.laid_down:
            lay_down(cursor, name, rows.format(touched=touched), words)
        # How many rows are new is a guess to the planner; a nested loop may take it at its word.
        cursor.execute(f"SET LOCAL enable_nestloop = {'off' if touched else 'on'}")
        cursor.execute(self.statement.format(touched=touched), words)
        cursor.execute("SET LOCAL enable_nestloop = on")

    @property
    def touched(self) -> str:
        """The condition that narrows the statement to what was touched."""
        return f"AND ({self.narrowed}) IN (SELECT {self.key} FROM touched_{self.name})"  # noqa: S608 - made of constants alone


_ROLL_UPS: Final = (
    _RollUp(
        name="tally",
        counts="feedback_interaction",
        period="since",
        key="since",
        narrowed=quarter("told.occurred_at"),
        statement=f"""
INSERT INTO feedback_tally (since, surface, kind, stars, simulated, archived, count)
SELECT {quarter("told.occurred_at")}, coalesce(served.surface, ''), told.kind,
    CASE told.kind WHEN {Kind.RATING:d} THEN round(told.value * 2) / 2 ELSE 0 END,
    told.simulated, false, count(*)
FROM feedback_interaction AS told
LEFT JOIN feedback_impression AS served ON served.id = told.impression
    AND served.served_at BETWEEN told.occurred_at - {ANSWERED_WITHIN} AND told.occurred_at + {ANSWERED_BEFORE}
    AND served.served_at >= %(start)s - {ANSWERED_WITHIN} AND served.served_at < %(end)s + {ANSWERED_BEFORE}
WHERE told.occurred_at >= %(start)s AND told.occurred_at < %(end)s AND {STANDING} {{touched}}
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
""",  # noqa: S608 - made of constants alone
    ),
    _RollUp(
        name="slottally",
        counts="feedback_impression",
        period="since",
        key="since",
        narrowed=quarter("served.served_at"),
        laid_down=(("slate", _SLATES), ("answer", _ANSWERS)),
        statement=f"""
INSERT INTO feedback_slottally
    (since, surface, slot, simulated, archived, served, curated, clicked, liked)
SELECT {quarter("served_at")}, surface, placed.slot, simulated, false, count(*),
    count(*) FILTER (WHERE placed.curated), count(*) FILTER (WHERE answer.clicked),
    count(*) FILTER (WHERE answer.liked)
FROM feedback_impression AS served
CROSS JOIN unnest(items, slots, curated) AS placed (item, slot, curated)
LEFT JOIN answer ON answer.impression = served.id AND answer.item_id = placed.item
WHERE served_at >= %(start)s AND served_at < %(end)s {{touched}}
GROUP BY 1, surface, placed.slot, simulated
""",  # noqa: S608 - made of constants alone
    ),
    _RollUp(
        name="itemtally",
        counts="feedback_interaction",
        period="day",
        key="item_id, day",
        narrowed=f"told.item_id, {day('told.occurred_at')}",
        statement=f"""
INSERT INTO feedback_itemtally (item_id, day, kind, archived, count)
SELECT told.item_id, {day("told.occurred_at")}, told.kind, false, count(*)
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
        narrowed=f"item, {day('served_at')}",
        statement=f"""
INSERT INTO feedback_itemshown (item_id, day, archived, count)
SELECT item, {day("served_at")}, false, count(*)
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
    than finding out what they touch. Otherwise `touched_itemtally`, `touched_itemshown` and `touched_member`
    are there for the rest of the transaction: the items and days that were counted again, and whose rows
    they were.
    """
    with connection.cursor() as cursor:
        arrivals.take(cursor)
        everything = rebuild or arrivals.are_most_rows(cursor)
        if everything:
            _count_everything(cursor)
        else:
            _count_changed(cursor)
    return everything


def _count_everything(cursor: CursorWrapper) -> None:
    for each in _ROLL_UPS:
        cursor.execute(f"DELETE FROM feedback_{each.name} WHERE NOT archived")  # noqa: S608 - made of constants alone
        if found := months(each.counts):
            each.count(cursor, found[0], next_month(found[-1]), "")


def _count_changed(cursor: CursorWrapper) -> None:
    arrivals.touch(cursor)
    for each in _ROLL_UPS:
        cursor.execute(each.clear())
        cursor.execute(each.months())
        period = timedelta(days=1) if each.is_daily else timedelta(minutes=15)
        for first, last in cursor.fetchall():
            each.count(cursor, first, last + period, each.touched)
