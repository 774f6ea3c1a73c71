"""What people decide about runs and model versions; pages, API and commands call only these."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.actions.gates import may_override
from curation.models import User
from curation.people.access import acting
from recsys.jobs import leases
from recsys.live import preloading
from recsys.ml.families import registry
from recsys.models import Job, LiveModel, ModelVersion, Promotion, Run, RunProgress, Schedule
from recsys.runs import cadence, promotion, queueing
from recsys.runs.promotion import NotPossible

log = logging.getLogger(__name__)

__all__ = [
    "NotPossible",
    "Origin",
    "cancel_run",
    "promote",
    "reorder_run",
    "reproduce",
    "request_run",
    "roll_back",
    "save_schedule",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run comes from: the run that it repeats, or the period of a schedule."""

    parent: Run | None = None
    schedule: Schedule | None = None
    period_start: datetime | None = None


BY_HAND = Origin()


def request_run(  # noqa: PLR0913 - what a run is asked with
    *,
    family: str,
    parameters: Mapping[str, object],
    options: Mapping[str, object] | None = None,
    actor: User | None,
    note: str = "",
    skip_unchanged: bool = False,
    origin: Origin = BY_HAND,
    priority: int | None = None,
) -> Run:
    """Ask for a training of one family; it starts when a training worker is free, those of people first.

    `priority` says otherwise, the higher the sooner. With `skip_unchanged` it ends skipped where a run of
    the same data, settings and code succeeded before. Raises ConfigError naming an unknown family and every
    setting that cannot be.
    """
    config = registry.parse_config(family, parameters)
    training = registry.parse_options(options or {}, family)
    with transaction.atomic(), _as(actor, "launch_run", note):
        run = Run.objects.create(
            family=family,
            parameters=asdict(config),
            options=asdict(training),
            requested_by=actor,
            note=note,
            skip_unchanged=skip_unchanged,
            priority=_usual(origin) if priority is None else priority,
            parent=origin.parent,
            schedule=origin.schedule,
            period_start=origin.period_start,
        )
        RunProgress.objects.create(run=run, stage="queued")
        leases.ring(Run, [run.pk])
    return run


def _as(actor: User | None, action: str, reason: str) -> AbstractContextManager[object]:
    """As whoever acts, which is the product itself where it follows a schedule."""
    return acting(actor, action, reason) if actor else nullcontext()


def _usual(origin: Origin) -> int:
    return queueing.BY_SCHEDULE if origin.schedule else queueing.BY_PERSON


def reproduce(*, run_id: UUID, actor: User) -> Run:
    """Ask for a training with the configuration, options and seed of an earlier run, on the data of now.

    Raises ConfigError where the family no longer takes such a configuration.
    """
    run = Run.objects.get(pk=run_id)
    return request_run(
        family=run.family,
        parameters=run.parameters,
        options=run.options,
        actor=actor,
        note=run.note,
        origin=Origin(parent=run),
    )


@transaction.atomic
def reorder_run(*, run_id: UUID, actor: User, priority: int | Callable[[Run], int]) -> Run:
    """Give a queued run a priority, the higher the sooner; raises NotPossible where it no longer waits."""
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state != Job.State.QUEUED:
        raise NotPossible(
            _("This run waits no longer: %(state)s.") % {"state": run.get_state_display()}
        )
    run.priority = priority(run) if callable(priority) else priority
    with acting(actor, "move_run", ""):
        run.save(update_fields=["priority"])
    log.info("run %s has priority %d, by %s", run.id, run.priority, actor)
    return run


@transaction.atomic
def save_schedule(*, schedule: Schedule, actor: User) -> Schedule:
    """Keep a schedule that is new or was changed; its periods count from now where their times changed.

    Raises CadenceError and ConfigError, and NotPossible where another has its name.
    """
    check = registry.parse_config(schedule.family, schedule.parameters)
    schedule.parameters, schedule.changed_by = asdict(check), actor
    schedule.options = asdict(registry.parse_options(schedule.options, schedule.family))
    if not schedule.every_hours:
        cadence.wall_clock(schedule.cron, schedule.zone)
    if Schedule.objects.filter(name=schedule.name).exclude(pk=schedule.pk).exists():
        raise NotPossible(_("There is a schedule of this name already."))
    before = Schedule.objects.select_for_update().filter(pk=schedule.pk).first()
    if before is None or _times(before) != _times(schedule):
        schedule.since = timezone.now()
    schedule.save()
    return schedule


def _times(schedule: Schedule) -> tuple[object, ...]:
    return schedule.every_hours, schedule.cron, schedule.zone, schedule.enabled


@transaction.atomic
def cancel_run(*, run_id: UUID, actor: User) -> Run:
    """Cancel a run: at once where it waits, at its next batch (at most 5 s) where it runs."""
    with acting(actor, "cancel_run", ""):
        cancelled = leases.cancel(Run, run_id, cancelled_by=actor)
    run = Run.objects.get(pk=run_id)
    if not cancelled:
        raise NotPossible(_("This run is over: %(state)s.") % {"state": run.get_state_display()})
    return run


def promote(
    *, version_id: UUID, actor: User, reason: str, despite: bool = False, override: bool = False
) -> Promotion:
    """Make a version the live one of its family, if the gate lets it through.

    `despite` lets one through that ranked worse than the live version, `override`, an administrator's, one
    with which slates do not hold what stops it. Raises NotPossible; the realtime workers hold the version in
    memory before the pointer flips.
    """
    version = ModelVersion.objects.get(pk=version_id)
    if not despite:
        promotion.check_not_worse(version)
    if override:
        may_override(actor, reason)
    else:
        promotion.check_expected(version)
    action = "promote_despite_expectations" if override else "promote"
    return _go_live(version, actor=actor, reason=reason, action=action)


def roll_back(*, family: str, actor: User, reason: str) -> Promotion:
    """Make the version live again that the live one replaced; raises NotPossible."""
    live = LiveModel.objects.filter(family=family)
    before = promotion.versions_before(live).get(family)
    if before is None:
        raise NotPossible(_("There is no earlier version of %(family)s.") % {"family": family})
    return _go_live(before, actor=actor, reason=reason, action="roll_back")


def _go_live(version: ModelVersion, *, actor: User, reason: str, action: str) -> Promotion:
    if not reason.strip():
        raise NotPossible(_("Say why: a promotion needs a reason."))
    promotion.check(version)
    preloading.everywhere(version.id)
    with acting(actor, action, reason), transaction.atomic():
        promotion.take_turn()
        if action == "promote":
            promotion.check_expected(
                version
            )  # again: somebody may have published while the workers loaded it
        rolls_back = action == "roll_back"
        return promotion.flip(version, actor=actor, reason=reason, rolls_back=rolls_back)
