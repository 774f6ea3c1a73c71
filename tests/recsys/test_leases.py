"""Jobs by lease: one winner, fencing, cancelling, and the reaper."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from curation.models import Outbox
from recsys.jobs.failures import Failure
from recsys.jobs.leases import LEASE, Fenced, Lease, claim, sweep
from recsys.models import Job, Run

LONG_AGO = timedelta(minutes=5)


@pytest.fixture
def run(transactional_db) -> Run:
    return Run.objects.create(family="ease")


def claimed(run: Run, worker: str = "a worker") -> Lease:
    lease = claim(Run, run.pk, worker)
    assert lease is not None
    return lease


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - LONG_AGO)


def state(run: Run) -> str:
    return Run.objects.get(pk=run.pk).state


def announced() -> list[list[str]]:
    return list(Outbox.objects.order_by("id").values_list("arguments", flat=True))


def claim_in_a_thread(run_id: UUID, worker: str, won: list[str]) -> None:
    try:
        if claim(Run, run_id, worker):
            won.append(worker)
    finally:
        connection.close()


def test_of_sixteen_deliveries_of_one_message_exactly_one_gets_the_job(run):
    won: list[str] = []
    threads = [
        threading.Thread(target=claim_in_a_thread, args=(run.pk, f"worker {n}", won))
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert Run.objects.get(pk=run.pk).worker == won[0]


def test_a_job_that_runs_or_is_over_cannot_be_claimed(run):
    lease = claimed(run)
    assert claim(Run, run.pk) is None
    lease.finish(Job.State.SUCCEEDED)
    assert claim(Run, run.pk) is None


def test_a_job_whose_lease_ran_out_goes_to_the_next_and_fences_the_first(run):
    zombie = claimed(run, "zombie")
    expire(run)
    heir = claimed(run, "heir")
    assert heir.attempt == 2
    with pytest.raises(Fenced):
        zombie.beat()
    with pytest.raises(Fenced):
        zombie.finish(Job.State.SUCCEEDED)
    heir.finish(Job.State.SUCCEEDED)
    assert (state(run), Run.objects.get(pk=run.pk).worker) == ("succeeded", "heir")


def test_a_heartbeat_renews_the_lease_and_brings_the_wish_to_cancel(run):
    lease = claimed(run)
    expire(run)
    assert lease.beat() is False
    assert Run.objects.filter(pk=run.pk, lease_until__gt=timezone.now()).exists()
    Run.objects.filter(pk=run.pk).update(cancel_requested=True)
    assert lease.beat() is True


def test_a_lease_is_over_a_minute_after_the_last_sign_of_life(run):
    lease = claimed(run)
    for _ in range(2):
        until = Run.objects.get(pk=run.pk).lease_until
        assert until is not None
        assert until <= timezone.now() + timedelta(minutes=1)
        lease.beat()


def test_a_job_handed_back_waits_again_without_a_failed_attempt_and_is_announced(run):
    claimed(run).hand_back()
    assert (state(run), Run.objects.get(pk=run.pk).attempt) == ("queued", 0)
    assert announced() == [[str(run.pk)]]


def test_the_reaper_frees_the_job_of_a_dead_worker_and_rings_for_it(run):
    claimed(run)
    expire(run)
    assert sweep() == 1
    assert state(run) == "queued"
    assert announced() == [[str(run.pk)]]


def test_after_a_clock_was_set_back_a_dead_worker_s_job_is_freed_when_a_lease_is_over(run):
    claimed(run)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() + LONG_AGO)
    assert sweep() == 0
    until = Run.objects.get(pk=run.pk).lease_until
    assert until is not None
    assert until <= timezone.now() + LEASE


def test_after_a_clock_was_set_back_a_living_worker_keeps_its_job(run):
    lease = claimed(run)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() + LONG_AGO)
    for _ in range(2):
        assert sweep() == 0
        assert lease.beat() is False
    lease.finish(Job.State.SUCCEEDED)
    assert state(run) == "succeeded"


def test_the_reaper_fails_a_job_whose_attempts_are_used_up(run):
    for _ in range(3):
        claimed(run)
        expire(run)
    assert claim(Run, run.pk) is None
    sweep()
    failed = Run.objects.get(pk=run.pk)
    assert (failed.state, failed.failure) == ("failed", Failure.WORKER_DIED)
    assert failed.finished_at is not None


def test_the_reaper_ends_a_cancelled_job_whose_worker_died(run):
    claimed(run)
    expire(run)
    Run.objects.filter(pk=run.pk).update(cancel_requested=True)
    sweep()
    assert state(run) == "cancelled"


def test_the_reaper_rings_again_for_what_waits_too_long_only(run):
    sweep()
    assert announced() == []
    Run.objects.filter(pk=run.pk).update(requested_at=timezone.now() - LONG_AGO)
    sweep()
    assert announced() == [[str(run.pk)]]


def test_the_reaper_leaves_a_living_worker_alone(run):
    claimed(run)
    assert sweep() == 0
    assert state(run) == "running"


@pytest.mark.parametrize("there", ["queued", "running", "succeeded", "failed"])
def test_no_update_brings_a_job_that_is_over_back(run, there):
    claimed(run).finish(Job.State.CANCELLED)
    with pytest.raises(DatabaseError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state=there)
