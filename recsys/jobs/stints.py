"""A job of the bulk worker from claim to end: told as it goes on, stopped where somebody asks for that."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError

from recsys.jobs import leases
from recsys.models import Job

log = logging.getLogger(__name__)

BEAT_S: Final = 1.0


class Cancelled(Exception):
    """A person cancelled the job."""


@dataclass
class Watch:
    """Tells the row how far the work is, and stops it where somebody asked for that."""

    lease: leases.Lease
    told_at: float = field(default_factory=lambda: -BEAT_S)

    def __call__(self, stage: str, done: int, total: int, lasting: timedelta | None = None) -> None:
        """Note where the work stands, at most once a second; raises Cancelled or Fenced.

        What is `lasting` says how long the next step may take without a word; that is always noted.
        """
        if lasting or time.monotonic() - self.told_at >= BEAT_S:
            self.told_at = time.monotonic()
            told = {"stage": stage, "done": done, "total": total}
            if self.lease.beat(lasting=lasting or leases.LEASE, **told):
                raise Cancelled


def work(job: type[Job], job_id: UUID, made: Callable[[UUID, Watch], dict[str, Any]]) -> None:
    """Do a job whose columns of progress are `stage`, `done` and `total`; `made` answers those of its result.

    Returns at once where it is another worker's or over. A ValueError of `made` is what the job failed of, in
    words; what the machine lacks fails it too, and is raised.
    """
    lease = leases.claim(job, job_id)
    if lease is None:
        return
    try:
        lease.finish(Job.State.SUCCEEDED, **made(job_id, Watch(lease)))
    except Cancelled:
        lease.finish(Job.State.CANCELLED)
    except leases.Fenced:
        log.warning("%s %s: the lease is lost", job._meta.model_name, job_id)
    except ValueError as error:
        lease.finish(Job.State.FAILED, error=str(error))
    except (OSError, DatabaseError, MemoryError) as error:
        lease.finish(Job.State.FAILED, error=f"{type(error).__name__}: {error}")
        raise
