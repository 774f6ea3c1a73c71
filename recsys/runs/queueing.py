"""The order in which queued runs get a training worker, and the place of each in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import F, Max, Min, Q, QuerySet
from django.db.models.functions import Now

from recsys.jobs import leases
from recsys.models import Heartbeat, Job, Run

BEFORE_OTHERS: Final = 200
BY_PERSON: Final = 100
BY_SCHEDULE: Final = 50
BEHIND_OTHERS: Final = 25
HIGHEST: Final = 1_000
TRIED: Final = 20
ORDER: Final = ("-priority", "requested_at", "id")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a queued run stands: 1 is next. `busy` are the runs that have the devices, `workers` how many live."""

    position: int
    of: int
    busy: int
    workers: int


def places(runs: Iterable[Run]) -> dict[UUID, Place]:
    """The places of those of these runs that wait; three queries."""
    if not any(run.state == Job.State.QUEUED for run in runs):
        return {}
    line = list(waiting().values_list("pk", flat=True))
    busy = Run.objects.filter(state=Job.State.RUNNING).count()
    alive = workers()
    return {run: Place(at, len(line), busy, alive) for at, run in enumerate(line, 1)}


def workers() -> int:
    """How many training workers show that they live."""
    return Heartbeat.objects.filter(role="training", beat_at__gt=Now() - leases.LIVES).count()


def waiting() -> QuerySet[Run]:
    """The queued runs, the next one first."""
    return Run.objects.filter(state=Job.State.QUEUED, cancel_requested=False).order_by(*ORDER)


def claim_next(device: str) -> leases.Lease | None:
    """Take the run that stands first, for a device that has no other; None where nothing waits or it is busy."""
    leases.release(Run)
    for run_id in (
        waiting().filter(attempt__lt=F("max_attempts")).values_list("pk", flat=True)[:TRIED]
    ):
        if lease := leases.claim(Run, run_id, device=device):
            return lease
    return None


def ring() -> None:
    """Announce that a run waits, for whichever worker is free."""
    leases.ring(Run, waiting().values_list("pk", flat=True)[:1])


def to_the_front(run: Run) -> int:
    """The priority that puts a queued run before all others."""
    others = _others(run).aggregate(most=Max("priority"))["most"]
    return run.priority if others is None else min(others + 1, HIGHEST)


def to_the_end(run: Run) -> int:
    """The priority that puts a queued run behind all others."""
    others = _others(run).aggregate(least=Min("priority"))["least"]
    return run.priority if others is None else max(others - 1, 0)


def _others(run: Run) -> QuerySet[Run]:
    return waiting().filter(~Q(pk=run.pk))
