"""When a schedule's periods start: every so many hours, or when a wall clock in a zone shows certain times.

A period is known by the instant at which it starts. A time that the clock jumps over in spring counts at
the instant to which the clock jumps; one that it shows twice in autumn counts the first time. So each time
of a wall clock starts exactly one period.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from celery.schedules import ParseException, crontab_parser

FIELDS: Final = (
    ("minute", 60, 0),
    ("hour", 24, 0),
    ("day of the month", 31, 1),
    ("month", 12, 1),
    ("weekday", 7, 0),
)
DAYS_AHEAD: Final = 8 * 366
DAY: Final = timedelta(days=1)


class CadenceError(ValueError):
    """No times can be read of this; the message says which part is wrong."""


class Cadence(Protocol):
    """The starts of periods after an instant, in order."""

    def after(self, instant: datetime) -> Iterator[datetime]: ...


@dataclass(frozen=True, slots=True)
class EveryHours:
    """A period each so many hours, counted from `since`; daylight saving does not touch it."""

    hours: int
    since: datetime

    def after(self, instant: datetime) -> Iterator[datetime]:
        """The starts after an instant, none before one length after `since`."""
        length = timedelta(hours=self.hours)
        at = max(0, (instant - self.since) // length) + 1
        while True:
            yield self.since + at * length
            at += 1


@dataclass(frozen=True, slots=True)
class WallClock:
    """A period whenever the clock of a zone shows one of these times."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    zone: ZoneInfo

    def after(self, instant: datetime) -> Iterator[datetime]:
        """The starts after an instant; ends where none lies within eight years."""
        first = instant.astimezone(self.zone).date() - DAY
        last = instant
        for ahead in range(DAYS_AHEAD):
            day = first + ahead * DAY
            if not self._has(day):
                continue
            for start in sorted(self._starts(day)):
                if start > last:
                    yield start
                    last = start

    def _has(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either_day else of_month and of_week

    def _starts(self, day: date) -> Iterator[datetime]:
        for hour in self.hours:
            for minute in self.minutes:
                shown = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                yield _instant(shown)


def _instant(shown: datetime) -> datetime:
    """The instant at which a clock first shows a time, or jumps over it."""
    instant = shown.astimezone(UTC)
    if instant.astimezone(shown.tzinfo).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return instant
    return _jump(instant - DAY, instant + DAY, shown)


def _jump(low: datetime, high: datetime, shown: datetime) -> datetime:
    """The instant of the jump over a time, to the second: before it the clock shows less, after it more."""
    naive = shown.replace(tzinfo=None)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        is_before = middle.astimezone(shown.tzinfo).replace(tzinfo=None) < naive
        low, high = (middle, high) if is_before else (low, middle)
    return high


def wall_clock(cron: str, zone: str) -> WallClock:
    """Read five fields of cron (minute, hour, day of the month, month, weekday) on the clock of a zone.

    Where both days are restricted, either will do. Raises CadenceError.
    """
    words = cron.split()
    if len(words) != len(FIELDS):
        told = "five fields are needed: minute, hour, day of the month, month, weekday"
        raise CadenceError(told)
    minutes, hours, days, months, weekdays = (
        _field(word, *field) for word, field in zip(words, FIELDS, strict=True)
    )
    either = words[2] != "*" and words[4] != "*"
    clock = WallClock(minutes, hours, days, months, weekdays, either, _zone(zone))
    if next(clock.after(datetime.now(UTC)), None) is None:
        raise CadenceError("no clock ever shows such a time")
    return clock


def _field(word: str, name: str, size: int, least: int) -> frozenset[int]:
    try:
        return frozenset(crontab_parser(size, least).parse(word))
    except (ParseException, ValueError) as error:
        raise CadenceError(f"{name}: {word!r} cannot be read") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise CadenceError(f"there is no time zone {name!r}") from error


def latest(cadence: Cadence, since: datetime, at: datetime) -> datetime | None:
    """The last start after `since` that lies no later than `at`; None where there is none."""
    found = None
    for start in cadence.after(since):
        if start > at:
            break
        found = start
    return found


def upcoming(cadence: Cadence, at: datetime, count: int = 5) -> list[datetime]:
    """The next starts."""
    return list(islice(cadence.after(at), count))
