"""Cleaning: what no person can have meant stays out of training and rates, is not deleted, and can come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from curation.models import Member
from feedback.actions import record
from feedback.folding.states import note_robot
from feedback.keeping import cleaning
from feedback.learning.export import snapshot
from feedback.models import Impression, Interaction, Kind, Mark, MemberState, Rule
from feedback.recording import impressions
from feedback.reporting.activity import counts as activity
from feedback.reporting.spans import Span
from feedback.rollups.stats import roll_up
from recsys.workers import tasks
from tests.factories import UserFactory
from tests.feedback.cast import says, told

pytestmark = pytest.mark.django_db

DAY = datetime(2025, 6, 1, tzinfo=UTC)


def _dated(one, instant):
    return replace(one, occurred_at=instant)


def marked(member):
    rows = Interaction.objects.filter(subject=member.subject, mark__isnull=False)
    return list(rows.values_list("mark", flat=True))


def test_a_flood_is_marked_whole_and_nobody_elses(ada, bob, films):
    body = [told(ada, f"e{n}", Kind.CLICK, films[n % 4]) for n in range(cleaning.FLOOD_EVENTS + 1)]
    record(body, source="test")
    record(
        [told(bob, f"b{n}", Kind.CLICK, films[0]) for n in range(cleaning.FLOOD_EVENTS)],
        source="test",
    )
    assert cleaning.mark()[Rule.FLOOD] == cleaning.FLOOD_EVENTS + 1
    assert set(marked(ada)) == {Rule.FLOOD}
    assert marked(bob) == []
    assert Interaction.objects.count() == 2 * cleaning.FLOOD_EVENTS + 1


def test_what_an_import_brings_at_one_instant_is_no_flood(ada, films):
    body = [
        told(ada, f"e{n}", Kind.CLICK, films[0], minute=0) for n in range(cleaning.FLOOD_EVENTS * 2)
    ]
    record(body, source="test")
    assert not any(cleaning.mark().values())


@pytest.mark.parametrize(
    ("seconds", "is_marked"), [(cleaning.DWELL_S, False), (cleaning.DWELL_S + 1, True)]
)
def test_a_view_longer_than_anybody_looks_is_marked(ada, films, tell, seconds, is_marked):
    tell(ada, ("e1", Kind.VIEW, films[0], float(seconds)))
    assert cleaning.mark()[Rule.DWELL] == is_marked


@pytest.mark.parametrize(("ago_s", "is_marked"), [(600, False), (30, True)])
def test_a_view_longer_than_its_slate_was_out_is_marked(ada, films, tell, ago_s, is_marked):
    slate = Impression(
        served_at=timezone.now() - timedelta(seconds=ago_s), subject=ada.subject, surface="home",
        mode="fresh", items=[films[0].pk], slots=[1], propensities=[1.0], curated=[False],
    )  # fmt: skip
    impressions.write([slate])
    tell(ada, ("e1", Kind.VIEW, films[0], 500.0), impression=slate.pk)
    assert cleaning.mark()[Rule.DWELL] == is_marked


def test_all_that_a_robot_does_is_marked(ada, bob, films, tell):
    tell(ada, ("a", Kind.LIKE, films[0]))
    tell(bob, ("b", Kind.LIKE, films[0]))
    note_robot(bob.subject)
    assert cleaning.mark()[Rule.ROBOT] == 1
    assert (marked(ada), marked(bob)) == ([], [Rule.ROBOT])


def test_a_day_without_sleep_is_a_robots(ada, bob, films):
    hours = [DAY + timedelta(hours=h, minutes=5 * m) for h in range(22) for m in range(10)]
    later = [DAY + timedelta(days=1, hours=h) for h in range(3)]
    body = [_dated(told(ada, f"a{n}", Kind.CLICK, films[0]), at) for n, at in enumerate(hours)]
    body += [_dated(told(ada, f"l{n}", Kind.CLICK, films[0]), at) for n, at in enumerate(later)]
    body += [
        _dated(told(bob, f"b{n}", Kind.CLICK, films[0]), at) for n, at in enumerate(hours[10:])
    ]
    record(body, source="test")
    assert cleaning.mark()[Rule.ROBOT] == len(hours)
    assert len(marked(ada)) == len(hours)


def test_marked_interactions_stay_out_of_training_and_the_report_but_in_the_members_own_words(
    ada, films, tell
):
    tell(ada, ("e1", Kind.RATING, films[0], 5.0), ("e2", Kind.RATING, films[1], 4.0))
    note_robot(ada.subject)
    today = timezone.localdate()
    span = Span(today - timedelta(days=1), today + timedelta(days=1))
    roll_up()
    assert sum(activity(span).values()) == 2
    cleaning.mark()
    roll_up()
    assert sum(activity(span).values()) == 0
    assert says(ada, films[0])["stars"] == 5.0
    assert Interaction.objects.count() == 2


def test_a_mark_that_was_lifted_never_returns(ada, films, tell):
    tell(ada, ("e1", Kind.VIEW, films[0], 20_000.0))
    assert cleaning.mark()[Rule.DWELL] == 1
    analyst = UserFactory.create(roles=["analyst"])
    lifted = cleaning.lift(actor=analyst, subject=ada.subject, rule=Rule.DWELL, reason="a film")
    assert (lifted, marked(ada)) == (1, [])
    assert cleaning.mark()[Rule.DWELL] == 0
    kept = Mark.objects.get()
    assert (kept.lifted_by, kept.lifted_why) == (analyst, "a film")
    assert [c.lifted for c in cleaning.counts()] == [0, 1, 0]


def test_who_is_no_robot_after_all_is_none(ada, films, tell):
    tell(ada, ("e1", Kind.LIKE, films[0]))
    note_robot(ada.subject)
    cleaning.mark()
    analyst = UserFactory.create(roles=["analyst"])
    cleaning.lift(actor=analyst, subject=ada.subject, rule=Rule.ROBOT, reason="a person")
    tell(ada, ("e2", Kind.LIKE, films[1]))
    assert cleaning.mark()[Rule.ROBOT] == 0
    assert not MemberState.objects.get().robot


def test_the_command_marks_and_names_robots(ada, films, tell):
    tell(ada, ("e1", Kind.LIKE, films[0]))
    out = StringIO()
    call_command("mark_interactions", robot="ada", source="test", stdout=out)
    assert "robot: 1 marked" in out.getvalue()
    for wrong in ({"robot": "nobody", "source": "test"}, {"since": "soon"}):
        with pytest.raises(CommandError):
            call_command("mark_interactions", **wrong)


def test_the_task_marks_what_came_lately(ada, films, tell):
    tell(ada, ("e1", Kind.VIEW, films[0], 20_000.0))
    tasks.mark_interactions()
    assert marked(ada) == [Rule.DWELL]


def test_the_page_tells_what_is_marked_and_lifts_it(client, ada, films, tell):
    client.force_login(UserFactory.create(roles=["analyst"]))
    page = reverse("feedback:cleaning")
    assert "Nothing is marked" in client.get(page).content.decode()
    tell(ada, ("e1", Kind.VIEW, films[0], 20_000.0))
    cleaning.mark()
    assert "ada" in client.get(page).content.decode()
    words = {"subject": ada.subject, "rule": Rule.DWELL.value}
    client.post(reverse("feedback:lift"), words)
    assert marked(ada) == [Rule.DWELL]
    client.post(reverse("feedback:lift"), words | {"reason": "a long film"})
    assert marked(ada) == []


def test_staff_read_comments_and_a_curator_hides_one(client, films):
    ada = Member.objects.create(source="test", outside_id="ada")
    hostile = "<img src=x onerror=alert(1)>"
    record([told(ada, "c1", Kind.COMMENT, films[0], text=hostile, public=True)], source="test")
    client.force_login(UserFactory.create(roles=["curator"]))
    page = client.get(reverse("feedback:comments")).content.decode()
    assert "&lt;img src=x" in page
    assert "<img src=x" not in page
    kept = Interaction.objects.get().pk
    judge = reverse("feedback:judge-comment", args=[kept])
    client.post(judge, {})
    item = reverse("item", args=[films[0].pk])
    assert "onerror" in client.get(item).content.decode()
    client.post(judge, {"reason": "rude"})
    assert "onerror" not in client.get(item).content.decode()
    client.post(judge, {"show": "1"})
    assert "onerror" in client.get(item).content.decode()


@pytest.mark.django_db(transaction=True)
def test_no_marked_interaction_is_in_a_snapshot(ada, films, tell, tmp_path):
    tell(ada, ("e1", Kind.RATING, films[0], 5.0), ("e2", Kind.COMMENT, films[1]))
    tell(ada, ("e3", Kind.SHARE, films[2]), ("e4", Kind.VIEW, films[3], 20_000.0))
    cleaning.mark()
    snapshot(tmp_path / "told.parquet")
    kinds = pq.read_table(tmp_path / "told.parquet")["kind"].to_pylist()
    assert sorted(kinds) == [Kind.RATING, Kind.SHARE]
