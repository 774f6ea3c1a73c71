"""Asking for expectations to be checked; pages, API, tasks and command call only these."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from curation.models import ChangeSet, ExpectationReport
from curation.policies import fulfilment
from curation.policies.fulfilment import Target
from recsys.jobs import leases
from recsys.models import ExpectationCheck, Job, LiveModel, ModelVersion

KEPT: Final = timedelta(days=30)
MOST_FOLLOWED: Final = 100


def request_check(target: Target, *, by_worker: bool = True) -> ExpectationCheck | None:
    """Have what is expected checked against a target; None where a check of it waits already.

    A worker does it unless the caller will (`by_worker` False).
    """
    try:
        with transaction.atomic():
            check = ExpectationCheck.objects.create(
                change_set=target.change_set, version_id=target.version
            )
            if by_worker:
                leases.ring(ExpectationCheck, [check.pk])
    except IntegrityError:
        return None
    return check


def follow() -> int:
    """Have checked what was not since it changed; counts the checks that were asked for."""
    wanted = [target for target in _targets() if _is_outdated(target)]
    return sum(request_check(target) is not None for target in wanted)


def follow_set(key: UUID) -> None:
    """Have an open change set checked, unless that was done and still tells."""
    home = _open().filter(pk=key).first()
    if home:
        _ensure(Target(change_set=home))


def request_for_version(version: UUID) -> None:
    """Have a model version checked, unless that was done and still tells."""
    _ensure(Target(version=version))


def forget() -> int:
    """Delete reports, and the checks that made them, beyond their retention; counts the reports."""
    until = timezone.now() - KEPT
    over = ExpectationCheck.objects.exclude(state__in=Job.OPEN)
    over.filter(requested_at__lt=until).delete()
    return ExpectationReport.objects.filter(checked_at__lt=until).delete()[0]


def _targets() -> Iterator[Target]:
    """Things as they stand, open change sets, planned ones first, and each newest version that may yet be promoted."""
    yield Target()
    homes = _open().order_by(F("publish_at").asc(nulls_last=True), "-pk")
    yield from (Target(change_set=home) for home in homes[:MOST_FOLLOWED])
    yield from (Target(version=key) for key in _candidates())


def _open() -> QuerySet[ChangeSet]:
    return ChangeSet.objects.filter(published_at=None, discarded_at=None)


def _ensure(target: Target) -> None:
    if _is_outdated(target):
        request_check(target)


def _candidates() -> list[UUID]:
    """By family the newest version, where it is newer than the live one and its files are there."""
    newest = ModelVersion.objects.filter(pruned_at=None).order_by("family", "-number")
    live = dict(LiveModel.objects.values_list("family", "version__number"))
    rows = newest.distinct("family").values_list("pk", "family", "number")
    return [key for key, family, number in rows if number > live.get(family, 0)]


def _is_outdated(target: Target) -> bool:
    basis = fulfilment.basis_of(target)
    return bool(basis.expectations) and fulfilment.report_on(target, basis) is None
