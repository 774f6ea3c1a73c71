"""What people decide about sweeps of blends; pages, API and command call only these."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from curation import actions
from curation.given import Readings, in_each_language
from curation.models import Surface, User
from curation.people.access import require
from recsys.jobs import leases
from recsys.models import BlendSweep, Job, LiveModel
from recsys.runs.promotion import NotPossible

__all__ = ["NotPossible", "cancel_sweep", "draft_point", "forget", "request_sweep"]

KEPT: Final = timedelta(days=90)


def request_sweep(*, surface: Surface, actor: User | None, by_worker: bool = True) -> BlendSweep:
    """Ask for the blends of a surface to be swept; one that waits already is enough. Raises NotPossible.

    A worker does it unless the caller will (`by_worker` False).
    """
    if actor is not None:
        require(actor, "curator")
    if not LiveModel.objects.exists():
        raise NotPossible(_("No model serves yet. Promote one first."))
    try:
        with transaction.atomic():
            made = BlendSweep.objects.create(surface=surface, requested_by=actor)
            if by_worker:
                leases.ring(BlendSweep, [made.pk])
            return made
    except IntegrityError:
        # One waited; it may have begun since.
        return BlendSweep.objects.filter(surface=surface).latest("requested_at")


def cancel_sweep(*, sweep_id: UUID, actor: User) -> None:
    """Cancel a sweep: at once where it waits, within seconds where it runs. Raises NotPossible."""
    require(actor, "curator")
    if not leases.cancel(BlendSweep, sweep_id):
        raise NotPossible(_("This sweep is over."))


def draft_point(
    *, sweep_id: UUID, point: int, actor: User, reason: str, change_set: str = ""
) -> actions.Draft:
    """Draft the blend of one point in a named change set; somebody still has to publish it.

    Raises NotPossible, and `curation.actions.Refused` where lint blocks the blend.
    """
    require(actor, "curator")
    if not reason.strip():
        raise NotPossible(_("Say why: the reason is kept with the decision."))
    sweep = BlendSweep.objects.select_related("surface").get(pk=sweep_id)
    points = sweep.report.get("points", [])
    if not 0 <= point < len(points):
        raise NotPossible(_("There is no such point in this sweep."))
    with transaction.atomic():
        home = actions.open_change_set(actor=actor, name=change_set.strip(), offered=_named(sweep))
        return actions.set_blend(
            actor=actor,
            surface=sweep.surface,
            weights=points[point]["weights"],
            scales=sweep.report["scales"],
            beta=points[point]["beta"],
            terms=actions.Terms(reason=reason, change_set=home),
        )


def forget() -> int:
    """Delete sweeps that ended long ago, but the latest of each surface that is done; counts them."""
    done = BlendSweep.objects.filter(surface=OuterRef("surface"), state=Job.State.SUCCEEDED)
    latest = Subquery(done.order_by("-id").values("pk")[:1])
    over = BlendSweep.objects.exclude(state__in=Job.OPEN).annotate(latest=latest)
    old = over.filter(Q(latest=None) | ~Q(pk=F("latest")), requested_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def _named(sweep: BlendSweep) -> Readings:
    told = {"surface": sweep.surface_id, "day": timezone.localdate(sweep.requested_at).isoformat()}
    return in_each_language(lambda: _("Blend swept for %(surface)s on %(day)s") % told)
