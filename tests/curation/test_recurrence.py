"""When recurring hours begin and end, over daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curation.decisions.recurrence import clock, next_edge, opens_before
from curation.fusion.policy import Hours
from curation.fusion.standing import within
from tests.curation.fusion.cases import THOROUGH

# In each of these zones the clock is put back or forward on one of these days, by an hour or by half of one.
CHANGES = ("2025-03-30", "2025-10-26", "2025-04-06", "2025-10-05", "2025-03-09", "2025-11-02")
ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Shanghai", "UTC")
MINUTES = st.sampled_from([0, 90, 120, 150, 180, 1439]) | st.integers(0, 1439)
INSTANTS = st.tuples(st.sampled_from(CHANGES), st.integers(-26 * 60, 50 * 60)).map(
    lambda told: datetime.fromisoformat(told[0]).replace(tzinfo=UTC) + timedelta(minutes=told[1])
)
HOURS = st.builds(
    Hours,
    st.sampled_from(ZONES),
    st.frozensets(st.integers(1, 7), max_size=3),
    MINUTES,
    MINUTES | st.just(1440),
)
# 02:30 is skipped that day: the hours begin when the clock goes on, at 03:00.
SKIPPED = Hours("Europe/Berlin", frozenset(), 150, 240)
# Two hours of a Sunday that are skipped on the next one: they come a week later.
SKIPPED_ONCE = Hours("Europe/Berlin", frozenset({7}), 120, 180)


def holds(hours: Hours, instant: datetime) -> bool:
    return within(hours, clock(hours.zone, instant))


@THOROUGH
@given(HOURS, INSTANTS)
@example(SKIPPED, datetime(2025, 3, 30, 0, 59, tzinfo=UTC))
@example(SKIPPED_ONCE, datetime(2027, 3, 22, tzinfo=UTC))
def test_nothing_changes_before_the_next_edge_and_there_it_does(hours, at):
    edge = next_edge(hours, at)
    until = edge or at + timedelta(days=16)
    quarter = timedelta(minutes=15)
    steps = int((until - at - timedelta(seconds=1)) / quarter) + 1
    held = {holds(hours, at + n * quarter) for n in range(steps)}
    assert held == {holds(hours, at)}
    assert holds(hours, until - timedelta(seconds=1)) == holds(hours, at)
    if edge:
        assert edge > at
        assert holds(hours, edge) != holds(hours, at)


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (
            Hours("Europe/Berlin", frozenset({2}), 540, 600),
            "2025-06-02T12:00",
            "2025-06-03T07:00",
        ),
        (
            Hours("Europe/Berlin", frozenset({2}), 540, 600),
            "2025-06-03T07:00",
            "2025-06-03T08:00",
        ),
        (SKIPPED, "2025-03-30T00:00", "2025-03-30T01:00"),
        # 02:00 to 02:30 is shown twice: the hours hold, end, and hold again.
        (Hours("Europe/Berlin", frozenset(), 120, 150), "2025-10-26T00:10", "2025-10-26T00:30"),
        (Hours("Europe/Berlin", frozenset(), 120, 150), "2025-10-26T00:30", "2025-10-26T01:00"),
        (Hours("UTC"), "2025-06-02T12:00", None),
    ],
)
def test_edges_are_where_the_clock_on_the_wall_shows_them(hours, at, expected):
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    wanted = datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None
    assert next_edge(hours, instant) == wanted


@pytest.mark.parametrize(("days", "expected"), [(1, False), (2, True)])
def test_hours_that_do_not_come_before_the_end_never_open(days, expected):
    tuesdays = Hours("Europe/Berlin", frozenset({2}), 540, 600)
    sunday = datetime(2025, 6, 1, 12, tzinfo=UTC)
    assert opens_before(tuesdays, sunday, sunday + timedelta(days=days)) == expected
