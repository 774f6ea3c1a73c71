"""Runs that nobody has to ask for: each period of a schedule asks for one, whoever looks and however often."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from recsys.ml.configuration import ConfigError
from recsys.ml.families.registry import UnknownFamily
from recsys.models import Run, Schedule
from recsys.runs import actions, cadence
from recsys.runs.cadence import Cadence, CadenceError, EveryHours

log = logging.getLogger(__name__)

IMPOSSIBLE: Final = (CadenceError, ConfigError, UnknownFamily)


def launch_due(at: datetime | None = None) -> list[Run]:
    """Ask for a run for each schedule whose latest period has none yet; returns those runs.

    Of periods that were missed only the latest is made up for. The database's clock counts, so that
    the clocks of machines may differ; it may also go back.
    """
    instant = at or now()
    due = Schedule.objects.filter(enabled=True).order_by("name").values_list("pk", flat=True)
    asked = (_launch(schedule, instant) for schedule in due)
    return [run for run in asked if run]


def now() -> datetime:
    """The instant on the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    instant: datetime = row[0]
    return instant


def cadence_of(schedule: Schedule) -> Cadence:
    """When the periods of a schedule start; raises CadenceError."""
    if schedule.every_hours:
        return EveryHours(schedule.every_hours, schedule.since)
    return cadence.wall_clock(schedule.cron, schedule.zone)


def upcoming(schedule: Schedule, at: datetime, count: int = 5) -> list[datetime]:
    """The next starts of its periods; none of one that is disabled."""
    if not schedule.enabled:
        return []
    return cadence.upcoming(cadence_of(schedule), max(at, schedule.since), count)


def _launch(schedule_id: UUID, at: datetime) -> Run | None:
    try:
        with transaction.atomic():
            schedule = Schedule.objects.select_for_update().get(pk=schedule_id)
            start = _due(schedule, at)
            return _ask(schedule, start) if start else None
    except IntegrityError:
        log.info("schedule %s: the run of this period is asked for already", schedule_id)
    except IMPOSSIBLE:
        log.exception("schedule %s cannot be followed", schedule_id)
    return None


def _due(schedule: Schedule, at: datetime) -> datetime | None:
    """The latest period that has started and is later than the last one that a run was asked for."""
    if not schedule.enabled:
        return None
    last = schedule.runs.aggregate(last=Max("period_start"))["last"]
    since = max(schedule.since, last) if last else schedule.since
    return cadence.latest(cadence_of(schedule), since, at)


def _ask(schedule: Schedule, start: datetime) -> Run:
    return actions.request_run(
        family=schedule.family,
        parameters=schedule.parameters,
        options=schedule.options,
        actor=None,
        skip_unchanged=True,
        origin=actions.Origin(schedule=schedule, period_start=start),
    )
