"""kill -9 of the worker at every stage of a run: the next attempt ends it, and nothing is left of the first."""

from __future__ import annotations

from signal import SIGKILL

import pytest
from django.utils import timezone

from curation.models import Outbox
from recsys.jobs import leases
from recsys.jobs.failures import Failure
from recsys.live.artifacts import checkpoints
from recsys.models import Job, ModelVersion, Run
from recsys.runs import actions, readiness
from recsys.runs import worker as runs
from tests.recsys.runs.workers import ended_when, expire, held, said, stage, waits_for

pytestmark = pytest.mark.django_db(transaction=True)
VERSIONS = ("recsys_modelversion", "SHARE")


def asked(operator, family, **parameters):
    return actions.request_run(family=family, parameters=parameters, actor=operator)


def left(var, run):
    """The folders of versions that lie on disk."""
    return sorted(path.name for path in (var / "artifacts" / run.family).iterdir())


def ended_well(run, var):
    expire(
        run
    )  # only now: what a killed worker has begun to write is locked until its session ends
    runs.execute(run.id)
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Job.State.SUCCEEDED, 2)
    assert ModelVersion.objects.get().run == run
    assert left(var, run) == [f"{run.id}-2"]
    assert not checkpoints(run).exists()
    assert not list((var / "runs" / str(run.id)).glob(".*"))


def test_killed_while_it_takes_the_data(operator, ratings, var):
    run = asked(operator, "popularity")
    with held("feedback_interaction", "ACCESS EXCLUSIVE"):
        ended_when(run, lambda: waits_for("feedback_interaction"), SIGKILL)
    ended_well(run, var)
    assert "restarted" in said(run)


def test_killed_while_it_fits_in_closed_form(operator, ratings, var):
    run = asked(operator, "ease")
    with held(*VERSIONS):
        ended_when(run, lambda: checkpoints(run).exists(), SIGKILL)
        data = Run.objects.get(pk=run.pk).snapshot["digest"]
    ended_well(run, var)
    assert "restarted" in said(run)
    assert run.snapshot["digest"] == data, "the same feedback gives the same snapshot"


def test_killed_while_it_evaluates_it_keeps_what_was_fitted(operator, ratings, var):
    run = asked(operator, "dot", epochs=2)
    with held(*VERSIONS):
        ended_when(run, (checkpoints(run) / "validation" / "finished").exists, SIGKILL)
    ended_well(run, var)
    assert {"resumed", "kept_part"} <= set(said(run))


def test_killed_while_it_writes_the_artifact(operator, ratings, var):
    run = asked(operator, "popularity")
    folder = var / "artifacts" / "popularity" / f"{run.id}-1"
    begun = lambda: any(folder.glob(".model-*/manifest.json"))  # noqa: E731
    ended_when(run, begun, SIGKILL, hangs_at="/.model-")
    assert begun()
    assert not (folder / "model").exists(), "nothing is in its place yet"
    ended_well(run, var)


def test_killed_while_it_writes_the_version(operator, ratings, var):
    run = asked(operator, "popularity")
    with held(*VERSIONS):
        ended_when(run, lambda: waits_for("recsys_modelversion"), SIGKILL)
    ended_well(run, var)


def test_killed_before_it_was_claimed_it_is_rung_for_and_taken(operator, ratings):
    run = asked(operator, "popularity")
    Outbox.objects.all().delete()  # the dead worker had heard it
    with held("recsys_run", "SHARE"):
        ended_when(run, lambda: waits_for("recsys_run"), SIGKILL)
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Job.State.QUEUED, 0)
    Run.objects.filter(pk=run.pk).update(requested_at=timezone.now() - leases.QUEUED_FOR_LONG)
    leases.sweep()
    assert [(one.task, one.arguments) for one in Outbox.objects.all()] == [
        ("recsys.execute_run", [str(run.pk)])
    ]
    runs.execute_next()
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Job.State.SUCCEEDED, 1)


def test_a_run_whose_workers_all_die_fails_and_says_so(operator, ratings):
    run = asked(operator, "popularity")
    for _ in range(3):
        assert leases.claim(Run, run.id, worker="elsewhere:1")
        expire(run)
    leases.sweep()
    run.refresh_from_db()
    assert (run.state, run.failure) == (Job.State.FAILED, Failure.WORKER_DIED)


def test_a_damaged_checkpoint_is_fitted_again(operator, ratings, var):
    run = asked(operator, "dot", epochs=2)
    finished = checkpoints(run) / "validation" / "finished"
    with held(*VERSIONS):
        ended_when(run, finished.exists, SIGKILL)
    arrays = finished / "arrays.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"!")
    ended_well(run, var)
    assert "damaged_part" in said(run)


def test_the_stage_of_a_dead_worker_is_not_shown_as_the_next_one(operator, ratings, monkeypatch):
    run = asked(operator, "popularity")
    with held(*VERSIONS):
        ended_when(run, lambda: waits_for("recsys_modelversion"), SIGKILL)
    assert stage(run) == "policy"
    shown = []
    monkeypatch.setattr(
        readiness, "trouble_at_claim", lambda run, *_where: shown.append(stage(run))
    )
    expire(run)
    runs.execute(run.id)
    assert shown == ["claimed"]
