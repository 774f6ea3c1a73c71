"""How the work stands, and what the doctor says of it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from redis import Redis

from curation.models import Outbox, Surface
from recsys.config.celery import app
from recsys.models import Heartbeat, ModelVersion, Refusing, Run
from recsys.operations import doctor, vitals
from recsys.operations import standing as operations
from recsys.operations.heartbeats import beat
from recsys.transport import broker, cache
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_nobody_beats")]
LONG_AGO = timedelta(hours=1)


@pytest.fixture
def no_broker(monkeypatch):
    """A broker that nobody can reach."""
    monkeypatch.setattr(app.conf, "broker_read_url", "redis+socket:///nowhere/broker.sock")
    monkeypatch.setattr(broker, "breaker", cache.Breaker())


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(UserFactory.create(roles=["operator"]))
    return client


def findings() -> dict[str, doctor.Finding]:
    return {each.subject: each for each in doctor.examine()}


def waiting_for_long(model, **columns):
    row = model.objects.create(**columns)
    model.objects.filter(pk=row.pk).update(requested_at=timezone.now() - LONG_AGO)
    return row


def test_the_length_of_each_queue_is_told():
    with Redis.from_url(settings.BROKER_URL) as server:
        server.delete("tandem:never-declared")
        server.lpush("tandem:two-wait", "a", "b")
        try:
            found = broker.lengths(["two-wait", "never-declared"])
        finally:
            server.delete("tandem:two-wait")
    assert found == {"two-wait": 2, "never-declared": 0}


def test_a_broker_that_failed_a_moment_ago_is_not_asked_again_by_every_page(no_broker):
    for _ in range(3):
        with pytest.raises(cache.Unavailable, match="nowhere"):
            broker.lengths([])
    with pytest.raises(cache.Unavailable, match="not tried"):
        broker.lengths([])


def test_a_process_that_was_not_seen_for_three_beats_is_late():
    beat("bulk")
    assert [each.role for each in operations.look().alive("bulk")] == ["bulk"]
    Heartbeat.objects.update(beat_at=timezone.now() - operations.LATE_AFTER * 2)
    assert operations.look().alive("bulk") == []
    assert findings()["bulk"].text == "none was seen lately"


def test_the_outbox_lags_when_its_oldest_row_is_old():
    Outbox.objects.create(task="recsys.sweep", queue="bulk")
    assert findings()["outbox"].ok
    Outbox.objects.update(created_at=timezone.now() - LONG_AGO)
    late = findings()["outbox"]
    assert (late.ok, late.remedy) == (False, "look into var/log/relay.log")


def test_a_job_that_waits_while_nothing_runs_is_wrong_and_one_behind_another_is_not():
    waiting_for_long(Run, family="ease")
    assert not findings()["runs"].ok
    Run.objects.create(
        family="dot", state="running", attempt=1, lease_until=timezone.now() + LONG_AGO
    )
    assert findings()["runs"].ok


def test_a_job_whose_lease_ran_out_has_lost_its_worker():
    Refusing.objects.create(
        surface=Surface.objects.get(slug="home"),
        state="running",
        attempt=1,
        lease_until=timezone.now() - LONG_AGO,
    )
    assert "1 lost their worker" in findings()["re-fusings"].text


def test_without_a_broker_the_doctor_says_so_and_goes_on(no_broker):
    found = findings()
    assert not found["broker"].ok
    assert found["migrations"].ok


def test_a_damaged_artifact_is_named_with_the_way_to_another():
    run = Run.objects.create(family="ease")
    ModelVersion.objects.create(
        family="ease", number=7, run=run, artifact="ease/nowhere/model", digest="0" * 64
    )
    found = findings()["artifacts"]
    assert "ease 7" in found.text
    assert found.remedy == "manage.py train ease"


def test_an_open_door_is_named(settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.SECRET_KEY = "short"
    found = findings()
    assert {name for name in ("hosts", "TLS", "secret key") if not found[name].ok} == {
        "hosts",
        "TLS",
        "secret key",
    }


def test_the_command_ends_with_1_where_something_is_to_be_mended_and_tells_programs():
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert ended.value.code == 1
    assert told["ok"] is False
    assert {"subject", "text", "remedy", "ok"} == told["findings"][0].keys()
    assert any(each["subject"] == "relay" and not each["ok"] for each in told["findings"])


def vitals_of(operator: Client) -> dict[str, tuple[str, str]]:
    page = operator.get("/admin/operations/")
    return {each.subject: (each.state, each.remedy) for each in page.context["vitals"]}


def test_the_page_says_in_a_sentence_each_what_is_wrong_and_what_mends_it_the_worst_first(operator):
    beat("realtime")
    waiting_for_long(Run, family="ease")
    told = operator.get("/admin/operations/")
    page = told.content.decode()
    assert "Something is wrong" in page
    assert "No worker of the queue training was seen lately" in page
    assert 'hx-trigger="every 5s"' in page
    assert "1 queued" in page
    order = ["bad", "watch", "good"]
    states = [order.index(each.state) for each in told.context["vitals"]]
    assert states == sorted(states)
    assert all(each.remedy for each in told.context["vitals"] if each.state == "bad")


def test_with_everybody_alive_and_nothing_late_all_is_well(operator):
    for role in operations.WORKERS:
        beat(role)
        Heartbeat.objects.filter(role=role).update(name=role)
    assert "All is well." in operator.get("/admin/operations/").content.decode()
    assert {state for state, _ in vitals_of(operator).values()} == {"good"}


def test_a_process_that_complains_is_to_be_watched(operator):
    beat("realtime", problems=["ease 1: the artifact is damaged"])
    (name,) = Heartbeat.objects.exclude(problem="").values_list("name", flat=True)
    assert vitals_of(operator)[name][0] == "watch"


def test_the_database_is_watched_by_its_connections(operator, monkeypatch):
    assert vitals_of(operator)["Database"][0] == "good"
    monkeypatch.setattr(vitals, "FULL", (0.0, 2.0))
    state, remedy = vitals_of(operator)["Database"]
    assert (state, remedy) == ("watch", "Raise max_connections, or start fewer processes.")


def test_a_disk_that_fills_up_says_what_to_free(operator, monkeypatch):
    monkeypatch.setattr(vitals, "FREE", (2.0, 0.0))
    assert "prune_artifacts" in vitals_of(operator)["Disk"][1]


def test_a_task_is_late_once_it_was_not_sent_for_periods_that_beat_would_have_noted():
    every, _ = IntervalSchedule.objects.get_or_create(every=30, period="seconds")
    task = PeriodicTask.objects.create(name="sweep", task="recsys.sweep", interval=every)
    now = timezone.now()
    for seconds, is_late in ((60, False), (240, False), (600, True)):
        PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=now - timedelta(seconds=seconds))
        assert ("sweep" in operations.late_ticks(now)) is is_late


def test_a_task_that_was_sent_in_the_future_is_late_and_the_doctor_says_why():
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period="hours")
    task = PeriodicTask.objects.create(name="profile", task="recsys.profile", interval=every)
    ahead = timezone.now() + timedelta(minutes=50)
    PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=ahead)
    assert "profile" in operations.late_ticks(timezone.now())
    assert "before the clock was set back" in findings()["beat"].text


def test_a_process_that_was_last_seen_in_the_future_does_not_count_as_alive():
    beat("upkeep")
    Heartbeat.objects.update(beat_at=timezone.now() + LONG_AGO)
    assert operations.look().alive("upkeep") == []
    assert "upkeep" in operations.missing(timezone.now())


def test_a_task_that_is_new_is_not_late_before_it_was_due():
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period="hours")
    PeriodicTask.objects.create(name="profile", task="recsys.profile", interval=every)
    assert "profile" not in operations.late_ticks(timezone.now())
    assert "profile" in operations.late_ticks(timezone.now() + timedelta(days=1))


def test_the_page_renews_its_fragment_alone(operator):
    fragment = operator.get("/admin/operations/", headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="standing"')


def test_the_page_says_that_the_broker_is_down(operator, no_broker):
    page = operator.get("/admin/operations/").content.decode()
    assert "The broker does not answer" in page
    assert "?" in page


def test_the_page_keeps_a_fixed_number_of_queries(operator):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            operator.get("/admin/operations/")
        return len(asked)

    queries()
    few = queries()
    assert few <= 15
    now = timezone.now()
    for number in range(5):
        Run.objects.create(family="ease")
        Heartbeat.objects.create(name=f"w{number}", role="bulk", pid=1, started_at=now, beat_at=now)
    assert queries() == few
