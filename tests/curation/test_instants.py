"""Times on wall clocks: what daylight saving skips, what it shows twice, and what is no time at all."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.decisions.instants import instant_of, instants_of, read_instant, zone_named
from curation.problems import Invalid
from tests.curation.fusion.cases import THOROUGH

BERLIN = ZoneInfo("Europe/Berlin")
SKIPPED = datetime.fromisoformat("2026-03-29T02:30")
DOUBLED = datetime.fromisoformat("2026-10-25T02:30")


def refusal(call, *args):
    with pytest.raises(Invalid) as refused:
        call(*args)
    return refused.value


def test_a_usual_time_is_one_instant():
    nine = datetime.fromisoformat("2026-07-01T09:00")
    assert instants_of(nine, BERLIN) == (datetime(2026, 7, 1, 7, tzinfo=UTC),)


def test_a_skipped_hour_is_refused_and_names_the_time_after_it():
    assert instants_of(SKIPPED, BERLIN) == ()
    refused = refusal(instant_of, SKIPPED, BERLIN)
    assert refused.code == "skipped_hour"
    assert "03:30" in str(refused)


def test_a_doubled_hour_has_to_say_which_is_meant():
    first, second = instants_of(DOUBLED, BERLIN)
    assert (first.hour, second.hour) == (0, 1)
    assert refusal(instant_of, DOUBLED, BERLIN).code == "doubled_hour"
    assert instant_of(DOUBLED, BERLIN, "first") == first
    assert instant_of(DOUBLED, BERLIN, "second") == second


def test_a_zone_may_skip_a_whole_day():
    noon = datetime.fromisoformat("2011-12-30T12:00")
    assert instants_of(noon, ZoneInfo("Pacific/Apia")) == ()


@THOROUGH
@given(
    st.datetimes(*map(datetime.fromisoformat, ("1990-01-01", "2199-12-30"))),
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "UTC"]),
)
def test_an_instant_is_found_again_on_the_clock_that_shows_it(instant, name):
    zone = ZoneInfo(name)
    wall = instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    assert instant.replace(tzinfo=UTC) in instants_of(wall, zone)


def test_a_text_carries_an_offset_or_takes_a_zone():
    nine = datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert read_instant("2026-07-01T09:00+02:00") == nine
    assert read_instant("2026-07-01T09:00", "Europe/Berlin") == nine
    assert refusal(read_instant, "2026-07-01T09:00").code == "no_zone"


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30T00:00Z", "0001-01-01T00:00+14:00"])
def test_what_is_no_time_is_refused(text):
    assert refusal(read_instant, text, "UTC").code == "bad_instant"


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "", "Europe"])
def test_an_unknown_zone_is_refused(name):
    assert refusal(zone_named, name).code == "unknown_zone"
