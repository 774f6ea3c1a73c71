"""The figures of the report, each one query; an undone interaction counts nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from django.db import connection
from django.utils import timezone

from feedback.models import Kind

Step = Literal["day", "week", "month"]

MOST_BARS: Final = 45

_STANDING: Final = f"""
told.kind <> {Kind.UNDO:d} AND (%(simulated)s OR NOT told.simulated) AND NOT EXISTS (
    SELECT FROM feedback_undo AS undo
    WHERE (undo.source, undo.event, undo.subject) = (told.source, told.event, told.subject)
)"""

# An answer may come long after its slate; a month before the first day is as far as we look.
_ON_SURFACE: Final = """
(%(surface)s::text IS NULL OR EXISTS (
    SELECT FROM feedback_impression AS served
    WHERE served.id = told.impression AND served.surface = %(surface)s
      AND served.served_at >= %(start)s - interval '31 days' AND served.served_at < %(end)s
))"""

_ACTIVITY: Final = f"""
SELECT date_trunc(%(step)s, occurred_at, %(zone)s) AS since, kind, count(*)
FROM feedback_interaction AS told
WHERE occurred_at >= %(start)s AND occurred_at < %(end)s AND {_STANDING} AND {_ON_SURFACE}
GROUP BY since, kind
"""  # noqa: S608 - made of constants alone

_STARS: Final = f"""
SELECT round(value * 2) / 2 AS stars, count(*)
FROM feedback_interaction AS told
WHERE occurred_at >= %(start)s AND occurred_at < %(end)s AND kind = {Kind.RATING:d}
  AND {_STANDING} AND {_ON_SURFACE}
GROUP BY stars
"""  # noqa: S608 - made of constants alone

_SERVED: Final = """
SELECT id, subject, surface, served_at, placed.item, placed.slot, placed.curated
FROM feedback_impression
CROSS JOIN unnest(items, slots, curated) AS placed (item, slot, curated)
WHERE served_at >= %(start)s AND served_at < %(end)s AND (%(simulated)s OR NOT simulated)
  AND (%(surface)s::text IS NULL OR surface = %(surface)s)
"""

_SLOTS: Final = f"""
WITH served AS ({_SERVED}), answer AS (
    SELECT impression, subject, item_id, bool_or(kind = {Kind.CLICK:d}) AS clicked,
        bool_or(kind = {Kind.LIKE:d}) AS liked
    FROM feedback_interaction AS told
    WHERE impression IS NOT NULL AND kind IN ({Kind.CLICK:d}, {Kind.LIKE:d})
      AND occurred_at >= %(start)s AND {_STANDING}
    GROUP BY impression, subject, item_id
)
SELECT surface, slot, count(*), count(*) FILTER (WHERE clicked), count(*) FILTER (WHERE liked)
FROM served LEFT JOIN answer ON answer.impression = served.id
    AND answer.subject = served.subject AND answer.item_id = served.item
GROUP BY surface, slot ORDER BY surface, slot
"""  # noqa: S608 - made of constants alone

_CURATED: Final = f"""
SELECT date_trunc(%(step)s, served_at, %(zone)s) AS since, count(*),
    count(*) FILTER (WHERE curated)
FROM ({_SERVED}) AS served GROUP BY since
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class Span:
    """What a report is about: whole days of the reader's time zone, a surface or all of them."""

    start: date
    end: date
    surface: str | None = None
    simulated: bool = False

    @property
    def step(self) -> Step:
        """What one bar covers, so that there are few enough to be seen."""
        days = (self.end - self.start).days + 1
        if days <= MOST_BARS:
            return "day"
        return "week" if days <= 7 * MOST_BARS else "month"

    def steps(self) -> list[date]:
        """The first day of every bar."""
        found, at = [], _floor(self.start, self.step)
        while at <= self.end:
            found.append(at)
            at = _next(at, self.step)
        return found

    def words(self) -> dict[str, Any]:
        """The span as the parameters of a query."""
        return {
            "start": _midnight(self.start),
            "end": _midnight(self.end + timedelta(days=1)),
            "surface": self.surface,
            "simulated": self.simulated,
            "step": self.step,
            "zone": timezone.get_current_timezone_name(),
        }


@dataclass(frozen=True, slots=True)
class SlotFigures:
    """How a slot of a surface was answered: placements served, clicked and liked."""

    surface: str
    slot: int
    served: int
    clicked: int
    liked: int


def activity(span: Span) -> dict[tuple[date, Kind], int]:
    """How often each kind of feedback was given in each step."""
    rows = _fetch(_ACTIVITY, span)
    return {(_day(since), Kind(kind)): count for since, kind, count in rows}


def stars(span: Span) -> dict[float, int]:
    """How many ratings gave how many stars, to the half star."""
    return {float(value): count for value, count in _fetch(_STARS, span)}


def slots(span: Span) -> list[SlotFigures]:
    """How each slot of each surface was answered."""
    return [SlotFigures(*row) for row in _fetch(_SLOTS, span)]


def curated(span: Span) -> dict[date, tuple[int, int]]:
    """Placements served in each step, and how many of them a curator decided."""
    return {_day(since): (served, decided) for since, served, decided in _fetch(_CURATED, span)}


def _fetch(sql: str, span: Span) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, span.words())
        return list(cursor.fetchall())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _day(since: datetime) -> date:
    return timezone.localdate(since)


def _floor(day: date, step: Step) -> date:
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _next(day: date, step: Step) -> date:
    if step == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if step == "week" else 1)
