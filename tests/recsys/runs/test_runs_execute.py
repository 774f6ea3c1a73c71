"""A run from claim to version, and what becomes of it when it is cancelled, fenced off or left by its worker."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from recsys.jobs import leases
from recsys.jobs.failures import Failure
from recsys.live.artifacts import artifact_path, checkpoints, validation_path
from recsys.ml import artifact
from recsys.models import Job, ModelVersion, Run, RunProgress
from recsys.runs import actions
from recsys.runs import worker as runs
from tests.processes import wait_until
from tests.recsys.runs.workers import ended_when, fits, killed_when, said, stage, words_of

pytestmark = pytest.mark.django_db(transaction=True)

LONG = {"epochs": 500, "batch_size": 8}


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
    assert "0 interactions; at least 10" in words_of(run).reason


def test_a_cancel_ends_a_running_fit_and_leaves_nothing(operator, ratings, var):
    run = actions.request_run(family="dot", parameters=LONG, actor=operator)
    worker = _in_thread(run)
    wait_until(lambda: stage(run).endswith("training"), "it trains")
    actions.cancel_run(run_id=run.id, actor=operator)
    worker.join(timeout=20)
    run.refresh_from_db()
    assert run.state == Job.State.CANCELLED
    assert not fits()
    assert not ModelVersion.objects.exists()
    assert not list((var / "artifacts").glob("dot/*"))


def test_a_worker_that_lost_its_lease_writes_nothing(operator, ratings, var):
    run = actions.request_run(family="dot", parameters=LONG, actor=operator)
    worker = _in_thread(run)
    wait_until(lambda: stage(run).endswith("training"), "it trains")
    Run.objects.filter(pk=run.pk).update(attempt=2, worker="another")
    worker.join(timeout=40)
    assert not worker.is_alive()
    run.refresh_from_db()
    assert (run.state, run.worker, run.error) == (Job.State.RUNNING, "another", "")
    assert not fits()
    assert not list((var / "artifacts").glob("dot/*"))


def test_an_iterative_run_goes_on_from_its_checkpoint_when_its_worker_was_killed(
    operator, ratings, var
):
    parameters = {"epochs": 40, "batch_size": 8}
    run = actions.request_run(family="dot", parameters=parameters, actor=operator)
    killed_when(run, lambda: len(_progress(run).curve) > 2)
    digest = Run.objects.get(pk=run.pk).snapshot["digest"]
    runs.execute(run.id)
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Job.State.SUCCEEDED, 2)
    assert run.snapshot["digest"] == digest, "it goes on with the same data"
    assert "resumed" in said(run)
    told_twice = [point for point in _progress(run).curve if point["part"] == "validation"]
    assert [point["epoch"] for point in told_twice] == list(range(1, 41))


def test_a_worker_that_is_told_to_stop_hands_its_run_back(operator, ratings):
    run = actions.request_run(family="dot", parameters=LONG, actor=operator)
    ended_when(run, lambda: _progress(run).curve, signal.SIGTERM)
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
    assert "restarted" in said(run)


def _in_thread(run):
    def work():
        try:
            runs.execute(run.id)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    return worker


def _progress(run):
    return RunProgress.objects.get(run=run)
