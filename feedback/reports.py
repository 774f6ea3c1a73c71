"""The figures of the report, each one query over the roll-ups, as of the last of them.

Those of one segment are counted from the rows themselves, by the same query.

Quarters of an hour are the finest step, so days begin at midnight in every time zone that is in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from django.db import connection
from django.utils import timezone

from feedback import segments
from feedback.models import Kind

Step = Literal["day", "week", "month"]

MOST_BARS: Final = 45

_IN_SPAN: Final = """
since >= %(start)s AND since < %(end)s AND (%(simulated)s OR NOT simulated)
    AND (%(surface)s::text IS NULL OR surface = %(surface)s)
"""

_ACTIVITY: Final = f"""
SELECT date_trunc(%(step)s, since, %(zone)s) AS step, kind, sum(count)::bigint
FROM {{tally}} AS tally WHERE {_IN_SPAN} GROUP BY step, kind
"""  # noqa: S608 - made of constants alone

_STARS: Final = f"""
SELECT stars, sum(count)::bigint
FROM {{tally}} AS tally WHERE kind = {Kind.RATING:d} AND {_IN_SPAN} GROUP BY stars
"""  # noqa: S608 - made of constants alone

_SLOTS: Final = f"""
SELECT surface, slot, sum(served)::bigint, sum(clicked)::bigint, sum(liked)::bigint
FROM {{slot_tally}} AS tally WHERE {_IN_SPAN} GROUP BY surface, slot ORDER BY surface, slot
"""  # noqa: S608 - made of constants alone

_CURATED: Final = f"""
SELECT date_trunc(%(step)s, since, %(zone)s) AS step, sum(served)::bigint, sum(curated)::bigint
FROM {{slot_tally}} AS tally WHERE {_IN_SPAN} GROUP BY step
"""  # noqa: S608 - made of constants alone

_ROLLED_UP: Final = {"tally": "feedback_tally", "slot_tally": "feedback_slottally"}
_COUNTED: Final = {"tally": segments.TALLY, "slot_tally": segments.SLOT_TALLY}


@dataclass(frozen=True, slots=True)
class Span:
    """What a report is about: whole days of the reader's time zone, a surface or all, a segment or all."""

    start: date
    end: date
    surface: str | None = None
    simulated: bool = False
    segment: UUID | None = None

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
            "segment": self.segment,
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


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """What those did who are in a segment now: members, members with feedback, and how often they did what."""

    name: str
    members: int
    active: int
    interactions: int
    ratings: int
    mean: float | None
    likes: int
    clicks: int


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


def by_segment(span: Span) -> list[SegmentFigures]:
    """What the members of each segment did."""
    return [SegmentFigures(*row) for row in _fetch(segments.EACH, span)]


def _fetch(sql: str, span: Span) -> list[tuple[Any, ...]]:
    tables = _COUNTED if span.segment else _ROLLED_UP
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**tables), span.words())
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
