"""Recording the same members and keys from many connections at once."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from feedback import actions
from feedback.actions import record
from feedback.models import EventKey, Interaction, Kind, MemberState
from feedback.recording.events import Reason, Status
from feedback.recording.judging import judge
from tests.feedback.cast import says, told, undo

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*bodies):
    """Record each body on a connection of its own, all together."""

    def _one(body):
        try:
            return record(body, source="test")
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(_one, bodies))


def test_an_event_sent_by_many_at_once_is_accepted_once(ada, films):
    body = [told(ada, f"e{n}", Kind.RATING, films[n % 4], 1.0 + n % 5) for n in range(20)]
    bodies = [random.Random(seed).sample(body, len(body)) for seed in range(8)]
    statuses = Counter((o.event, o.status) for told_ in at_once(*bodies) for o in told_)
    assert all(statuses[event.event, Status.ACCEPTED] == 1 for event in body)
    assert all(statuses[event.event, Status.DUPLICATE] == 7 for event in body)
    assert Interaction.objects.count() == EventKey.objects.count() == 20
    assert MemberState.objects.get().version == 1


def test_two_members_under_one_key_at_once_are_one_event_and_one_conflict(ada, bob, films):
    for attempt in range(10):
        key = f"e{attempt}"
        answers = at_once(
            [told(ada, key, Kind.LIKE, films[0])], [told(bob, key, Kind.LIKE, films[0])]
        )
        assert sorted((str(o.status), o.reason) for (o,) in answers) == [
            ("accepted", None),
            ("rejected", Reason.CONFLICT),
        ]


def test_a_key_that_another_took_after_it_was_looked_for_is_found_and_the_rest_is_kept(
    ada, bob, films, monkeypatch
):
    looked: list[bool] = []

    def _overtaken(*args):
        if not looked:
            looked.append(True)
            at_once([told(bob, "e", Kind.LIKE, films[0])])
        return judge(*args)

    monkeypatch.setattr(actions, "judge", _overtaken)
    body = [told(ada, "e", Kind.LIKE, films[0]), told(ada, "f", Kind.LIKE, films[1])]
    taken, own = record(body, source="test")
    assert (taken.status, taken.reason) == (Status.REJECTED, Reason.CONFLICT)
    assert (own.status, own.version) == (Status.ACCEPTED, 1)
    assert Interaction.objects.count() == EventKey.objects.count() == 2


def test_an_undo_at_the_same_time_as_its_event_takes_effect(ada, films):
    for attempt in range(10):
        film = films[attempt % 4]
        event = told(ada, f"e{attempt}", Kind.NOT_INTERESTED, film)
        answers = at_once([event], [undo(ada, f"u{attempt}", event.event)])
        assert {o.status for (o,) in answers} == {Status.ACCEPTED}
        assert says(ada, film)["never"] is False


def test_bodies_that_share_members_in_opposite_orders_do_not_block_each_other(ada, bob, films):
    bodies = [
        [
            told(member, f"{thread}-{turn}-{member.outside_id}", Kind.CLICK, films[thread % 4])
            for turn in range(30)
            for member in ((ada, bob) if thread % 2 else (bob, ada))
        ]
        for thread in range(8)
    ]
    answers = at_once(*bodies)
    assert {o.status for told_ in answers for o in told_} == {Status.ACCEPTED}
    assert {state.version for state in MemberState.objects.all()} == {8}
    assert Interaction.objects.count() == 8 * 60


def test_a_month_that_many_need_at_once_is_made_once(ada, bob, films):
    early = -60 * 24 * 365 * 20
    bodies = [
        [told(member, f"{thread}", Kind.CLICK, films[0], minute=early)]
        for thread, member in enumerate([ada, bob] * 4)
    ]
    assert {o.status for told_ in at_once(*bodies) for o in told_} == {Status.ACCEPTED}
