"""Item statistics."""

from __future__ import annotations

import pytest
from django.utils import timezone

from curation import counters
from curation.ids import new_id
from curation.models import ItemStats, Member
from feedback.actions import record
from feedback.folding.states import note_robot
from feedback.keeping import cleaning
from feedback.models import Impression, Interaction, Kind, Rule
from feedback.recording import impressions
from feedback.rollups.stats import roll_up
from tests.factories import UserFactory
from tests.feedback.cast import set_mark, undo

pytestmark = pytest.mark.django_db


def serve(member, films, *, shown=True, simulated=False):
    now = timezone.now()
    impressions.write(
        [
            Impression(
                id=new_id(),
                served_at=now,
                shown_at=now if shown else None,
                subject=member.subject,
                surface="home",
                mode="fresh",
                items=[film.pk for film in films],
                slots=list(range(1, len(films) + 1)),
                propensities=[1.0] * len(films),
                curated=[False] * len(films),
                simulated=simulated,
            )
        ]
    )


def test_statistics_say_what_members_say_now(ada, bob, films, tell):
    tell(ada, ("e1", Kind.RATING, films[0], 1.0), minute=1)
    tell(ada, ("e2", Kind.RATING, films[0], 4.0), ("e3", Kind.LIKE, films[0]), minute=2)
    tell(bob, ("e4", Kind.RATING, films[0], 5.0), ("e5", Kind.DISLIKE, films[0]))
    tell(
        bob,
        ("e6", Kind.CLICK, films[0]),
        ("e7", Kind.CLICK, films[0]),
        ("e8", Kind.CLICK, films[0]),
    )
    record([undo(bob, "u1", "e8")], source="test")
    serve(ada, films[:2])
    serve(ada, films[:1])
    serve(ada, films[:1], shown=False)
    assert roll_up() == 4
    stats = ItemStats.objects.get(item=films[0])
    assert (stats.ratings, stats.mean_rating) == (2, 4.5)
    assert (stats.likes, stats.dislikes, stats.clicks, stats.shown) == (1, 1, 2, 2)
    silent = ItemStats.objects.get(item=films[3])
    assert (silent.ratings, silent.mean_rating, silent.shown) == (0, None, 0)


def test_a_marked_word_counts_in_no_statistics_until_its_mark_is_lifted(ada, bob, films, tell):
    film = films[0]
    words = [
        ("r", Kind.RATING, film, 1.0),
        ("l", Kind.LIKE, film),
        ("n", Kind.NOT_INTERESTED, film),
    ]
    tell(ada, *words, ("f", Kind.FAVOURITE, film, 1.0))
    tell(bob, ("b", Kind.RATING, film, 5.0))

    def said():
        roll_up()
        stats = ItemStats.objects.get(item=film)
        opinions = (stats.likes, stats.favourites, stats.not_interested)
        return stats.ratings, stats.mean_rating, opinions

    assert said() == (2, 3.0, (1, 1, 1))
    note_robot(ada.subject)
    cleaning.mark()
    assert said() == (1, 5.0, (0, 0, 0))
    analyst = UserFactory.create(roles=["analyst"])
    cleaning.lift(actor=analyst, subject=ada.subject, rule=Rule.ROBOT, reason="a person")
    assert said() == (2, 3.0, (1, 1, 1))
    set_mark(Interaction.objects.get(event="l"), Rule.FLOOD)
    assert said() == (2, 3.0, (0, 1, 1))


def test_acts_count_each_time_and_opinions_as_long_as_they_stand(ada, bob, films, tell):
    film = films[0]
    tell(ada, ("b1", Kind.PURCHASE, film, 9.9), ("b2", Kind.PURCHASE, film, 9.9))
    tell(bob, ("b3", Kind.PURCHASE, film, 9.9), ("v1", Kind.VIEW, film, 30.0))
    tell(ada, ("s1", Kind.SHARE, film), ("s2", Kind.SHARE, film), ("v2", Kind.VIEW, film, 5.0))
    tell(ada, ("f1", Kind.FAVOURITE, film, 1.0), minute=1)
    tell(ada, ("f2", Kind.FAVOURITE, film, 0.0), minute=2)
    tell(bob, ("f3", Kind.FAVOURITE, film, 1.0), ("f4", Kind.FAVOURITE, film, 1.0))
    tell(ada, ("n1", Kind.NOT_INTERESTED, film), ("n2", Kind.NOT_INTERESTED, film))
    record([undo(bob, "u1", "b3")], source="test")
    roll_up()
    stats = ItemStats.objects.get(item=film)
    assert (stats.purchases, stats.shares, stats.views) == (2, 2, 2)
    assert (stats.favourites, stats.not_interested) == (1, 1)


def test_the_counter_moves_only_when_something_changed(ada, films, tell):
    tell(ada, ("e1", Kind.RATING, films[0], 4.0))
    roll_up()
    before = counters.read()["statistics"]
    assert roll_up() == 0
    assert counters.read()["statistics"] == before
    tell(ada, ("e2", Kind.LIKE, films[1]))
    assert roll_up() == 1
    assert counters.read()["statistics"] == before + 1


def test_simulated_members_count_nowhere(films, tell):
    robot = Member.objects.create(source="test", outside_id="robot", simulated=True)
    tell(robot, ("e1", Kind.RATING, films[0], 5.0), ("e2", Kind.CLICK, films[0]), simulated=True)
    serve(robot, films, simulated=True)
    roll_up()
    stats = ItemStats.objects.get(item=films[0])
    assert (stats.ratings, stats.clicks, stats.shown) == (0, 0, 0)
