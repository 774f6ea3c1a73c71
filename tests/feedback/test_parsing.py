"""The door: what is let in, and what is refused with which reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback.intake.parsing import Draft, parse
from feedback.models import Kind
from feedback.recording.events import Outcome, Reason, Status

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
GOOD = {"event": "e1", "member": "ada", "item": "film", "kind": "rating", "value": 4}


def at(raw, **changes):
    changed = {key: value for key, value in (raw | changes).items() if value is not ...}
    return parse(changed, now=NOW)


def test_a_rating_becomes_a_draft():
    draft = at(GOOD, occurred_at="2026-01-15T13:00:00+02:00")
    assert draft == Draft(
        event="e1",
        member="ada",
        kind=Kind.RATING,
        item="film",
        value=4.0,
        undoes="",
        occurred_at=datetime(2026, 1, 15, 11, tzinfo=UTC),
        impression=None,
    )


@pytest.mark.parametrize("kind", ["like", "dislike", "not_interested", "favourite", "click"])
def test_other_kinds_need_no_value(kind):
    assert isinstance(at(GOOD, kind=kind, value=...), Draft)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("view", 0), ("view", 12.5), ("purchase", 0), ("purchase", 19.99), ("share", 1)],
)
def test_a_view_says_its_seconds_and_a_purchase_its_amount(kind, value):
    assert at(GOOD, kind=kind, value=value).value == (None if kind == "share" else value)
    assert at(GOOD, kind=kind, value=...).value is None


def test_a_comment_is_its_text_and_who_may_read_it():
    draft = at(GOOD, kind="comment", value=..., text="  Gut,\r\nsehr gut. 👩‍👩‍👧 ", public=True)
    assert (draft.text, draft.public) == ("Gut,\nsehr gut. 👩‍👩‍👧", True)
    assert at(GOOD, kind="comment", value=..., text="Gut.").public is False


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": ...}, Reason.MISSING_FIELD),
        ({"text": None}, Reason.MISSING_FIELD),
        ({"text": ""}, Reason.BAD_COMMENT),
        ({"text": " \n "}, Reason.BAD_COMMENT),
        ({"text": "x" * 2001}, Reason.BAD_COMMENT),
        ({"text": "bell\x07"}, Reason.BAD_COMMENT),
        ({"text": "half\ud83d"}, Reason.BAD_COMMENT),
        ({"text": ["x"]}, Reason.BAD_COMMENT),
        ({"public": "yes"}, Reason.BAD_FLAG),
        ({"public": None}, Reason.BAD_FLAG),
        ({"value": 3}, Reason.VALUE_OUT_OF_RANGE),
    ],
)
def test_a_comment_that_is_none_is_refused(changes, reason):
    good = {key: value for key, value in GOOD.items() if key != "value"}
    outcome = at(good | {"kind": "comment", "text": "Good."}, **changes)
    assert isinstance(outcome, Outcome)
    assert outcome.reason is reason


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "view", "value": -1},
        {"kind": "view", "value": 7 * 86_400 + 1},
        {"kind": "view", "value": float("inf")},
        {"kind": "purchase", "value": -0.01},
        {"kind": "purchase", "value": float("nan")},
        {"kind": "share", "value": 2},
        {"kind": "like", "value": ..., "text": "Good."},
        {"kind": "like", "value": ..., "public": True},
    ],
)
def test_what_a_kind_cannot_say_is_refused(changes):
    outcome = at(GOOD, **changes)
    assert isinstance(outcome, Outcome)
    assert outcome.reason in {Reason.VALUE_OUT_OF_RANGE, Reason.UNKNOWN_FIELD}


def test_an_undo_names_an_event_and_no_item():
    draft = at(GOOD, kind="undo", undoes="e0", value=..., item=...)
    assert isinstance(draft, Draft)
    assert (draft.undoes, draft.item) == ("e0", None)


def test_a_favourite_can_be_set_to_nought_and_says_one_by_default():
    assert at(GOOD, kind="favourite", value=0).value == 0.0
    assert at(GOOD, kind="favourite", value=...) == at(GOOD, kind="favourite", value=1)


def test_numbers_are_taken_as_outside_ids():
    assert (at(GOOD, member=7).member, at(GOOD, item=1411238).item) == ("7", "1411238")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": ...}, Reason.MISSING_FIELD),
        ({"kind": "stare"}, Reason.UNKNOWN_KIND),
        ({"kind": ["rating"]}, Reason.UNKNOWN_KIND),
        ({"event": ...}, Reason.MISSING_FIELD),
        ({"event": ""}, Reason.BAD_TEXT),
        ({"event": "e" * 256}, Reason.BAD_TEXT),
        ({"event": "e\x00"}, Reason.BAD_TEXT),
        ({"event": "e\ud800"}, Reason.BAD_TEXT),
        ({"event": True}, Reason.BAD_TEXT),
        ({"event": {"id": 1}}, Reason.BAD_TEXT),
        ({"member": None}, Reason.MISSING_FIELD),
        ({"member": " ada"}, Reason.BAD_TEXT),
        ({"item": ...}, Reason.MISSING_FIELD),
        ({"item": 4.5}, Reason.BAD_TEXT),
        ({"value": ...}, Reason.MISSING_FIELD),
        ({"value": 0.5}, Reason.VALUE_OUT_OF_RANGE),
        ({"value": 5.5}, Reason.VALUE_OUT_OF_RANGE),
        ({"value": 10**400}, Reason.VALUE_OUT_OF_RANGE),
        ({"value": float("nan")}, Reason.VALUE_OUT_OF_RANGE),
        ({"value": float("inf")}, Reason.VALUE_OUT_OF_RANGE),
        ({"value": "5"}, Reason.BAD_VALUE),
        ({"value": True}, Reason.BAD_VALUE),
        ({"value": [5]}, Reason.BAD_VALUE),
        ({"kind": "like", "value": 0}, Reason.VALUE_OUT_OF_RANGE),
        ({"kind": "favourite", "value": 2}, Reason.VALUE_OUT_OF_RANGE),
        ({"kind": "undo", "value": ...}, Reason.MISSING_FIELD),
        ({"undoes": "e0"}, Reason.UNKNOWN_FIELD),
        ({"occured_at": "2026-01-15T11:00:00Z"}, Reason.UNKNOWN_FIELD),
        ({"occurred_at": "yesterday"}, Reason.BAD_TIMESTAMP),
        ({"occurred_at": "2026-01-15T11:00:00"}, Reason.BAD_TIMESTAMP),
        ({"occurred_at": 1768474800}, Reason.BAD_TIMESTAMP),
        ({"occurred_at": "1989-12-31T23:59:59Z"}, Reason.TIMESTAMP_OUT_OF_RANGE),
        ({"occurred_at": "0001-01-01T00:00:00+23:59"}, Reason.TIMESTAMP_OUT_OF_RANGE),
        ({"occurred_at": "9999-12-31T23:59:59-23:59"}, Reason.TIMESTAMP_OUT_OF_RANGE),
        ({"occurred_at": "2026-01-15T12:05:01Z"}, Reason.TIMESTAMP_OUT_OF_RANGE),
        ({"impression": "not-an-id"}, Reason.BAD_IMPRESSION),
        ({"impression": 12}, Reason.BAD_IMPRESSION),
    ],
)
def test_what_is_wrong_is_refused_with_its_reason(changes, reason):
    outcome = at(GOOD, **changes)
    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.reason) == (Status.REJECTED, reason)
    assert outcome.text


def test_five_minutes_ahead_are_allowed_for_clocks_that_differ():
    ahead = (NOW + timedelta(minutes=5)).isoformat()
    assert isinstance(at(GOOD, occurred_at=ahead), Draft)


@pytest.mark.parametrize("raw", [None, 3, "rating", [GOOD], float("nan")])
def test_only_an_object_is_an_interaction(raw):
    refused = parse(raw, now=NOW)
    assert isinstance(refused, Outcome)
    assert refused.reason is Reason.NOT_AN_OBJECT


def test_a_refusal_names_the_event_where_it_can():
    assert at(GOOD, value=9).event == "e1"
    assert at(GOOD, event=17, value=9).event == "17"
    assert at(GOOD, event=[]).event is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "undoes", "occurred_at", "impression", "text", "public"])
        | st.text(),
        anything,
    )
)
def test_nothing_breaks_the_door(changes):
    result = parse(GOOD | changes, now=NOW)
    if isinstance(result, Draft):
        orjson.dumps(result)
    else:
        assert result.reason is not None
