"""What members do, counted for segments to ask."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from curation import counters
from curation.actions import put_members
from curation.models import ItemStats, Member, MemberStats
from curation.people.members import segments_of
from feedback.actions import record
from feedback.folding.states import note_robot
from feedback.keeping import cleaning
from feedback.models import Impression, Kind, Rule
from feedback.partitions import ensure_months
from feedback.rollups import behaviour
from feedback.rollups.stats import roll_up
from tests.factories import SegmentFactory, UserFactory
from tests.feedback.cast import told, undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(ada, films):
    """A slate of four films that Ada was shown."""
    now = datetime(2024, 3, 1, 12, tzinfo=UTC)
    record([told(ada, "first", Kind.CLICK, films[0], minute=0)], source="test")
    ensure_months("feedback_impression", [now])
    return Impression.objects.create(
        served_at=now,
        shown_at=now,
        subject=ada.subject,
        surface="home",
        mode="fresh",
        items=[film.pk for film in films],
        slots=[1, 2, 3, 4],
        propensities=[1.0] * 4,
        curated=[False] * 4,
    )


def figures(member):
    behaviour.roll_up()
    return MemberStats.objects.get(pk=member.subject)


def values(stats):
    return (stats.features, stats.hours, stats.weekdays, stats.last_at)


def rebuilt(member):
    call_command("roll_up", "--rebuild")
    return values(MemberStats.objects.get(pk=member.subject))


def test_what_a_member_says_and_does_is_counted(ada, films, tell):
    tell(ada, ("1", Kind.RATING, films[0], 5.0), ("2", Kind.RATING, films[1], 2.0), minute=0)
    tell(ada, ("3", Kind.LIKE, films[2]), ("4", Kind.CLICK, films[2]), minute=1)
    tell(ada, ("5", Kind.CLICK, films[2]), ("6", Kind.NOT_INTERESTED, films[3]), minute=2)
    features = figures(ada).features
    names = ("interactions", "clicks", "likes", "dislikes", "not_interested", "mean_rating")
    assert [features[name] for name in names] == [6, 2, 1, 0, 1, 3.5]
    assert features["positive_share"] == 0.5
    assert "click_rate" not in features


def test_rates_are_of_what_was_shown(ada, films, shown):
    answers = [
        told(ada, "1", Kind.CLICK, films[0], impression=shown.pk, minute=1),
        told(ada, "2", Kind.LIKE, films[0], impression=shown.pk, minute=1),
        told(ada, "3", Kind.CLICK, films[1], impression=shown.pk, minute=1),
        told(ada, "4", Kind.CLICK, films[2], minute=1),
    ]
    record(answers, source="test")
    features = figures(ada).features
    assert (features["shown"], features["click_rate"], features["like_rate"]) == (4, 0.5, 0.25)
    assert features["rating_rate"] == 0


def test_the_time_of_day_is_the_members_own(ada, bob, films, tell):
    Member.objects.filter(pk=ada.pk).update(time_zone="Asia/Shanghai")
    Member.objects.filter(pk=bob.pk).update(time_zone="Mars/Olympus")
    for member in (ada, bob):
        tell(member, (member.outside_id, Kind.CLICK, films[0]), minute=0)  # a Friday, 12:00 UTC
    hers, his = figures(ada), figures(bob)
    assert (hers.hours.index(1), his.hours.index(1)) == (20, 12)
    assert hers.weekdays == his.weekdays == [0, 0, 0, 0, 1, 0, 0]
    assert (hers.features["evening"], his.features["evening"]) == (1, 0)
    tell(ada, ("late", Kind.CLICK, films[1]), minute=10 * 60)  # Saturday 06:00 in Shanghai
    assert figures(ada).features["weekend"] == 0.5
    assert figures(ada).features["morning"] == 0.5


def test_what_was_undone_counts_nowhere(ada, films, tell):
    tell(ada, ("1", Kind.CLICK, films[0]), ("2", Kind.LIKE, films[0]), minute=0)
    record([undo(ada, "3", "1"), undo(ada, "4", "2")], source="test")
    stats = figures(ada)
    assert (stats.features["interactions"], stats.features["likes"]) == (0, 0)
    assert (stats.last_at, stats.hours) == (None, None)


def test_only_members_with_news_are_counted_again(ada, bob, films, tell):
    tell(ada, ("1", Kind.CLICK, films[0]))
    tell(bob, ("2", Kind.CLICK, films[0]))
    assert [behaviour.roll_up(), behaviour.roll_up()] == [2, 0]
    tell(bob, ("3", Kind.CLICK, films[1]))
    assert [behaviour.roll_up(), behaviour.roll_up()] == [1, 0]


def test_a_rebuild_gives_the_same_figures(ada, bob, films, tell):
    tell(ada, ("1", Kind.RATING, films[0], 4.0), ("2", Kind.SHARE, films[0]), minute=0)
    tell(bob, ("3", Kind.CLICK, films[0]), minute=0)
    behaviour.roll_up()
    before = list(MemberStats.objects.order_by("pk").values())
    behaviour.roll_up(rebuild=True)
    assert list(MemberStats.objects.order_by("pk").values()) == before


def test_a_marked_act_counts_in_no_figure_until_its_mark_is_lifted(ada, films, tell):
    tell(ada, ("1", Kind.RATING, films[0], 5.0), ("2", Kind.VIEW, films[1], 20_000.0))
    before = figures(ada)
    note_robot(ada.subject)
    cleaning.mark()
    roll_up()
    marked = figures(ada)
    assert (marked.features["interactions"], "mean_rating" in marked.features) == (0, False)
    assert rebuilt(ada) == values(marked)
    analyst = UserFactory.create(roles=["analyst"])
    cleaning.lift(actor=analyst, subject=ada.subject, rule=Rule.ROBOT, reason="a person")
    roll_up()
    assert values(figures(ada)) == values(before)


def test_what_was_shown_later_counts_without_any_other_news(ada, films, shown):
    assert figures(ada).features["shown"] == 4
    Impression.objects.create(
        **{field.attname: getattr(shown, field.attname) for field in shown._meta.concrete_fields}
        | {"id": uuid.uuid4()}
    )
    roll_up()
    late = figures(ada)
    assert late.features["shown"] == 8
    assert rebuilt(ada) == values(late)


def test_who_moves_to_another_time_zone_is_counted_in_it(ada, films, tell):
    tell(ada, ("1", Kind.CLICK, films[0]), minute=0)  # 12:00 UTC
    assert figures(ada).features["afternoon"] == 1
    put_members([{"member": "ada", "time_zone": "Asia/Shanghai"}], source="test")
    assert figures(ada).features["evening"] == 1


def test_a_segment_by_behaviour_follows_the_roll_up(ada, films, tell):
    segment = SegmentFactory.create(query={"field": "clicks", "op": "ge", "value": 2})
    tell(ada, ("1", Kind.CLICK, films[0]), ("2", Kind.CLICK, films[1]))
    assert segments_of(ada.subject) == frozenset()
    behaviour.roll_up()
    assert segments_of(ada.subject) == {segment.pk}
    record([undo(ada, "3", "1")], source="test")
    behaviour.roll_up()
    assert segments_of(ada.subject) == frozenset()


def test_a_member_without_a_row_is_counted_by_the_subject_alone(films):
    stranger = Member(subject=uuid.uuid4())
    record([told(stranger, "1", Kind.CLICK, films[0])], source="test")
    assert figures(stranger).features["clicks"] == 1


# Items ------------------------------------------------------------------------------------------------


def test_when_members_turn_to_an_item_is_counted_in_their_own_time(ada, bob, films, tell):
    Member.objects.filter(pk=ada.pk).update(time_zone="Asia/Shanghai")
    tell(ada, ("1", Kind.CLICK, films[0]), minute=0)  # a Friday, 20:00 in Shanghai
    tell(bob, ("2", Kind.CLICK, films[0]), minute=60)
    roll_up()
    before = counters.read()["statistics"]
    assert behaviour.profile_items() == 1
    assert counters.read()["statistics"] == before + 1
    stats = ItemStats.objects.get(item=films[0])
    hours = stats.hours or []
    assert (hours[20], hours[13], sum(hours)) == (1, 1, 2)
    assert stats.weekdays == [0, 0, 0, 0, 2, 0, 0]
    assert stats.last_at == datetime(2024, 3, 1, 13, tzinfo=UTC)


def test_an_item_whose_interactions_were_undone_has_no_profile_and_a_second_count_changes_none(
    ada, films, tell
):
    tell(ada, ("1", Kind.CLICK, films[0]))
    roll_up()
    assert [behaviour.profile_items(), behaviour.profile_items()] == [1, 0]
    record([undo(ada, "2", "1")], source="test")
    assert behaviour.profile_items() == 1
    assert ItemStats.objects.get(item=films[0]).hours is None
