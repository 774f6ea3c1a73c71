"""Shares, views, purchases and comments: what each leaves behind, and that each can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feedback import comments
from feedback.actions import record
from feedback.learning.history import state_of
from feedback.models import Comment, Interaction, Kind, Rating
from feedback.recording.events import Reason, Status
from tests.factories import UserFactory
from tests.feedback.cast import NOON, SILENCE, says, told, undo

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "value", "word"),
    [
        (Kind.SHARE, None, {"shared": True}),
        (Kind.VIEW, 42.5, {"viewed": 42.5}),
        (Kind.VIEW, None, {"viewed": 0.0}),
        (Kind.PURCHASE, 19.99, {"purchased": 19.99}),
        (Kind.PURCHASE, None, {"purchased": 0.0}),
    ],
)
def test_an_act_is_kept_and_can_be_taken_back(ada, films, tell, kind, value, word):
    tell(ada, ("e1", kind, films[0], value))
    assert says(ada, films[0]) == SILENCE | word
    record([undo(ada, "u1", "e1")], source="test")
    assert says(ada, films[0]) == SILENCE


def test_the_last_view_and_the_last_purchase_stand(ada, films, tell):
    tell(ada, ("v2", Kind.VIEW, films[0], 9.0), ("p2", Kind.PURCHASE, films[0], 5.0), minute=2)
    tell(ada, ("v1", Kind.VIEW, films[0], 300.0), ("p1", Kind.PURCHASE, films[0], 7.0), minute=1)
    assert says(ada, films[0]) == SILENCE | {"viewed": 9.0, "purchased": 5.0}
    record([undo(ada, "u1", "v2"), undo(ada, "u2", "p2")], source="test")
    assert says(ada, films[0]) == SILENCE | {"viewed": 300.0, "purchased": 7.0}


def test_what_was_said_counts_before_a_click_and_a_click_before_a_view(ada, films, tell):
    tell(ada, ("l", Kind.DISLIKE, films[0]), ("s", Kind.SHARE, films[1]), minute=1)
    tell(ada, ("c", Kind.CLICK, films[0]), ("k", Kind.CLICK, films[1]), minute=2)
    tell(ada, *((f"v{at}", Kind.VIEW, film, 5.0) for at, film in enumerate(films[:3])), minute=3)
    history = {each.item_id: each for each in state_of(ada.subject, at=NOON).history}
    assert [history[film.pk].occurred_at for film in films[:3]] == [
        NOON + timedelta(minutes=minute) for minute in (1, 1, 3)
    ]
    assert (history[films[0].pk].reward, history[films[1].pk].reward) == (0.0, 1.0)


def test_a_comment_is_kept_apart_and_says_nothing_to_learning(ada, films):
    body = [told(ada, "e1", Kind.COMMENT, films[0], text="Too long.", public=True)]
    assert record(body, source="test")[0].status is Status.ACCEPTED
    kept = Comment.objects.get()
    assert (kept.text, kept.subject, kept.item_id) == ("Too long.", ada.subject, films[0].pk)
    row = Interaction.objects.values().get()
    assert "Too long." not in str(row)
    assert not Rating.objects.exists()
    assert state_of(ada.subject, at=NOON).history == ()


def test_a_comment_sent_again_with_other_words_is_a_conflict(ada, films):
    told_once = told(ada, "e1", Kind.COMMENT, films[0], text="Good.")
    told_otherwise = told(ada, "e1", Kind.COMMENT, films[0], text="Bad.")
    record([told_once], source="test")
    again, other = record([told_once, told_otherwise], source="test")
    assert (again.status, other.reason) == (Status.DUPLICATE, Reason.CONFLICT)
    assert Comment.objects.get().text == "Good."


@pytest.mark.parametrize("undo_first", [False, True])
def test_a_comment_that_is_taken_back_is_gone(ada, films, undo_first):
    body = [told(ada, "e1", Kind.COMMENT, films[0], text="Good."), undo(ada, "u1", "e1")]
    for one in body[::-1] if undo_first else body:
        record([one], source="test")
    assert not Comment.objects.exists()


def test_others_read_what_is_public_and_not_hidden(ada, bob, films):
    body = [
        told(ada, "open", Kind.COMMENT, films[0], text="For all.", public=True),
        told(ada, "own", Kind.COMMENT, films[0], text="For me."),
        told(ada, "stars", Kind.RATING, films[0], 4.0),
    ]
    record(body, source="test")

    def read(member):
        return {one.text for one in comments.of_item(films[0].pk, member and member.subject)}

    assert read(ada) == {"For all.", "For me."}
    assert read(bob) == read(None) == {"For all."}
    assert comments.of_item(films[0].pk, bob.subject)[0].stars == 4.0
    curator = UserFactory.create(roles=["curator"])
    public = Comment.objects.get(public=True).pk
    assert comments.hide(actor=curator, comment=public, reason="rude")
    assert not comments.hide(actor=curator, comment=public, reason="rude")
    assert (read(ada), read(bob)) == ({"For all.", "For me."}, set())
    assert comments.show_again(actor=curator, comment=public)
    assert read(bob) == {"For all."}
