"""A run from claim to version, and what becomes of it when it is cancelled, fenced off or left by its worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import psutil
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from curation import installation
from feedback.actions import record
from feedback.models import Kind
from recsys import actions, leases, run_words, runs
from recsys.artifacts import artifact_path, checkpoints, validation_path
from recsys.failures import Failure
from recsys.ml import artifact
from recsys.models import Job, ModelVersion, Run, RunProgress
from tests.factories import ItemFactory, MemberFactory, UserFactory
from tests.feedback.cast import told
from tests.processes import ROOT, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

LONG = {"epochs": 500, "batch_size": 8}


@pytest.fixture
def operator(db):
    installation.ensure()
    return UserFactory(username="operator", roles=["operator"])


@pytest.fixture
def ratings(operator):
    """Forty members, half of whom like even films and half odd ones."""
    films = [ItemFactory() for _ in range(12)]
    events = []
    for place in range(40):
        member = MemberFactory()
        for at, film in enumerate(films[place % 2 :: 2]):
            event, minute = f"{place}-{at}", 24 * 60 * at + place
            events.append(told(member, event, Kind.RATING, film, 5, minute=minute))
    record(events, source="test")


def test_a_run_ends_with_a_version_whose_artifact_is_whole(operator, ratings):
    run = actions.request_run(family="popularity", parameters={}, actor=operator)
    runs.execute(run.id)
    version = ModelVersion.objects.get(run=run)
    run.refresh_from_db()
    assert (run.state, run.error, version.number) == (Job.State.SUCCEEDED, "", 1)
    assert run.snapshot["rows"] == 240
    assert run.snapshot["catalogue"] == 12
    assert run.report["test"]["last"]["members"]["n"] > 0
    artifact.read_folder(artifact_path(version), version.digest)
    artifact.read_folder(validation_path(version))
    assert not checkpoints(run).exists()


def test_versions_of_a_family_are_numbered_on(operator, ratings):
    for _ in range(2):
        run = actions.request_run(family="popularity", parameters={}, actor=operator)
        runs.execute(run.id)
    numbers = ModelVersion.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2]


def test_a_run_is_done_once_however_often_its_doorbell_rings(operator, ratings):
    run = actions.request_run(family="popularity", parameters={}, actor=operator)
    for _ in range(2):
        runs.execute(run.id)
    assert ModelVersion.objects.count() == 1


def test_a_run_without_data_fails_and_says_what_to_do(operator):
    run = actions.request_run(family="ease", parameters={}, actor=operator)
    runs.execute(run.id)
    run.refresh_from_db()
    assert (run.state, run.failure) == (Job.State.FAILED, Failure.BAD_DATA)
    assert "0 interactions; at least 10" in run_words.failure_of(run).reason


def test_a_cancel_ends_a_running_fit_and_leaves_nothing(operator, ratings, var):
    run = actions.request_run(family="dot", parameters=LONG, actor=operator)
    worker = _in_thread(run)
    wait_until(lambda: _stage(run).endswith("training"), "it trains")
    actions.cancel_run(run_id=run.id, actor=operator)
    worker.join(timeout=20)
    run.refresh_from_db()
    assert run.state == Job.State.CANCELLED
    assert not _fits()
    assert not ModelVersion.objects.exists()
    assert not list((var / "artifacts").glob("dot/*"))


def test_a_worker_that_lost_its_lease_writes_nothing(operator, ratings, var):
    run = actions.request_run(family="dot", parameters=LONG, actor=operator)
    worker = _in_thread(run)
    wait_until(lambda: _stage(run).endswith("training"), "it trains")
    Run.objects.filter(pk=run.pk).update(attempt=2, worker="another")
    worker.join(timeout=40)
    assert not worker.is_alive()
    run.refresh_from_db()
    assert (run.state, run.worker, run.error) == (Job.State.RUNNING, "another", "")
    assert not _fits()
    assert not list((var / "artifacts").glob("dot/*"))


def test_an_iterative_run_goes_on_from_its_checkpoint_when_its_worker_was_killed(
    operator, ratings, var
):
    parameters = {"epochs": 40, "batch_size": 8}
    run = actions.request_run(family="dot", parameters=parameters, actor=operator)
    _killed_when(run, lambda: len(_progress(run).curve) > 2)
    digest = Run.objects.get(pk=run.pk).snapshot["digest"]
    runs.execute(run.id)
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Job.State.SUCCEEDED, 2)
    assert run.snapshot["digest"] == digest, "it goes on with the same data"
    assert "resumed" in _said(run)
    told_twice = [point for point in _progress(run).curve if point["part"] == "validation"]
    assert [point["epoch"] for point in told_twice] == list(range(1, 41))


def test_a_worker_that_is_told_to_stop_hands_its_run_back(operator, ratings):
    run = actions.request_run(family="dot", parameters=LONG, actor=operator)
    _ended_when(run, lambda: _progress(run).curve, signal.SIGTERM)
    run.refresh_from_db()
    assert (run.state, run.attempt, run.lease_until) == (Job.State.QUEUED, 0, None)
    assert checkpoints(run).exists()


def test_a_closed_form_run_starts_again_and_says_so(operator, ratings):
    run = actions.request_run(family="ease", parameters={}, actor=operator)
    lease = leases.claim(Run, run.id, worker="dead")
    Run.objects.filter(pk=run.pk).update(
        snapshot={"digest": "?"}, lease_until=timezone.now() - timedelta(seconds=1)
    )
    runs.execute(run.id)
    assert lease
    assert Run.objects.get(pk=run.pk).state == Job.State.SUCCEEDED
    assert "restarted" in _said(run)


def _in_thread(run):
    def work():
        try:
            runs.execute(run.id)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    return worker


def _killed_when(run, condition):
    """Do the run in a process of its own, kill that with -9, and let its lease run out."""
    _ended_when(run, condition, signal.SIGKILL)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def _ended_when(run, condition, by):
    """Do the run in a process of its own and send that a signal once it has come so far."""
    base = connection.settings_dict
    url = f"postgresql://{base['USER']}@/{base['NAME']}?host={base['HOST']}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "recsys.config.settings",
        "TANDEM_VAR": str(settings.VAR_DIR),
    }
    words = [sys.executable, "-m", "tests.recsys.runs.worker", str(run.id)]
    worker = subprocess.Popen(words, cwd=ROOT, env=environment)
    try:
        wait_until(condition, "the run has come so far")
    finally:
        worker.send_signal(by)
        worker.wait(timeout=60)
    wait_until(lambda: not _fits(), "the fit died with its worker")


def _progress(run):
    return RunProgress.objects.get(run=run)


def _said(run):
    return [line["code"] for line in _progress(run).log]


def _stage(run):
    return _progress(run).stage


def _fits():
    """The fits that this test run has started and that still run."""
    mine = str(settings.VAR_DIR)
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if any(mine in word for word in process.info["cmdline"] or ())
        and "recsys.fitting" in process.info["cmdline"]
    ]
