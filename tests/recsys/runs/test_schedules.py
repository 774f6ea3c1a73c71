"""Schedules ask for one run per period: with two beats, a clock that goes back, and nights that change the time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from curation.models import Outbox
from recsys.models import Job, Run, Schedule
from recsys.runs import queueing, schedules
from tests.recsys.runs.cast import SINCE

DAY = timedelta(days=1)


def periods():
    return list(Run.objects.order_by("period_start").values_list("period_start", flat=True))


def test_a_period_asks_for_one_run_however_often_it_is_looked_at(make_schedule):
    schedule = make_schedule()
    assert schedules.launch_due(SINCE + timedelta(hours=23)) == []
    for minutes in (0, 1, 30):
        schedules.launch_due(SINCE + DAY + timedelta(minutes=minutes))
    run = Run.objects.get()
    assert (run.schedule, run.period_start) == (schedule, SINCE + DAY)
    assert (run.priority, run.skip_unchanged) == (queueing.BY_SCHEDULE, True)
    assert Outbox.objects.get(task="recsys.execute_run").arguments == [str(run.id)]


def test_of_missed_periods_only_the_latest_is_made_up_for(make_schedule):
    make_schedule()
    schedules.launch_due(SINCE + 5 * DAY + timedelta(hours=1))
    assert periods() == [SINCE + 5 * DAY]


def test_a_clock_that_goes_back_an_hour_asks_for_nothing_twice(make_schedule):
    make_schedule(cron="0 * * * *", zone="UTC")
    at = SINCE + timedelta(hours=3, minutes=10)
    for back in (0, 60, 30, 0):
        schedules.launch_due(at - timedelta(minutes=back))
    assert periods() == [SINCE + timedelta(hours=3)]


@pytest.mark.parametrize(
    ("since", "hours"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), 48),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), 48),
    ],
    ids=["spring", "autumn"],
)
def test_the_night_of_another_time_has_one_run(make_schedule, since, hours):
    make_schedule(since=since, cron="30 2 * * *", zone="Europe/Berlin")
    for quarter in range(hours * 4):
        schedules.launch_due(since + timedelta(minutes=15 * quarter))
    assert len(periods()) == 2


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_ask_for_one_run(make_schedule):
    make_schedule()
    ready = threading.Barrier(4)

    def beat():
        try:
            ready.wait(timeout=30)
            schedules.launch_due(SINCE + DAY)
        finally:
            connection.close()

    beats = [threading.Thread(target=beat) for _ in range(4)]
    for each in beats:
        each.start()
    for each in beats:
        each.join()
    assert periods() == [SINCE + DAY]


def test_the_database_itself_refuses_a_second_run_of_a_period(make_schedule):
    schedule = make_schedule()
    schedules.launch_due(SINCE + DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.create(family="ease", schedule=schedule, period_start=SINCE + DAY)


def test_a_disabled_schedule_asks_for_nothing(make_schedule):
    schedule = make_schedule()
    Schedule.objects.update(enabled=False)
    assert schedules.launch_due(SINCE + DAY) == []
    schedule.refresh_from_db()
    assert schedules.upcoming(schedule, SINCE) == []


def test_a_schedule_that_cannot_be_followed_does_not_stop_the_others(make_schedule):
    make_schedule("a")
    Schedule.objects.filter(name="a").update(family="magic")
    good = make_schedule("b")
    assert [run.schedule for run in schedules.launch_due(SINCE + DAY)] == [good]


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


def typed(desk, url, **told):
    form = desk.get(url).context["form"]
    values = {name: form.get_initial_for_field(each, name) for name, each in form.fields.items()}
    return {name: "" if value is None else value for name, value in (values | told).items()}


def test_a_schedule_is_made_shown_with_its_next_five_times_and_disabled(desk, operator):
    url = reverse("runs:new_schedule") + "?family=ease"
    answer = desk.post(
        url,
        typed(
            desk,
            url,
            name="Weekday mornings",
            when="cron",
            cron="30 3 * * 1-5",
            zone="Asia/Shanghai",
        ),
    )
    schedule = Schedule.objects.get()
    assert answer.url == reverse("runs:schedule", args=[schedule.pk])
    assert (schedule.cron, schedule.zone, schedule.every_hours) == (
        "30 3 * * 1-5",
        "Asia/Shanghai",
        None,
    )
    assert schedule.changed_by == operator
    page = desk.get(answer.url)
    assert len(page.context["row"].upcoming) == 5
    assert page.content.decode().count("03:30") == 5
    desk.post(answer.url, typed(desk, answer.url, enabled=""))
    schedule.refresh_from_db()
    assert not schedule.enabled
    assert "disabled" in desk.get(reverse("runs:schedules")).content.decode()


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"when": "cron", "cron": "61 * * * *"}, "cron"),
        ({"when": "cron", "cron": ""}, "cron"),
        ({"when": "cron", "cron": "0 3 * * *", "zone": "Mars/Base"}, "zone"),
        ({"when": "5"}, "when"),
        ({"name": ""}, "name"),
        ({"regularization": "-1"}, "regularization"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_at_its_field(desk, told, field):
    url = reverse("runs:new_schedule") + "?family=ease"
    answer = desk.post(url, typed(desk, url, **{"name": "x", "when": "24", **told}))
    assert field in answer.context["form"].errors
    assert not Schedule.objects.exists()


def test_a_name_is_given_once(desk, make_schedule):
    make_schedule("Nightly")
    url = reverse("runs:new_schedule") + "?family=ease"
    answer = desk.post(url, typed(desk, url, name="Nightly", when="24"))
    assert "name" in answer.context["form"].errors


def test_changed_times_count_from_now_and_other_changes_do_not(desk, make_schedule):
    schedule = make_schedule()
    url = reverse("runs:schedule", args=[schedule.pk])
    desk.post(url, typed(desk, url, name="Every night"))
    assert Schedule.objects.get().since == SINCE
    desk.post(url, typed(desk, url, when="72"))
    assert Schedule.objects.get().since > timezone.now() - DAY


def test_the_list_shows_what_became_of_the_last_run(desk, make_schedule):
    make_schedule()
    schedules.launch_due(SINCE + DAY)
    Run.objects.update(state=Job.State.FAILED)
    assert "failed" in desk.get(reverse("runs:schedules")).content.decode()
