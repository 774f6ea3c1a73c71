"""What feedback says of one member."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from curation.ids import new_id
from feedback.actions import record
from feedback.learning.history import MemberFeedback, state_of, version_of
from feedback.models import Impression, Kind
from feedback.recording import impressions
from feedback.rewards.tables import BUILT_IN
from tests.feedback.cast import NOON, undo

pytestmark = pytest.mark.django_db


def test_a_member_without_feedback_has_an_empty_state(ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert state_of(ada.subject, at=timezone.now()) == MemberFeedback()
    assert version_of(ada.subject) == 0


def test_the_state_holds_all_that_a_member_says(ada, films, tell, django_assert_num_queries):
    tell(ada, ("e1", Kind.RATING, films[0], 4.0), minute=1)
    tell(ada, ("e2", Kind.RATING, films[1], 2.0), minute=2)
    tell(ada, ("e3", Kind.NOT_INTERESTED, films[2]), minute=3)
    tell(ada, ("e4", Kind.CLICK, films[3]), minute=4)
    with django_assert_num_queries(3):
        state = state_of(ada.subject, at=timezone.now(), shown_days=7, worth=BUILT_IN)
    assert (state.version, state.ratings) == (4, 2)
    assert version_of(ada.subject) == 4
    assert state.stars == {films[0].pk: 4.0, films[1].pk: 2.0}
    assert state.rated == {films[0].pk, films[1].pk}
    assert state.interacted == {film.pk for film in films}
    assert state.never == {films[2].pk}
    assert [(one.item_id, one.reward) for one in state.history] == [
        (films[0].pk, 1.0),
        (films[1].pk, 0.0),
        (films[2].pk, 0.0),
        (films[3].pk, 0.7),
    ]
    assert state.history[0].occurred_at == NOON + timedelta(minutes=1)
    assert [one.stars for one in state.history] == [4.0, 2.0, None, None]


def test_the_last_word_on_an_item_counts_and_a_click_is_no_word(ada, films, tell):
    tell(ada, ("e1", Kind.RATING, films[0], 5.0), minute=1)
    tell(ada, ("e2", Kind.DISLIKE, films[0]), minute=2)
    tell(ada, ("e3", Kind.CLICK, films[0]), minute=3)
    (last,) = state_of(ada.subject, at=timezone.now()).history
    assert (last.reward, last.occurred_at) == (0.0, NOON + timedelta(minutes=2))


def test_what_was_undone_leaves_no_trace_in_the_state(ada, films, tell):
    tell(ada, ("e1", Kind.FAVOURITE, films[0], 1.0), ("e2", Kind.FAVOURITE, films[1], 0.0))
    record([undo(ada, "u1", "e1")], source="test")
    state = state_of(ada.subject, at=timezone.now())
    assert state.history == ()
    assert state.interacted == frozenset()
    assert state.version == 2


def test_times_shown_count_what_was_shown_within_the_days(ada, bob, films):
    now = timezone.now()
    for member, days, shown in (
        (ada, 1, True),
        (ada, 6, True),
        (ada, 8, True),
        (ada, 1, False),
        (bob, 1, True),
    ):
        served = now - timedelta(days=days)
        impressions.log(
            Impression(
                id=new_id(),
                served_at=served,
                shown_at=served if shown else None,
                subject=member.subject,
                surface="home",
                mode="fresh",
                items=[films[0].pk, films[1].pk],
                slots=[1, 2],
                propensities=[1.0, None],
                curated=[False, True],
            )
        )
    assert state_of(ada.subject, at=now, shown_days=7).shown == {films[0].pk: 2, films[1].pk: 2}
