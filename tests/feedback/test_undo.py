"""Taking back: what can be undone, by whom, when, and how often; each refusal says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from feedback.actions import record
from feedback.models import Interaction, Kind, Undo
from feedback.recording.events import Reason, Status
from tests.feedback.cast import says, told, undo

pytestmark = pytest.mark.django_db


def one(event):
    """What became of one event."""
    (outcome,) = record([event], source="test")
    return outcome


def test_an_undo_that_waits_for_its_event_is_accepted_and_says_so(ada, films):
    outcome = one(undo(ada, "u1", "e1"))
    assert (outcome.status, outcome.reason) == (Status.ACCEPTED, Reason.NOT_ARRIVED)
    assert "not come yet" in outcome.text
    assert one(told(ada, "e1", Kind.LIKE, films[0])).status is Status.ACCEPTED
    assert says(ada, films[0])["thumb"] is None


def test_an_undo_that_waits_touches_no_event_of_another_member(ada, bob, films):
    one(undo(bob, "u1", "e1"))
    assert one(told(ada, "e1", Kind.LIKE, films[0])).status is Status.ACCEPTED
    assert says(ada, films[0])["thumb"] == 1
    assert one(undo(bob, "u2", "e1")).reason is Reason.NOT_YOURS
    assert one(undo(ada, "u3", "e1")).reason is None
    assert says(ada, films[0])["thumb"] is None


def test_an_event_is_undone_once(ada, films):
    one(told(ada, "e1", Kind.RATING, films[0], 4.0))
    assert one(undo(ada, "u1", "e1")).status is Status.ACCEPTED
    again = one(undo(ada, "u2", "e1"))
    assert (again.status, again.reason) == (Status.REJECTED, Reason.ALREADY_UNDONE)
    assert "already" in again.text
    assert Undo.objects.get().undone_by == "u1"


def test_an_event_that_did_not_come_yet_is_undone_once_too(ada):
    one(undo(ada, "u1", "e1"))
    assert one(undo(ada, "u2", "e1")).reason is Reason.ALREADY_UNDONE


def test_of_two_undos_in_a_body_the_first_counts(ada, films):
    body = [told(ada, "e1", Kind.LIKE, films[0]), undo(ada, "u1", "e1"), undo(ada, "u2", "e1")]
    assert [o.reason for o in record(body, source="test")] == [None, None, Reason.ALREADY_UNDONE]


def test_the_same_undo_again_is_a_duplicate(ada, films):
    one(told(ada, "e1", Kind.LIKE, films[0]))
    one(undo(ada, "u1", "e1"))
    assert one(undo(ada, "u1", "e1")).status is Status.DUPLICATE
    assert one(undo(ada, "u1", "e2")).reason is Reason.CONFLICT


def test_an_undo_stays_whatever_undoes_it(ada, films):
    one(told(ada, "e1", Kind.LIKE, films[0]))
    one(undo(ada, "u1", "e1"))
    refused = one(undo(ada, "u2", "u1"))
    assert (refused.status, refused.reason) == (Status.REJECTED, Reason.NOT_UNDOABLE)
    assert "new key" in refused.text
    assert one(told(ada, "e2", Kind.LIKE, films[0])).status is Status.ACCEPTED
    assert says(ada, films[0])["thumb"] == 1


def test_an_undo_that_was_undone_before_it_came_still_takes_effect(ada, films):
    one(told(ada, "e1", Kind.LIKE, films[0]))
    assert one(undo(ada, "u2", "u1")).reason is Reason.NOT_ARRIVED
    one(undo(ada, "u1", "e1"))
    assert says(ada, films[0])["thumb"] is None


def test_the_last_act_counts_though_our_clock_was_set_back(ada, films):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        one(told(ada, "e1", Kind.RATING, films[0], 2.0))
    with time_machine.travel(now - timedelta(hours=1), tick=False):
        one(told(ada, "e2", Kind.RATING, films[0], 5.0))
        one(told(ada, "e3", Kind.RATING, films[0], 4.0))
        assert says(ada, films[0])["stars"] == 4.0
        one(undo(ada, "u1", "e3"))
        assert says(ada, films[0])["stars"] == 5.0
    rows = Interaction.objects.exclude(kind=Kind.UNDO).order_by("occurred_at")
    assert [row.event for row in rows] == ["e1", "e2", "e3"]


def test_instants_that_clients_tell_keep_their_order_though_our_clock_was_set_back(ada, films):
    now = timezone.now()
    with time_machine.travel(now - timedelta(hours=1), tick=False):
        one(told(ada, "late", Kind.LIKE, films[0], minute=2))
        one(told(ada, "early", Kind.DISLIKE, films[0], minute=1))
    assert says(ada, films[0])["thumb"] == 1
