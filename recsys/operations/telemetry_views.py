"""The metrics that Prometheus reads, at /metrics: with an operator's token, `Authorization: Token …`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.db import connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import REGISTRY, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from recsys.api.door import door
from recsys.api.tokens import Caller
from recsys.models import Job
from recsys.operations import standing as operations

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_CURATED: Final = """
SELECT coalesce(sum(cardinality(curated)), 0), coalesce(sum(cardinality(array_positions(curated, true))), 0)
  FROM feedback_impression WHERE served_at > now() - interval '15 minutes'
"""


@door("GET", "operator")
def metrics(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Everything counted, and how the work stands at this moment."""
    registry = CollectorRegistry()
    registry.register(_Standing())
    if folder := os.environ.get(FOLDER):
        _forget_dead(Path(folder))
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        text = generate_latest(registry)
    else:
        text = generate_latest(REGISTRY) + generate_latest(registry)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _forget_dead(folder: Path) -> None:
    """What was in flight in a process that was killed is in flight no more."""
    for path in folder.glob("gauge_live*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            with suppress(FileNotFoundError):  # another one cleans up, too
                mark_process_dead(int(pid), str(folder))  # type: ignore[no-untyped-call]


class _Standing(Collector):
    """What the database and the broker say of the work."""

    def collect(self) -> Iterable[Metric]:
        standing = operations.look()
        yield from _queues(standing)
        yield from _jobs(standing)
        yield from _beats(standing)
        yield _curated()


def _queues(standing: operations.Standing) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        "tandem_broker_up", "1 where the broker answers.", value=float(not standing.trouble)
    )
    queues = GaugeMetricFamily("tandem_queue_messages", "Messages that wait.", labels=["queue"])
    for queue, length in standing.queues.items():
        queues.add_metric([queue], length)
    yield queues
    yield GaugeMetricFamily(
        "tandem_outbox_rows", "Tasks not yet published.", value=standing.outbox.waiting
    )
    yield GaugeMetricFamily(
        "tandem_outbox_lag_seconds",
        "How long the oldest unpublished task has waited.",
        value=_seconds(standing.outbox.oldest),
    )
    late = len(standing.ticks)
    yield GaugeMetricFamily("tandem_late_ticks", "Periodic tasks not sent in time.", value=late)


def _jobs(standing: operations.Standing) -> Iterable[Metric]:
    states = GaugeMetricFamily("tandem_jobs", "Jobs by kind and state.", labels=["kind", "state"])
    oldest = GaugeMetricFamily(
        "tandem_oldest_queued_seconds", "How long the oldest job has waited.", labels=["kind"]
    )
    expired = GaugeMetricFamily(
        "tandem_expired_leases", "Running jobs whose worker is gone.", labels=["kind"]
    )
    for jobs in standing.jobs:
        for state in Job.State.values:
            states.add_metric([jobs.name, state], jobs.by_state.get(state, 0))
        oldest.add_metric([jobs.name], _seconds(jobs.oldest))
        expired.add_metric([jobs.name], jobs.expired)
    return states, oldest, expired


def _beats(standing: operations.Standing) -> Iterable[Metric]:
    alive = GaugeMetricFamily("tandem_workers", "Living processes by role.", labels=["role"])
    ages = GaugeMetricFamily(
        "tandem_heartbeat_age_seconds", "Since a process was seen.", labels=["role", "name"]
    )
    for role in operations.WORKERS:
        alive.add_metric([role], len(standing.alive(role)))
    for beat in standing.beats:
        ages.add_metric([beat.role, beat.name], _seconds(standing.at - beat.beat_at))
    return alive, ages


def _curated() -> Metric:
    with connection.cursor() as cursor:
        cursor.execute(_CURATED)
        slots, curated = cursor.fetchone()
    return GaugeMetricFamily(
        "tandem_curated_share",
        "Share of the slots of the last 15 minutes that curators decided.",
        value=float(curated) / float(slots) if slots else 0.0,
    )


def _seconds(span: timedelta | None) -> float:
    return span.total_seconds() if span else 0.0
