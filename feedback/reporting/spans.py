"""What a report is about: whole days of the reader's time zone, a surface or all, a segment or all, a kind or all.

Quarters of an hour are the finest step of the roll-ups, so days begin at midnight in every time zone that is in use.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from django.db import connection
from django.utils import timezone

from feedback.models import Kind
from feedback.partitions import EARLIEST
from feedback.rollups import segments

Step = Literal["day", "week", "month"]
Compare = Literal["previous", "month", "none"]

MOST_BARS: Final = 45
RAW_DAYS: Final = 92
"""How many days are counted at most from the rows themselves, where no roll-up knows the answer."""

IN_SPAN: Final = """
since >= %(start)s AND since < %(end)s AND (%(simulated)s OR NOT simulated)
    AND (%(surface)s::text IS NULL OR surface = %(surface)s)
"""
OF_KIND: Final = "(%(kind)s::int IS NULL OR kind = %(kind)s)"

_ROLLED_UP: Final = {"tally": "feedback_tally", "slot_tally": "feedback_slottally"}
_COUNTED: Final = {"tally": segments.TALLY, "slot_tally": segments.SLOT_TALLY}


@dataclass(frozen=True, slots=True)
class Span:
    """The days, both included, and what is filtered; `pace` is the step of the span that it is compared to."""

    start: date
    end: date
    surface: str | None = None
    simulated: bool = False
    segment: UUID | None = None
    kind: Kind | None = None
    compare: Compare = "previous"
    pace: Step | None = None

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.end - self.start).days + 1

    @property
    def step(self) -> Step:
        """What one place of a chart covers, so that there are few enough to be seen."""
        if self.pace:
            return self.pace
        if self.days <= MOST_BARS:
            return "day"
        return "week" if self.days <= 7 * MOST_BARS else "month"

    @property
    def is_raw_possible(self) -> bool:
        """Whether the days are few enough to count rows that no roll-up knows."""
        return self.days <= RAW_DAYS

    def steps(self) -> list[date]:
        """The first day of every place of a chart."""
        found, at = [], floor(self.start, self.step)
        while at <= self.end:
            found.append(at)
            at = _next(at, self.step)
        return found

    def whole_days(self) -> list[date]:
        """The days that are over."""
        last = min(self.end, timezone.localdate() - timedelta(days=1))
        return [self.start + timedelta(days=n) for n in range((last - self.start).days + 1)]

    def before(self) -> Span | None:
        """The days that these are compared to: as many just before, or the same of the month before."""
        if self.compare == "none":
            return None
        if self.compare == "month":
            start, end = _month_before(self.start), _month_before(self.end)
        else:
            start, end = self.start - timedelta(days=self.days), self.start - timedelta(days=1)
        if start < EARLIEST.date():
            return None
        return replace(self, start=start, end=end, compare="none", pace=self.step)

    def words(self) -> dict[str, Any]:
        """The span as the parameters of a query."""
        return {
            "start": _midnight(self.start),
            "end": _midnight(self.end + timedelta(days=1)),
            "surface": self.surface,
            "simulated": self.simulated,
            "segment": self.segment,
            "kind": self.kind,
            "step": self.step,
            "zone": timezone.get_current_timezone_name(),
        }


def fetch(sql: str, span: Span) -> list[tuple[Any, ...]]:
    """The rows of a query over `{tally}` or `{slot_tally}`: the roll-ups, or what stands in for them in a segment."""
    return rows(sql.format(**(_COUNTED if span.segment else _ROLLED_UP)), span.words())


def rows(sql: str, words: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, words)
        return list(cursor.fetchall())


def day_of(since: datetime) -> date:
    """The reader's day of an instant."""
    return timezone.localdate(since)


def floor(day: date, step: Step) -> date:
    """The first day of the step that holds a day."""
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _next(day: date, step: Step) -> date:
    if step == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if step == "week" else 1)


def _month_before(day: date) -> date:
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, monthrange(last.year, last.month)[1]))
