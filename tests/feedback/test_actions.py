"""Recording feedback: what each event does, and that it does it once."""

from __future__ import annotations

import pytest

from curation.models import MemberStats
from feedback.actions import record
from feedback.models import EventKey, Interaction, Kind, MemberState
from feedback.recording.events import Reason, Status
from tests.feedback.cast import SILENCE, says, told, undo

pytestmark = pytest.mark.django_db


def test_a_rating_is_kept_with_all_that_follows_from_it(ada, films, tell):
    (outcome,) = tell(ada, ("e1", Kind.RATING, films[0], 4.5))
    assert (outcome.status, outcome.reason, outcome.version) == (Status.ACCEPTED, None, 1)
    assert says(ada, films[0])["stars"] == 4.5
    state = MemberState.objects.get(subject=ada.subject)
    assert (state.version, state.ratings) == (1, 1)
    assert MemberStats.objects.get(subject=ada.subject).ratings == 1
    kept = Interaction.objects.get()
    assert kept.pk == EventKey.objects.get().interaction


def test_stars_thumb_favourite_and_never_are_independent(ada, films, tell):
    tell(
        ada,
        ("e1", Kind.RATING, films[0], 2.0),
        ("e2", Kind.LIKE, films[0]),
        ("e3", Kind.FAVOURITE, films[0], 1.0),
        ("e4", Kind.NOT_INTERESTED, films[0]),
        ("e5", Kind.CLICK, films[0]),
    )
    everything = SILENCE | {
        "stars": 2.0,
        "thumb": 1,
        "favourite": True,
        "never": True,
        "clicked": True,
    }
    assert says(ada, films[0]) == everything
    tell(ada, ("e6", Kind.DISLIKE, films[0]), ("e7", Kind.FAVOURITE, films[0], 0.0))
    assert says(ada, films[0]) == everything | {"thumb": -1, "favourite": False}


def test_the_later_event_wins_whenever_it_arrives(ada, films, tell):
    tell(ada, ("late", Kind.RATING, films[0], 5.0), minute=10)
    tell(ada, ("early", Kind.RATING, films[0], 1.0), minute=5)
    assert says(ada, films[0])["stars"] == 5.0


def test_of_two_events_at_one_instant_the_one_received_later_wins(ada, films, tell):
    tell(ada, ("a", Kind.LIKE, films[0]), ("b", Kind.DISLIKE, films[0]), minute=1)
    assert says(ada, films[0])["thumb"] == -1
    tell(ada, ("c", Kind.LIKE, films[0]), minute=1)
    assert says(ada, films[0])["thumb"] == 1


def test_an_undo_restores_what_was_before(ada, films, tell):
    tell(ada, ("e1", Kind.RATING, films[0], 2.0), minute=1)
    tell(ada, ("e2", Kind.RATING, films[0], 5.0), minute=2)
    record([undo(ada, "u1", "e2", minute=3)], source="test")
    assert says(ada, films[0])["stars"] == 2.0
    record([undo(ada, "u2", "e1", minute=4)], source="test")
    assert says(ada, films[0])["stars"] is None
    assert MemberState.objects.get().ratings == 0


def test_an_undo_that_comes_first_takes_effect_when_its_event_comes(ada, films, tell):
    (first,) = record([undo(ada, "u1", "e1")], source="test")
    assert first.status is Status.ACCEPTED
    (event,) = tell(ada, ("e1", Kind.NOT_INTERESTED, films[0]))
    assert event.status is Status.ACCEPTED
    assert says(ada, films[0])["never"] is False


@pytest.mark.parametrize("turned", [False, True])
def test_an_undo_and_its_event_may_share_a_body_in_any_order(ada, films, turned):
    body = [told(ada, "e1", Kind.LIKE, films[0]), undo(ada, "u1", "e1")]
    outcomes = record(body[::-1] if turned else body, source="test")
    assert {o.status for o in outcomes} == {Status.ACCEPTED}
    assert says(ada, films[0])["thumb"] is None


def test_nobody_undoes_what_another_member_did(ada, bob, films, tell):
    tell(ada, ("e1", Kind.LIKE, films[0]))
    (outcome,) = record([undo(bob, "u1", "e1")], source="test")
    assert (outcome.status, outcome.reason) == (Status.REJECTED, Reason.NOT_YOURS)
    record([undo(bob, "u2", "e2")], source="test")
    tell(ada, ("e2", Kind.FAVOURITE, films[0], 1.0))
    assert (says(ada, films[0])["thumb"], says(ada, films[0])["favourite"]) == (1, True)


def test_an_undo_cannot_be_undone(ada, films, tell):
    tell(ada, ("e1", Kind.LIKE, films[0]))
    record([undo(ada, "u0", "u1")], source="test")
    record([undo(ada, "u1", "e1")], source="test")
    (outcome,) = record([undo(ada, "u2", "u1")], source="test")
    assert outcome.reason is Reason.NOT_UNDOABLE
    assert says(ada, films[0])["thumb"] is None


def test_the_same_event_again_is_a_duplicate_and_changes_nothing(ada, films, tell):
    tell(ada, ("e1", Kind.RATING, films[0], 4.0))
    films[0].active = False
    films[0].save()
    (outcome,) = tell(ada, ("e1", Kind.RATING, films[0], 4.0))
    assert (outcome.status, outcome.version) == (Status.DUPLICATE, 1)
    assert Interaction.objects.count() == 1
    assert MemberState.objects.get().version == 1


def test_a_key_sent_again_with_other_content_is_a_conflict(ada, bob, films, tell):
    tell(ada, ("e1", Kind.RATING, films[0], 4.0))
    for member, event in (
        (ada, ("e1", Kind.RATING, films[0], 5.0)),
        (ada, ("e1", Kind.RATING, films[1], 4.0)),
        (bob, ("e1", Kind.RATING, films[0], 4.0)),
    ):
        (outcome,) = tell(member, event)
        assert outcome.reason is Reason.CONFLICT
    (outcome,) = tell(ada, ("e1", Kind.RATING, films[0], 4.0), minute=1)
    assert outcome.reason is Reason.CONFLICT
    assert says(ada, films[0])["stars"] == 4.0


def test_another_source_has_its_own_keys(ada, films, tell):
    tell(ada, ("e1", Kind.RATING, films[0], 4.0))
    (outcome,) = tell(ada, ("e1", Kind.RATING, films[1], 5.0), source="elsewhere")
    assert outcome.status is Status.ACCEPTED


def test_duplicates_within_a_body_count_once(ada, films, tell):
    outcomes = tell(
        ada,
        ("e1", Kind.CLICK, films[0]),
        ("e1", Kind.CLICK, films[0]),
        ("e1", Kind.CLICK, films[1]),
    )
    assert [o.status for o in outcomes] == [Status.ACCEPTED, Status.DUPLICATE, Status.REJECTED]
    assert Interaction.objects.count() == 1


def test_a_bad_event_spoils_no_other(ada, bob, films, tell):
    films[1].active = False
    films[1].save()
    tell(bob, ("theirs", Kind.LIKE, films[0]))
    outcomes = record(
        [
            told(ada, "good", Kind.RATING, films[0], 4.0),
            told(ada, "nothing", Kind.RATING, None, 4.0),
            told(ada, "gone", Kind.RATING, films[1], 4.0),
            undo(ada, "wrong", "theirs"),
            undo(ada, "wrong", "theirs"),
            told(ada, "fine", Kind.LIKE, films[2]),
        ],
        source="test",
    )
    assert [o.reason for o in outcomes] == [
        None,
        Reason.UNKNOWN_ITEM,
        Reason.INACTIVE_ITEM,
        Reason.NOT_YOURS,
        Reason.NOT_YOURS,
        None,
    ]
    assert all(o.text for o in outcomes if o.reason)
    assert Interaction.objects.filter(subject=ada.subject).count() == 2


def test_a_body_raises_the_version_of_each_of_its_members_once(ada, bob, films):
    body = [
        told(m, f"{m.outside_id}-{n}", Kind.CLICK, films[n]) for n in range(3) for m in (ada, bob)
    ]
    assert {o.version for o in record(body, source="test")} == {1}
    assert {o.version for o in record(body, source="test")} == {1}


def test_the_months_of_old_events_are_made(ada, films, tell):
    (outcome,) = tell(ada, ("e1", Kind.RATING, films[0], 3.0), minute=-60 * 24 * 365 * 10)
    assert outcome.status is Status.ACCEPTED
    assert Interaction.objects.get().occurred_at.year == 2014


def test_nothing_to_record_is_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert record([], source="test") == []


def test_recording_takes_the_same_number_of_statements_for_one_event_and_for_hundreds(
    ada, bob, films, django_assert_num_queries
):
    record(
        [told(m, f"warm{m.outside_id}", Kind.CLICK, films[0]) for m in (ada, bob)], source="test"
    )
    with django_assert_num_queries(11):
        record([told(ada, "one", Kind.CLICK, films[0])], source="test")
    body = [
        told(m, f"{m.outside_id}{n}", Kind.CLICK, films[n % 4])
        for n in range(300)
        for m in (ada, bob)
    ]
    with django_assert_num_queries(11):
        record(body, source="test")
