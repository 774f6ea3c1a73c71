"""What beat sends, also after somebody set the clock back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django_celery_beat import schedulers
from django_celery_beat.models import PeriodicTask

from recsys.config.beat import Scheduler
from recsys.config.celery import app

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EACH_MINUTE = {
    "sweep",
    "launch due runs",
    "roll up",
    "publish change sets",
    "refresh segments",
}


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(
        Scheduler, "apply_entry", lambda _, entry, producer: names.append(entry.name)
    )
    monkeypatch.setattr(Scheduler, "producer", None)
    # It would close the connection of the test's transaction.
    monkeypatch.setattr(schedulers, "close_old_connections", lambda: None)
    # At the end of the run it would write to a database that is gone.
    monkeypatch.setattr(schedulers, "Finalize", lambda *_, **__: None)
    return names


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def a_minute(beat: Scheduler, clock) -> None:
    for _ in range(62):
        clock.shift(timedelta(seconds=1))
        while beat.tick() == 0:
            pass


def test_a_clock_set_back_silences_no_task(sent, clock):
    beat = Scheduler(app=app)
    a_minute(beat, clock)
    assert set(sent) == EACH_MINUTE
    clock.shift(-HOUR)
    sent.clear()
    a_minute(beat, clock)
    assert set(sent) == EACH_MINUTE


def test_a_beat_that_starts_with_a_clock_set_back_sends_every_task(sent, clock):
    a_minute(Scheduler(app=app), clock)
    PeriodicTask.objects.update(last_run_at=NOON + HOUR)
    sent.clear()
    a_minute(Scheduler(app=app), clock)
    assert set(sent) == EACH_MINUTE


def test_a_beat_that_reads_its_schedule_again_keeps_the_hourly_task_on_its_hour(sent, clock):
    a_minute(Scheduler(app=app), clock)
    PeriodicTask.objects.update(last_run_at=NOON + HOUR)
    beat = Scheduler(app=app)
    for _ in range(12):
        clock.shift(timedelta(minutes=5, seconds=10))
        while beat.tick() == 0:
            pass
    assert sent.count("profile items") == 1
