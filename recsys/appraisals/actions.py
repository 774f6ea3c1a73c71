"""What people, and the night, ask of appraisals; pages, API and beat call only these."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from curation.decisions.lineages import now_in_force
from curation.models import Decision, User
from curation.people.access import require
from recsys.jobs import leases
from recsys.models import Appraisal, Job
from recsys.runs.promotion import NotPossible

__all__ = ["KINDS", "NotPossible", "request_all", "request_appraisal"]

KINDS: Final = (Decision.Kind.RULE, Decision.Kind.PIN)
"""The kinds of decisions that can be appraised."""
FRESH: Final = timedelta(hours=20)
KEPT: Final = timedelta(days=90)


def request_appraisal(
    *, decision: Decision, actor: User | None, simulated: bool = False
) -> Appraisal:
    """Ask for a decision to be appraised; one that waits already is enough. Raises NotPossible."""
    if actor is not None:
        require(actor, "curator")
    if decision.kind not in KINDS:
        raise NotPossible(_("Only pins and rules are appraised."))
    try:
        with transaction.atomic():
            made = Appraisal.objects.create(
                decision=decision, requested_by=actor, simulated=simulated
            )
            leases.ring(Appraisal, [made.pk])
            return made
    except IntegrityError:
        # One waited; it may have begun since.
        alike = Appraisal.objects.filter(decision=decision, simulated=simulated)
        return alike.latest("requested_at")


def request_all(at: datetime) -> int:
    """Ask for those that spare somebody, are due for review or over, and have no appraisal of late; counts them."""
    of_it = Appraisal.objects.filter(decision=OuterRef("decision"))
    lately = of_it.filter(
        Q(state__in=Job.OPEN) | Q(state=Job.State.SUCCEEDED, requested_at__gt=at - FRESH)
    )
    due = Q(review_on__lte=localtime(at).date()) | Q(until__lte=at)
    telling = Q(holdback__gt=0) | Q(traffic__lt=1) | due
    rows = now_in_force().filter(telling, ~Exists(lately), decision__kind__in=KINDS)
    found = {row.decision_id: row.decision for row in rows}
    for decision in found.values():
        request_appraisal(decision=decision, actor=None, simulated=settings.DEMO)
    return len(found)


def forget() -> int:
    """Delete appraisals that ended long ago, but the latest of each decision that is done; counts them."""
    done = Appraisal.objects.filter(decision=OuterRef("decision"), state=Job.State.SUCCEEDED)
    latest = Subquery(done.order_by("-id").values("pk")[:1])
    over = Appraisal.objects.exclude(state__in=Job.OPEN).annotate(latest=latest)
    old = over.filter(Q(latest=None) | ~Q(pk=F("latest")), requested_at__lt=timezone.now() - KEPT)
    return old.delete()[0]
