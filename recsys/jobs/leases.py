"""Jobs claimed by lease: one worker at a time, kept by heartbeat, fenced by the attempt's number.

Every write of a worker names its attempt and itself; where it changes no row, another worker has the job.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Now
from psycopg import sql
from structlog.contextvars import bind_contextvars

from curation.outbox import announce
from recsys.jobs.failures import Failure
from recsys.models import (
    Appraisal,
    BlendProposal,
    BlendSweep,
    Clustering,
    EmbeddingJob,
    ExpectationCheck,
    Heartbeat,
    Job,
    ProposalRound,
    Refusing,
    Run,
    Simulation,
)

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BEAT_S = 10
LIVES = timedelta(seconds=40)
QUEUED_FOR_LONG = timedelta(seconds=60)
MOST_RUNG = 100

# What is announced for a job that waits: the task, its queue, and the column that it takes.
DOORS: dict[type[Job], tuple[str, str, str]] = {
    Run: ("recsys.execute_run", "training", "pk"),
    Refusing: ("recsys.refuse_surface", "bulk", "surface_id"),
    EmbeddingJob: ("recsys.embed_items", "bulk", "pk"),
    BlendProposal: ("recsys.propose_blend", "bulk", "pk"),
    ProposalRound: ("recsys.look_for_proposals", "bulk", "pk"),
    BlendSweep: ("recsys.sweep_blends", "bulk", "pk"),
    Clustering: ("recsys.cluster", "bulk", "pk"),
    Simulation: ("recsys.simulate", "bulk", "pk"),
    Appraisal: ("recsys.appraise", "bulk", "pk"),
    ExpectationCheck: ("recsys.check_expectations", "bulk", "pk"),
}

CLAIM = """
UPDATE {table} SET state = 'running', attempt = attempt + 1, worker = %(worker)s,
       lease_until = now() + %(lease)s, started_at = now() {more}
 WHERE id = %(id)s AND attempt < max_attempts AND NOT cancel_requested
   AND (state = 'queued' OR (state = 'running' AND lease_until < now()))
RETURNING attempt
"""
BEAT = """
UPDATE {table} SET lease_until = now() + %(lease)s {more}
 WHERE id = %(id)s AND attempt = %(attempt)s AND worker = %(worker)s AND state = 'running'
RETURNING cancel_requested
"""


class Fenced(Exception):
    """Another worker holds the job now."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job until it ends or is not renewed in time."""

    job: type[Job]
    id: UUID
    attempt: int
    worker: str

    def beat(self, *, lasting: timedelta = LEASE, **progress: Any) -> bool:
        """Renew the lease and write columns of progress; True asks to cancel. Raises Fenced."""
        held = {"id": self.id, "attempt": self.attempt, "worker": self.worker, "lease": lasting}
        row = _returned(self.job, BEAT, held, progress)
        if row is None:
            raise self._fenced()
        return bool(row[0])

    def finish(self, state: Job.State, *, error: str = "", **columns: Any) -> None:
        """End the job, once; raises Fenced."""
        self._write(state=state, error=error, finished_at=Now(), lease_until=None, **columns)

    def hand_back(self) -> None:
        """Put the job back into the queue for another worker to go on with; raises Fenced."""
        # Not a failed attempt: the worker leaves because it was told to.
        self._requeue(attempt=F("attempt") - 1)

    def try_again(self) -> bool:
        """Put the job back into the queue for another attempt; False where none is left. Raises Fenced."""
        if not self.job._default_manager.filter(pk=self.id, max_attempts__gt=self.attempt).exists():
            return False
        self._requeue()
        return True

    def _requeue(self, **columns: Any) -> None:
        try:
            with transaction.atomic():
                self._write(state=Job.State.QUEUED, worker="", lease_until=None, **columns)
                ring(self.job, [self.id])
        except IntegrityError:  # one for the same end waits already
            self.finish(Job.State.SKIPPED)

    def _write(self, **columns: Any) -> None:
        held = self.job._default_manager.filter(
            pk=self.id, attempt=self.attempt, worker=self.worker, state=Job.State.RUNNING
        )
        if not held.update(**columns):
            raise self._fenced()

    def _fenced(self) -> Fenced:
        return Fenced(f"{self.job.__name__} {self.id}, attempt {self.attempt} of {self.worker}")


def worker_name() -> str:
    """This process, as others see it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def claim(job: type[Job], job_id: UUID, worker: str = "", **columns: Any) -> Lease | None:
    """Take a job that waits or whose worker is gone, and write columns of the claim.

    None where another has it, it is over, or it cannot be had beside what runs (a device has one run).
    """
    name = worker or worker_name()
    try:
        with transaction.atomic():
            row = _returned(job, CLAIM, {"id": job_id, "worker": name, "lease": LEASE}, columns)
    except IntegrityError:
        return None
    if row is None:
        return None
    bind_contextvars(job=str(job_id))  # it stands in every line that is logged from here on
    return Lease(job, job_id, row[0], name)


def ring(job: type[Job], ids: Iterable[UUID]) -> None:
    """Announce jobs that wait, in the transaction that made them wait."""
    task, queue, column = DOORS[job]
    for argument in job._default_manager.filter(pk__in=list(ids)).values_list(column, flat=True):
        announce(task, str(argument), queue=queue)


def cancel(job: type[Job], job_id: UUID, **columns: Any) -> bool:
    """Cancel a job, at once where it waits, at its next beat where it runs; False where it is over."""
    waits = Q(state=Job.State.QUEUED)
    return bool(
        job._default_manager.filter(waits | Q(state=Job.State.RUNNING), pk=job_id).update(
            state=Case(When(waits, then=Value(Job.State.CANCELLED)), default=F("state")),
            finished_at=Case(When(waits, then=Now()), default=F("finished_at")),
            cancel_requested=True,
            **columns,
        )
    )


def sweep() -> int:
    """Free or end the jobs of dead workers and ring again for what waits too long; counts the former."""
    return sum(_sweep(job) for job in DOORS)


def _sweep(job: type[Job]) -> int:
    _shorten(job)
    with transaction.atomic():
        released = release(job)
        waiting = job._default_manager.filter(
            Q(requested_at__lt=Now() - QUEUED_FOR_LONG) | Q(attempt__gt=0), state=Job.State.QUEUED
        )
        if not _is_served(job):
            oldest = waiting.order_by("requested_at").values_list("pk", flat=True)
            ring(job, list(oldest[:MOST_RUNG]))
    return released


def _shorten(job: type[Job]) -> None:
    """Bring leases back to what one can be: the clock was set back since they were given.

    Whoever still works renews its own long before it ends.
    """
    most = Now() + LEASE
    job._default_manager.filter(state=Job.State.RUNNING, lease_until__gt=most).update(
        lease_until=most
    )


def _is_served(job: type[Job]) -> bool:
    """Whether whoever works on such jobs looks for the next one anyway, when it is done with the present one."""
    if job is not Run:
        return False
    busy = Run.objects.filter(state=Job.State.RUNNING, lease_until__gt=Now()).count()
    alive = Heartbeat.objects.filter(role="training", beat_at__gt=Now() - LIVES).count()
    return busy >= max(1, alive)


def release(job: type[Job]) -> int:
    """Put the jobs of dead workers back into the queue, or end them where no attempt is left; counts them."""
    expired = job._default_manager.filter(state=Job.State.RUNNING, lease_until__lt=Now())
    unwanted = job._default_manager.filter(cancel_requested=True).filter(
        Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=Now())
    )
    cancelled = _end(unwanted, Job.State.CANCELLED)
    failed = _fail(job, expired.filter(attempt__gte=F("max_attempts")))
    dead = expired.order_by("-requested_at").values_list("pk", flat=True)
    freed = sum(_free(expired.filter(pk=pk)) for pk in list(dead))
    if cancelled or failed or freed:
        told = (job.__name__, freed, failed, cancelled)
        log.warning("%s: workers died; %s freed, %s failed, %s cancelled", *told)
    return cancelled + failed + freed


def _free(job: QuerySet[Job]) -> int:
    """Put one job back into the queue; it ends as skipped where one for the same end waits already."""
    try:
        with transaction.atomic():
            return job.update(state=Job.State.QUEUED, worker="", lease_until=None)
    except IntegrityError:
        return _end(job, Job.State.SKIPPED)


def _fail(job: type[Job], expired: QuerySet[Job]) -> int:
    """End jobs without an attempt left, by whether their worker is gone or only fell silent."""
    silent = [each.pk for each in expired if _lives(each.worker)]
    failures = {Failure.LEASE_LOST: Q(pk__in=silent), Failure.WORKER_DIED: ~Q(pk__in=silent)}
    return sum(
        _end(expired.filter(which), Job.State.FAILED, failure=failure)
        for failure, which in failures.items()
    )


def _lives(worker: str) -> bool:
    """Whether a worker of this machine still runs; one of another machine counts as gone."""
    host, _, pid = worker.rpartition(":")
    return host == socket.gethostname() and pid.isdigit() and Path(f"/proc/{pid}").exists()


def _end(jobs: QuerySet[Job], state: Job.State, **columns: Any) -> int:
    return jobs.update(state=state, finished_at=Now(), lease_until=None, **columns)


def _returned(
    job: type[Job], query: str, parameters: dict[str, Any], columns: dict[str, Any]
) -> tuple[Any, ...] | None:
    more = [
        sql.SQL(", {} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in columns
    ]
    table = sql.Identifier(job._meta.db_table)
    composed = sql.SQL(query).format(table=table, more=sql.SQL("").join(more))
    with connection.cursor() as cursor:
        cursor.execute(composed, {**parameters, **columns})
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
