"""Which decisions hold: windows, audiences, hours, holdback and traffic."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.fusion.columns import Column, Kind
from curation.fusion.context import Context
from curation.fusion.effects import Boost, Exclude
from curation.fusion.policy import Audience, Blend, Hours, Policy, SurfaceSettings, Window
from curation.fusion.query import Comparison
from curation.fusion.shares import HOLDBACK, TRAFFIC, position
from curation.fusion.standing import standing
from tests.curation.fusion.cases import (
    DAY,
    MEMBER,
    NOW,
    SURFACE,
    THOROUGH,
    block,
    decision_id,
    item,
    pin,
    rule,
    simple_case,
)
from tests.curation.fusion.properties import fused

CONTEXT = Context(
    SURFACE,
    NOW,
    subject=MEMBER,
    device="tv",
    language="zh",
    anchor=item(9),
    attributes={"age": Column.of(Kind.NUMBER, [30])},
    clocks={"Asia/Shanghai": datetime(2025, 6, 4, 20, 30)},  # noqa: DTZ001  (a wall clock; a Wednesday)
)


def holds(context: Context = CONTEXT, **decided) -> bool:
    policy = Policy(SurfaceSettings(SURFACE), pins=(pin(1, 1, 1, **decided),))
    return bool(standing(policy, context).pins)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(), True),
        (Window(starts=NOW), True),
        (Window(starts=NOW + timedelta(microseconds=1)), False),
        (Window(ends=NOW), False),
        (Window(ends=NOW + timedelta(microseconds=1)), True),
        (Window(NOW - DAY, NOW + DAY), True),
    ],
)
def test_a_window_includes_its_start_and_excludes_its_end(window, expected):
    assert holds(window=window) == expected


def test_a_window_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="end after"):
        Window(NOW, NOW)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Audience(devices=frozenset({"tv", "phone"})), True),
        (Audience(devices=frozenset({"phone"})), False),
        (Audience(languages=frozenset({"zh"})), True),
        (Audience(languages=frozenset({"en"})), False),
        (Audience(anchors=frozenset({item(9)})), True),
        (Audience(anchors=frozenset({item(8)})), False),
        (Audience(member=Comparison("age", Kind.NUMBER, "ge", 18.0)), True),
        (Audience(member=Comparison("age", Kind.NUMBER, "lt", 18.0)), False),
        (Audience(member=Comparison("height", Kind.NUMBER, "ge", 0.0)), False),
        (Audience(devices=frozenset({"tv"}), languages=frozenset({"en"})), False),
    ],
)
def test_all_conditions_of_an_audience_must_hold(who, expected):
    assert holds(who=who) == expected


@pytest.mark.parametrize(
    ("weekdays", "since", "until", "expected"),
    [
        ((), 20 * 60, 21 * 60, True),
        ((), 20 * 60 + 30, 21 * 60, True),
        ((), 20 * 60, 20 * 60 + 30, False),
        ((3,), 0, 1440, True),
        ((4,), 0, 1440, False),
        ((), 22 * 60, 21 * 60, True),
        ((2,), 22 * 60, 21 * 60, True),
        ((3,), 22 * 60, 21 * 60, False),
        ((3,), 20 * 60, 2 * 60, True),
        ((), 22 * 60, 2 * 60, False),
    ],
)
def test_recurring_hours_go_by_the_wall_clock_of_their_zone(weekdays, since, until, expected):
    hours = Hours("Asia/Shanghai", frozenset(weekdays), since, until)
    assert holds(who=Audience(hours=hours)) == expected


# In each of these zones the clock is put back or forward on one of these days, by an hour or by half of one.
CHANGES = ("2025-03-30", "2025-10-26", "2025-04-06", "2025-10-05", "2025-03-09", "2025-11-02")
ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Shanghai", "UTC")
MINUTES = st.sampled_from([0, 90, 120, 150, 180, 1439]) | st.integers(0, 1439)


@THOROUGH
@given(
    st.sampled_from(CHANGES).map(datetime.fromisoformat),
    st.integers(-26 * 60, 50 * 60),
    st.sampled_from(ZONES),
    st.frozensets(st.integers(1, 7), max_size=4),
    st.tuples(MINUTES, MINUTES | st.just(1440)),
)
def test_hours_hold_whenever_the_clock_on_the_wall_shows_them(day, minutes, zone, weekdays, times):
    since, until = times
    instant = day.replace(tzinfo=UTC) + timedelta(minutes=minutes)
    wall = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    context = replace(CONTEXT, instant=instant, clocks={zone: wall})
    hours = Hours(zone, weekdays, since, until)
    assert holds(context, who=Audience(hours=hours)) == shown_on_the_wall(wall, hours)


def shown_on_the_wall(wall: datetime, hours: Hours) -> bool:
    """Whether any day that counts began a time that the clock shows is not over."""
    lasts = timedelta(minutes=(hours.until - hours.since - 1) % 1440 + 1)
    for began in (wall.date(), wall.date() - DAY):
        start = datetime.combine(began, time()) + timedelta(minutes=hours.since)
        counts = not hours.weekdays or began.isoweekday() in hours.weekdays
        if counts and start <= wall < start + lasts:
            return True
    return False


def test_a_clock_that_a_decision_needs_must_be_there():
    with pytest.raises(ValueError, match="Europe/Paris"):
        holds(who=Audience(hours=Hours("Europe/Paris")))


def test_a_share_of_members_is_held_back_and_others_are_not():
    subjects = [UUID(int=number) for number in range(1, 401)]
    spared = [each for each in subjects if not holds(replace(CONTEXT, subject=each), holdback=0.25)]
    assert len(spared) == pytest.approx(100, abs=30)
    wider = [each for each in subjects if not holds(replace(CONTEXT, subject=each), holdback=0.5)]
    assert set(spared) <= set(wider)


def test_holdback_and_traffic_are_independent():
    subjects = [UUID(int=number) for number in range(1, 401)]
    low = [each for each in subjects if position(decision_id(1), each, HOLDBACK) < 0.5]
    both = [each for each in low if position(decision_id(1), each, TRAFFIC) < 0.5]
    assert len(both) == pytest.approx(100, abs=30)


def test_blocks_exclusions_and_the_slate_of_nobody_are_exempt_from_shares():
    spared: dict[str, Any] = {"holdback": 1.0, "traffic": 0.0}
    policy = Policy(
        SurfaceSettings(SURFACE),
        blocks=(block(1, 1, **spared),),
        rules=(rule(2, Exclude(), **spared), rule(3, Boost(1.0), **spared)),
    )
    held = standing(policy, CONTEXT)
    assert len(held.blocks) == 1
    assert [each.lineage for each in held.rules] == [decision_id(2)]
    nobody = standing(policy, replace(CONTEXT, subject=None))
    assert [each.lineage for each in nobody.rules] == [decision_id(2), decision_id(3)]


def test_a_policy_holds_one_revision_of_a_decision():
    with pytest.raises(ValueError, match="two revisions"):
        Policy(SurfaceSettings(SURFACE), pins=(pin(1, 1, 1), pin(1, 2, 2, revision=2)))


def test_a_context_of_another_surface_is_refused():
    case = simple_case(1.0)
    with pytest.raises(ValueError, match="elsewhere"):
        fused(replace(case, context=replace(case.context, surface="elsewhere")))


def test_a_context_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        Context(SURFACE, NOW.replace(tzinfo=None))


@pytest.mark.parametrize("weights", [{}, {"a": 0.0}, {"a": -1.0, "b": 2.0}, {"a": float("nan")}])
def test_weights_that_do_not_weigh_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        Blend(lineage=decision_id(1), published_at=NOW, weights=weights)


@pytest.mark.parametrize("strength", [-0.1, 2.1, float("nan"), float("inf")])
def test_a_strength_out_of_bounds_is_refused(strength):
    with pytest.raises(ValueError, match="strength"):
        Boost(strength)
