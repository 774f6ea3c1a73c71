"""When periods start: hours, wall clocks, and the two nights of the year on which a clock is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.runs.cadence import CadenceError, EveryHours, latest, upcoming, wall_clock

BERLIN = "Europe/Berlin"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def shown(starts, zone=BERLIN):
    """What a clock in the zone shows at each start."""
    return [start.astimezone(ZoneInfo(zone)).strftime("%d %H:%M") for start in starts]


@pytest.mark.parametrize("hours", [24, 72])
def test_hours_are_counted_from_when_the_schedule_was_saved(hours):
    starts = upcoming(EveryHours(hours, NOON), NOON, 3)
    assert starts == [NOON + timedelta(hours=hours * at) for at in (1, 2, 3)]


def test_every_day_has_one_start_though_the_clock_jumps_over_it():
    clock = wall_clock("30 2 * * *", BERLIN)
    starts = upcoming(clock, datetime(2026, 3, 28, 12, tzinfo=UTC), 3)
    assert shown(starts) == ["29 03:00", "30 02:30", "31 02:30"]


def test_every_day_has_one_start_though_the_clock_shows_it_twice():
    clock = wall_clock("30 2 * * *", BERLIN)
    starts = upcoming(clock, datetime(2026, 10, 24, 12, tzinfo=UTC), 2)
    assert starts[0] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "the first of the two"
    assert shown(starts) == ["25 02:30", "26 02:30"]


def test_a_clock_of_another_zone_has_other_starts():
    at = datetime(2026, 6, 1, tzinfo=UTC)
    assert upcoming(wall_clock("0 3 * * *", "Asia/Shanghai"), at, 1)[0].hour == 19
    assert upcoming(wall_clock("0 3 * * *", "UTC"), at, 1)[0].hour == 3


def test_where_both_days_are_restricted_either_will_do():
    starts = upcoming(wall_clock("0 0 13 * 5", "UTC"), datetime(2026, 2, 9, tzinfo=UTC), 3)
    assert [start.day for start in starts] == [13, 20, 27]
    starts = upcoming(wall_clock("0 0 * * 0", "UTC"), datetime(2026, 2, 9, tzinfo=UTC), 1)
    assert starts[0].strftime("%A") == "Sunday"


@pytest.mark.parametrize(
    ("cron", "zone", "why"),
    [
        ("61 * * * *", "UTC", "minute"),
        ("* 24 * * *", "UTC", "hour"),
        ("0 0 0 * *", "UTC", "day of the month"),
        ("0 0 * 13 *", "UTC", "month"),
        ("0 0 * * 9", "UTC", "weekday"),
        ("*/0 * * * *", "UTC", "minute"),
        ("3 o'clock", "UTC", "five fields"),
        ("", "UTC", "five fields"),
        ("0 0 31 2 *", "UTC", "no clock ever"),
        ("0 3 * * *", "Mars/Base", "time zone"),
        ("0 3 * * *", "../../etc/passwd", "time zone"),
    ],
)
def test_times_that_cannot_be_are_refused_by_part(cron, zone, why):
    with pytest.raises(CadenceError, match=why):
        wall_clock(cron, zone)


@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_a_daily_time_starts_one_period_on_each_day_of_the_year(hour, minute, zone):
    clock = wall_clock(f"{minute} {hour} * * *", zone)
    starts = list(islice(clock.after(datetime(2026, 1, 1, tzinfo=ZoneInfo(zone))), 364))
    assert starts == sorted(set(starts))
    days = [start.astimezone(ZoneInfo(zone)).date() for start in starts]
    assert days == sorted(set(days))
    assert (days[-1] - days[0]).days == 363


@given(st.integers(1, 500), st.integers(0, 10_000))
def test_the_latest_start_is_the_last_that_is_not_later(hours, minutes):
    cadence, at = EveryHours(hours, NOON), NOON + timedelta(minutes=minutes)
    found = latest(cadence, NOON, at)
    if found is None:
        assert at < NOON + timedelta(hours=hours)
    else:
        assert found <= at < found + timedelta(hours=hours)
