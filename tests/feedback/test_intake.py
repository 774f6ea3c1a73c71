"""Raw interactions from an API body to their outcomes."""

from __future__ import annotations

import pytest

from curation.models import Member
from feedback.intake.receiving import take_in
from feedback.models import Interaction
from feedback.recording.events import Reason, Status

pytestmark = pytest.mark.django_db


def found(outside_ids):
    made = {
        name: Member.objects.get_or_create(source="test", outside_id=name) for name in outside_ids
    }
    return {name: member for name, (member, _new) in made.items()}


def raw(event, item="film-0", **changes):
    return {"event": event, "member": "ada", "item": item, "kind": "click"} | changes


def test_each_object_has_its_outcome_in_its_place(films):
    outcomes = take_in(
        [raw("e1"), "nonsense", raw("e2", "no-such-film"), raw("e3", kind="stare"), raw("e4")],
        source="test",
        members=found,
    )
    assert [(o.event, o.status, o.reason) for o in outcomes] == [
        ("e1", Status.ACCEPTED, None),
        (None, Status.REJECTED, Reason.NOT_AN_OBJECT),
        ("e2", Status.REJECTED, Reason.UNKNOWN_ITEM),
        ("e3", Status.REJECTED, Reason.UNKNOWN_KIND),
        ("e4", Status.ACCEPTED, None),
    ]


def test_items_are_those_of_the_source(films):
    (outcome,) = take_in([raw("e1")], source="elsewhere", members=found)
    assert outcome.reason is Reason.UNKNOWN_ITEM


def test_what_a_simulated_member_does_is_labelled(films):
    Member.objects.create(source="test", outside_id="ada", simulated=True)
    take_in([raw("e1")], source="test", members=found)
    assert Interaction.objects.get().simulated


def test_a_body_of_nonsense_looks_nobody_up(db):
    outcomes = take_in([1, 2], source="test", members=lambda _ids: pytest.fail("looked up"))
    assert [o.reason for o in outcomes] == [Reason.NOT_AN_OBJECT] * 2
