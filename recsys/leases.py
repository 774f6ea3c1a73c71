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
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from psycopg import sql

from curation.outbox import announce
from recsys.models import Job, Refusing, Run

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BEAT_S = 10
QUEUED_FOR_LONG = timedelta(seconds=60)
MOST_RUNG = 100
WORKER_LOST = "The worker died, and every allowed attempt is used up."

# What is announced for a job that waits: the task, its queue, and the column that it takes.
DOORS: dict[type[Job], tuple[str, str, str]] = {
    Run: ("recsys.execute_run", "training", "pk"),
    Refusing: ("recsys.refuse_surface", "bulk", "surface_id"),
}

CLAIM = """
UPDATE {table} SET state = 'running', attempt = attempt + 1, worker = %(worker)s,
       lease_until = now() + %(lease)s, started_at = now()
 WHERE id = %(id)s AND attempt < max_attempts AND NOT cancel_requested
   AND (state = 'queued' OR (state = 'running' AND lease_until < now()))
RETURNING attempt
"""
BEAT = """
UPDATE {table} SET lease_until = now() + %(lease)s {progress}
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

    def beat(self, **progress: Any) -> bool:
        """Renew the lease and write columns of progress; True asks to cancel. Raises Fenced."""
        columns = [
            sql.SQL(", {} = {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in progress
        ]
        held = {"id": self.id, "attempt": self.attempt, "worker": self.worker, "lease": LEASE}
        row = _returned(self.job, BEAT, {**held, **progress}, sql.SQL("").join(columns))
        if row is None:
            raise self._fenced()
        return bool(row[0])

    def finish(self, state: Job.State, *, error: str = "", **columns: Any) -> None:
        """End the job, once; raises Fenced."""
        self._write(state=state, error=error, finished_at=Now(), lease_until=None, **columns)

    def hand_back(self) -> None:
        """Put the job back into the queue for another worker to go on with; raises Fenced."""
        with transaction.atomic():
            # Not a failed attempt: the worker leaves because it was told to.
            self._write(
                state=Job.State.QUEUED, attempt=F("attempt") - 1, worker="", lease_until=None
            )
            ring(self.job, [self.id])

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


def claim(job: type[Job], job_id: UUID, worker: str = "") -> Lease | None:
    """Take a job that waits or whose worker is gone; None where another has it or it is over."""
    name = worker or worker_name()
    row = _returned(job, CLAIM, {"id": job_id, "worker": name, "lease": LEASE}, sql.SQL(""))
    return Lease(job, job_id, row[0], name) if row else None


def ring(job: type[Job], ids: Iterable[UUID]) -> None:
    """Announce jobs that wait, in the transaction that made them wait."""
    task, queue, column = DOORS[job]
    for argument in job._default_manager.filter(pk__in=list(ids)).values_list(column, flat=True):
        announce(task, str(argument), queue=queue)


def sweep() -> int:
    """Free or end the jobs of dead workers and ring again for what waits too long; counts the former."""
    return sum(_sweep(job) for job in DOORS)


@transaction.atomic
def _sweep(job: type[Job]) -> int:
    open_jobs = job._default_manager.all()
    expired = open_jobs.filter(state=Job.State.RUNNING, lease_until__lt=Now())
    cancelled = _end(
        open_jobs.filter(cancel_requested=True).filter(
            Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=Now())
        ),
        Job.State.CANCELLED,
    )
    failed = _end(expired.filter(attempt__gte=F("max_attempts")), Job.State.FAILED, WORKER_LOST)
    freed = expired.update(state=Job.State.QUEUED, worker="", lease_until=None)
    waiting = open_jobs.filter(
        Q(requested_at__lt=Now() - QUEUED_FOR_LONG) | Q(attempt__gt=0), state=Job.State.QUEUED
    )
    ring(job, list(waiting.order_by("requested_at").values_list("pk", flat=True)[:MOST_RUNG]))
    if cancelled or failed or freed:
        log.warning(
            "%s: workers died; %s freed, %s failed, %s cancelled",
            job.__name__,
            freed,
            failed,
            cancelled,
        )
    return cancelled + failed + freed


def _end(jobs: QuerySet[Job], state: Job.State, error: str = "") -> int:
    return jobs.update(state=state, error=error, finished_at=Now(), lease_until=None)


def _returned(
    job: type[Job], query: str, parameters: dict[str, Any], progress: sql.Composable
) -> tuple[Any, ...] | None:
    table = sql.Identifier(job._meta.db_table)
    composed = sql.SQL(query).format(table=table, progress=progress)
    with connection.cursor() as cursor:
        cursor.execute(composed, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
