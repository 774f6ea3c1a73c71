"""The order of queued runs, one run per device, and what is skipped because nothing has changed."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from feedback.actions import record
from feedback.models import Kind
from recsys.jobs import leases
from recsys.models import Heartbeat, Job, ModelVersion, Run
from recsys.runs import actions, queueing
from recsys.runs import cards as run_cards
from recsys.runs import worker as runs
from tests.factories import ItemFactory, MemberFactory
from tests.feedback.cast import told

HERE = "this machine"


@pytest.fixture
def asked(operator):
    def ask(family="popularity", **more):
        return actions.request_run(family=family, parameters={}, actor=operator, **more)

    return ask


def taken(device=HERE):
    """The lease of the run that stood first."""
    lease = queueing.claim_next(device)
    assert lease is not None
    return lease


def test_what_people_ask_starts_before_what_schedules_ask_and_then_the_oldest(asked, make_schedule):
    schedule = make_schedule()
    by_schedule = asked(origin=actions.Origin(schedule=schedule, period_start=timezone.now()))
    first, second = asked(), asked()
    assert list(queueing.waiting()) == [first, second, by_schedule]


def test_a_device_has_one_run_at_a_time(asked):
    first, second = asked(), asked()
    assert taken().id == first.id
    assert queueing.claim_next(HERE) is None
    assert taken("another machine").id == second.id


def test_a_device_is_free_again_when_its_run_is_over(asked):
    asked()
    second = asked()
    taken().finish(Job.State.SUCCEEDED)
    assert taken().id == second.id


def test_a_dead_worker_does_not_keep_a_device(asked):
    first = asked()
    asked()
    queueing.claim_next(HERE)
    Run.objects.filter(pk=first.pk).update(lease_until=timezone.now() - leases.LEASE)
    assert taken().id == first.id


def test_a_queued_run_is_moved_to_the_front_and_to_the_end(asked, operator):
    first, second, third = asked(), asked(), asked()
    actions.reorder_run(run_id=third.id, actor=operator, priority=queueing.to_the_front)
    actions.reorder_run(run_id=first.id, actor=operator, priority=queueing.to_the_end)
    assert list(queueing.waiting()) == [third, second, first]


def test_a_run_that_waits_no_longer_is_not_moved(asked, operator):
    run = asked()
    actions.cancel_run(run_id=run.id, actor=operator)
    with pytest.raises(actions.NotPossible, match="waits no longer"):
        actions.reorder_run(run_id=run.id, actor=operator, priority=7)


def test_the_page_says_where_a_run_stands_and_what_it_waits_for(asked):
    first, second = asked(), asked()
    words = [card.waits for card in run_cards.cards([first, second])]
    assert words[0] == "Number 1 of 2 in the queue. No training worker lives: start one."
    now = timezone.now()
    Heartbeat.objects.create(name="w", role="training", pid=1, started_at=now, beat_at=now)
    words = [card.waits for card in run_cards.cards([first, second])]
    assert "It starts in a moment." in words[0]
    assert "It waits for those before it." in words[1]
    queueing.claim_next(HERE)
    second.refresh_from_db()
    assert "the run that has the device" in run_cards.cards([second])[0].waits


def test_buttons_move_a_queued_run(client, asked, operator):
    client.force_login(operator)
    _first, second = asked(), asked()
    client.post(reverse("runs:move", args=[second.id]), {"to": "front"})
    assert queueing.waiting().first() == second
    assert client.post(reverse("runs:move", args=[second.id]), {"to": "x"}).status_code == 400


def test_reproducing_asks_for_the_same_configuration_and_names_its_parent(client, asked, operator):
    client.force_login(operator)
    run = asked("ease", options={"seed": 7})
    Run.objects.filter(pk=run.pk).update(state=Job.State.FAILED)
    answer = client.post(reverse("runs:reproduce", args=[run.id]))
    again = Run.objects.get(parent=run)
    assert answer.url == reverse("runs:detail", args=[again.id])
    assert (again.parameters, again.options) == (run.parameters, run.options)
    assert str(run.id) in client.get(answer.url).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_run_is_skipped_where_nothing_has_changed_and_trains_where_something_has(asked, ratings):
    first = asked()
    runs.execute(first.id)
    same = asked(skip_unchanged=True)
    runs.execute(same.id)
    same.refresh_from_db()
    assert (same.state, same.same_as) == (Job.State.SKIPPED, first)
    assert ModelVersion.objects.count() == 1
    film = ItemFactory()
    record([told(MemberFactory(), "new", Kind.RATING, film, 5, minute=9_000)], source="test")
    changed = asked(skip_unchanged=True)
    runs.execute(changed.id)
    assert Run.objects.get(pk=changed.pk).state == Job.State.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_a_person_who_asks_for_it_gets_a_training_of_unchanged_data(asked, ratings):
    for run in (asked(), asked()):
        runs.execute(run.id)
    made = Run.objects.order_by("id")
    assert [run.state for run in made] == [Job.State.SUCCEEDED] * 2
    assert made[0].fingerprint == made[1].fingerprint
    assert made[0].version.report["test"]["last"] == made[1].version.report["test"]["last"]


@pytest.mark.django_db(transaction=True)
def test_another_seed_is_a_change(asked, ratings):
    first = asked()
    runs.execute(first.id)
    other = asked(skip_unchanged=True, options={"seed": 1})
    runs.execute(other.id)
    assert Run.objects.get(pk=other.pk).state == Job.State.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_a_run_keeps_what_it_was_made_with(client, asked, ratings, operator):
    run = asked()
    runs.execute(run.id)
    run.refresh_from_db()
    assert len(run.lineage["code"]["sources"]) == len(run.fingerprint) == 64
    assert {"torch", "numpy"} <= run.lineage["libraries"].keys()
    assert run.device
    assert run.snapshot["watermark"]
    client.force_login(operator)
    page = client.get(reverse("runs:detail", args=[run.id])).content.decode()
    assert run.fingerprint[:16] in page
    assert run.lineage["libraries"]["torch"] in page
    version = client.get(reverse("runs:version", args=[run.version.id])).content.decode()
    assert run.fingerprint[:16] in version
