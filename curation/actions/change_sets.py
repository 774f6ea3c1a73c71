"""What curators do with change sets: take drafts out, move them, plan when the set is published."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from curation.actions.drafts import Draft, add
from curation.actions.gates import UNCHECKED
from curation.actions.opening import lock_set, lock_sets
from curation.actions.publishing import publish
from curation.decisions.instants import zone_named
from curation.models import ChangeSet, Revision, User, Withdrawal
from curation.people.access import acting, require
from curation.policies import fulfilment
from curation.problems import Conflict, Invalid, Problem

log = logging.getLogger(__name__)

PATIENCE: Final = timedelta(hours=1)
"""So long a planned change set waits for its expectations to be checked, before it is refused: longer than a worker
should be busy with other things."""
_LATEST_YEAR: Final = 2200
_CONTENT: Final = (
    *("item", "segment", "member", "spec", "priority", "starts_at", "until", "review_on"),
    *("holdback", "traffic", "who", "reason", "ends"),
)


def withdraw(*, actor: User, draft: Revision, reason: str) -> None:
    """Take a draft, and older drafts of its decision, out of its open change set; it stays readable."""
    require(actor, "curator")
    with acting(actor, "withdraw", reason), transaction.atomic():
        lock_set(draft.change_set)
        _take_out(actor, draft, reason)


def move(*, actor: User, draft: Revision, to: ChangeSet, reason: str) -> Draft:
    """Take a draft out of its open change set and write it into another, where lint looks at it again."""
    require(actor, "curator")
    if draft.change_set_id == to.pk:
        raise Invalid("same_change_set", _("The draft is in that change set already."))
    with acting(actor, "move", reason), transaction.atomic():
        lock_sets([draft.change_set, to])
        _take_out(actor, draft, reason)
        content = {name: getattr(draft, name) for name in _CONTENT}
        return add(actor, draft.decision, content, to)


def put_back(*, actor: User, draft: Revision, reason: str, over: Revision | None = None) -> Draft:
    """Write a draft into its open change set once more: one that was taken out, or that `over` was written over.

    Lint does not stop it, for it stood there. `Conflict` where the set holds another draft of the decision by now.
    """
    require(actor, "curator")
    with acting(actor, "put_back", reason), transaction.atomic():
        home = lock_set(draft.change_set)
        now = Revision.objects.filter(
            change_set=home, decision=draft.decision_id, withdrawal=None
        ).order_by("number")
        if now.last() != over:
            raise Conflict("draft_moved_on", _("Somebody has changed the draft since."))
        content = {name: getattr(draft, name) for name in _CONTENT}
        return add(actor, draft.decision, content, home, lint_stops=False)


def schedule(
    *, actor: User, change_set: ChangeSet, at: datetime, zone: str = "UTC", reason: str = ""
) -> ChangeSet:
    """Have an open change set published at an instant, in the name of whoever plans it; or at another one.

    `zone` is the IANA zone in which the instant was chosen, for those who read it.
    """
    require(actor, "curator")
    zone_named(zone)
    if at <= timezone.now() or at.year >= _LATEST_YEAR:
        raise Invalid("bad_instant", _("Give an instant to come."))
    planned = {"publish_at": at, "zone": zone, "scheduled_by": actor}
    return _plan(actor, "schedule", change_set, reason, planned)


def unschedule(*, actor: User, change_set: ChangeSet, reason: str = "") -> ChangeSet:
    """Leave an open change set to be published by hand."""
    require(actor, "curator")
    unplanned = {"publish_at": None, "zone": "", "scheduled_by": None}
    return _plan(actor, "unschedule", change_set, reason, unplanned)


def publish_due(now: datetime) -> list[ChangeSet]:
    """Publish each change set whose instant has come, once, however many do this at the same time.

    One that is refused stays open and unplanned, with why; one of which is not known yet whether it meets
    what is expected waits up to an hour for that. Answers those that were dealt with.
    """
    due = ChangeSet.objects.filter(_due(now)).order_by("publish_at", "pk")
    done = []
    for key in due.values_list("pk", flat=True):
        try:
            found = _publish_planned(key, now)
        except DatabaseError:
            log.exception("the planned change set %s was not published; it is tried again", key)
            continue
        done += [found] if found else []
    return done


def _publish_planned(key: UUID, now: datetime) -> ChangeSet | None:
    """Publish one, unless somebody else has it in hand or has planned it anew."""
    with transaction.atomic():
        rows = ChangeSet.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        home = rows.select_related("scheduled_by").filter(_due(now), pk=key).first()
        if home is None or home.scheduled_by is None or home.publish_at is None:
            return None
        try:
            with transaction.atomic():
                publish(
                    actor=home.scheduled_by, change_set=home, reason=gettext_noop("As planned.")
                )
        except Problem as problem:
            if problem.code == UNCHECKED and now < home.publish_at + PATIENCE:
                return None
            _refuse(home, home.scheduled_by, problem)
        home.refresh_from_db()
        return home


def _refuse(home: ChangeSet, actor: User, problem: Problem) -> None:
    told: dict[str, Any] = {
        "code": problem.code,
        "detail": str(problem),
        "errors": list(problem.errors),
    }
    log.warning("the planned change set %s was refused: %s", home.pk, problem.code)
    changed = {"publish_at": None, "refused_at": timezone.now(), "refusal": told}
    with acting(actor, "refuse_planned", str(problem)):
        ChangeSet.objects.filter(pk=home.pk).update(**changed)


def _due(now: datetime) -> Q:
    return Q(publish_at__lte=now, published_at=None, discarded_at=None)


def _plan(
    actor: User, action: str, change_set: ChangeSet, reason: str, planned: dict[str, Any]
) -> ChangeSet:
    with acting(actor, action, reason), transaction.atomic():
        home = lock_set(change_set)
        for name, value in (planned | {"refused_at": None, "refusal": None}).items():
            setattr(home, name, value)
        home.save(update_fields=[*planned, "refused_at", "refusal"])
        fulfilment.follow(home)
    return home


def _take_out(actor: User, draft: Revision, reason: str) -> None:
    """Withdraw what a locked set holds of the draft's decision; `Conflict` where it is gone already."""
    here = Revision.objects.filter(
        change_set=draft.change_set_id, decision=draft.decision_id, withdrawal=None
    )
    rows = list(here)
    if draft.pk not in {row.pk for row in rows}:
        raise Conflict("draft_gone", _("The draft is not in the change set any more."))
    if draft.spec.get("safety"):
        require(actor, "administrator")
    Withdrawal.objects.bulk_create(
        Withdrawal(revision=row, author=actor, reason=reason) for row in rows
    )
    fulfilment.follow(draft.change_set)
