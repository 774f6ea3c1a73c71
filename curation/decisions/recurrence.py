"""When recurring hours begin and end: the instants at which a zone's clocks show it, over daylight saving."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from curation.decisions.instants import instants_of
from curation.fusion.policy import Hours
from curation.fusion.standing import within

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_AHEAD: Final = 15
"""So many days are looked through: hours recur within a week, unless a turn of the clocks skips them once."""


def clock(zone: str, instant: datetime) -> datetime:
    """What the clocks of a zone show at an instant, without a zone of its own."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def next_edge(hours: Hours, at: datetime) -> datetime | None:
    """The next instant (UTC) at which the hours begin or end; None where they never do."""
    held = within(hours, clock(hours.zone, at))
    return next((edge for edge in _edges(hours, at) if _holds(hours, edge) != held), None)


def opens_before(hours: Hours, start: datetime, end: datetime | None) -> bool:
    """Whether the hours hold at some instant from the start on and before the end (None: ever)."""
    if _holds(hours, start):
        return True
    edge = next_edge(hours, start)
    return edge is not None and (end is None or edge < end)


def _holds(hours: Hours, instant: datetime) -> bool:
    return within(hours, clock(hours.zone, instant))


def _edges(hours: Hours, after: datetime) -> Iterator[datetime]:
    """Instants of the coming days at which the hours could begin or end, in order.

    Beside the times themselves these are the turns of the clocks, which skip times and show others twice.
    """
    zone = ZoneInfo(hours.zone)
    first = clock(hours.zone, after).date() - _DAY
    days = [first + n * _DAY for n in range(_AHEAD + 2)]
    walls = (
        datetime.combine(day, time()) + timedelta(minutes=minutes)
        for day in days
        for minutes in (hours.since, hours.until)
    )
    found = {instant for wall in walls for instant in instants_of(wall, zone)}
    midnights = [datetime.combine(day, time(), UTC) for day in days]
    found |= {turn for pair in pairwise(midnights) for turn in _turn(zone, *pair)}
    return iter(sorted(each for each in found if each > after))


def _turn(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The instant between two at which the clocks are put forward or back, if they are."""
    before = _offset(zone, start)
    if before == _offset(zone, end):
        return
    while end - start > _SECOND:
        middle = (start + (end - start) / 2).replace(microsecond=0)
        start, end = (middle, end) if _offset(zone, middle) == before else (start, middle)
    yield end


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()
