"""How the work stands: queues, the outbox, jobs and who lives; read by the operators' page, the doctor and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet, Value
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from curation.models import Outbox
from recsys.jobs.leases import DOORS
from recsys.models import Heartbeat, Job
from recsys.operations.heartbeats import BEAT_S
from recsys.transport import broker
from recsys.transport.cache import Unavailable

QUEUES: Final = ("realtime", "upkeep", "bulk", "training")
WORKERS: Final = ("relay", *QUEUES)
"""Roles of which at least one process has to live."""
LATE_AFTER: Final = timedelta(seconds=3 * BEAT_S)
LATE_PERIODS: Final = 3
NOTED_EVERY: Final = timedelta(seconds=240)
"""Beat notes what it sent every three minutes only, and a little later."""
LONGEST_LAG: Final = timedelta(seconds=60)
"""How long a task may wait in the outbox."""
LONGEST_WAIT: Final = timedelta(minutes=10)
"""How long a job may wait while nothing of its kind runs."""

_DATABASE: Final = """
SELECT current_setting('server_version_num')::int, pg_database_size(current_database()),
    count(*) FILTER (WHERE backend_type = 'client backend'), current_setting('max_connections')::int,
    coalesce(max(extract(epoch FROM clock_timestamp() - query_start)) FILTER (
        WHERE state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            AND datname = current_database()), 0)::float
FROM pg_stat_activity
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """So many wait, the oldest for so long."""

    waiting: int
    oldest: timedelta | None


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one kind by state, how long the oldest has waited, and how many leases ran out.

    `name` is for programs, `kind` for people.
    """

    name: str
    kind: str
    by_state: Mapping[str, int]
    oldest: timedelta | None
    expired: int


@dataclass(frozen=True, slots=True)
class Database:
    """The database: its release, bytes on disk, connections of so many, and how long its longest statement runs."""

    release: int
    size: int
    connections: int
    most: int
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything at one instant. `queues` is empty and `trouble` says why where the broker does not answer."""

    at: datetime
    queues: Mapping[str, int]
    trouble: str
    outbox: Lag
    jobs: list[Jobs]
    beats: list[Heartbeat]
    ticks: Mapping[str, timedelta | None]
    """By periodic task that is due too long, how long ago it was last sent; below zero where the clock went back."""
    database: Database

    def alive(self, role: str) -> list[Heartbeat]:
        """The processes of a role that were seen lately."""
        return [beat for beat in self.beats if beat.role == role and not self.is_late(beat)]

    def is_late(self, beat: Heartbeat) -> bool:
        """Whether a process was not seen for several beats; in the future, it was seen before a clock went back."""
        return abs(self.at - beat.beat_at) > LATE_AFTER


def missing(now: datetime) -> list[str]:
    """The roles of which no process was seen lately; one query."""
    lately = (now - LATE_AFTER, now + LATE_AFTER)
    alive = set(Heartbeat.objects.filter(beat_at__range=lately).values_list("role", flat=True))
    return [role for role in WORKERS if role not in alive]


def look() -> Standing:
    """Read it all, in a fixed number of queries, and ask the broker once."""
    now = _database_now()
    queues, trouble = _queues()
    return Standing(
        at=now,
        queues=queues,
        trouble=trouble,
        outbox=_outbox(now),
        jobs=_jobs(now),
        beats=list(Heartbeat.objects.order_by("role", "name")),
        ticks=late_ticks(now),
        database=_database(),
    )


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (now,) = cursor.fetchone()
    return now if isinstance(now, datetime) else timezone.now()


def _queues() -> tuple[Mapping[str, int], str]:
    try:
        return broker.lengths(QUEUES), ""
    except Unavailable as trouble:
        return {}, str(trouble)


def _outbox(now: datetime) -> Lag:
    found = Outbox.objects.aggregate(waiting=Count("id"), oldest=Min("created_at"))
    return Lag(found["waiting"], _since(now, found["oldest"]))


def _jobs(now: datetime) -> list[Jobs]:
    """All of every kind in one statement."""
    first, *others = (_counted(job, now) for job in DOORS)
    told = {row["name"]: row for row in first.union(*others, all=True)}
    return [_told(job, told[str(job._meta.model_name)], now) for job in DOORS]


def _counted(job: type[Job], now: datetime) -> QuerySet[Any, Any]:
    queued, running = Q(state=Job.State.QUEUED), Q(state=Job.State.RUNNING)
    counts = {state.value: Count("pk", filter=Q(state=state)) for state in Job.State}
    rows = job._default_manager.order_by().values(name=Value(str(job._meta.model_name)))
    return rows.annotate(
        oldest=Min("requested_at", filter=queued),
        expired=Count("pk", filter=running & Q(lease_until__lt=now)),
        **counts,
    )


def _told(job: type[Job], told: Mapping[str, Any], now: datetime) -> Jobs:
    by_state = {state.value: told[state.value] for state in Job.State if told[state.value]}
    kind = str(job._meta.verbose_name_plural)
    waits = _since(now, told["oldest"])
    return Jobs(str(job._meta.model_name), kind, by_state, waits, told["expired"])


def _database() -> Database:
    with connection.cursor() as cursor:
        cursor.execute(_DATABASE)
        version, size, connections, most, longest = cursor.fetchone()
    return Database(version // 10_000, size, connections, most, timedelta(seconds=longest))


def late_ticks(now: datetime) -> dict[str, timedelta | None]:
    """By periodic task that is due too long, how long ago it was last sent, below zero in the future; one query."""
    tasks = PeriodicTask.objects.filter(enabled=True, interval__isnull=False)
    late = {}
    for task in tasks.select_related("interval"):
        every = timedelta(**{task.interval.period: task.interval.every})
        since = now - (task.last_run_at or task.date_changed)
        # What was sent in the future was sent before the clock went back, and nothing since.
        if since > LATE_PERIODS * every + NOTED_EVERY or since < -LATE_AFTER:
            late[task.name] = now - task.last_run_at if task.last_run_at else None
    return late


def _since(now: datetime, instant: datetime | None) -> timedelta | None:
    return None if instant is None else max(now - instant, timedelta())
