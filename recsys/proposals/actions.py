"""What people decide about proposals, of blends and of decisions; pages, API and commands call only these."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation import actions
from curation.actions import Draft
from curation.given import Readings, in_each_language
from curation.models import Surface, User
from curation.people.access import acting, require
from recsys.jobs import leases
from recsys.models import (
    BlendProposal,
    DecisionProposal,
    Job,
    LiveModel,
    ProposalRound,
    ProposalVerdict,
)
from recsys.proposed import drafts as proposal_drafts
from recsys.proposed.standing import (
    LINKS,
    WAITING,
    Proposal,
    Standing,
    blends,
    decisions,
    hold_targets,
    proposal_named,
    standing_in,
    standing_of,
)
from recsys.runs.promotion import NotPossible

__all__ = [
    "LONGEST",
    "NotPossible",
    "accept",
    "accept_edited",
    "forget",
    "reject",
    "reopen",
    "request_proposal",
    "request_round",
    "snooze",
]

Outcome = ProposalVerdict.Outcome

LONGEST: Final = timedelta(days=366)
"""A proposal is snoozed for a year at most."""
KEPT: Final = timedelta(days=90)


def request_proposal(*, surface: Surface, actor: User | None) -> BlendProposal:
    """Ask for a blend of a surface to be proposed; one that waits already is enough. Raises NotPossible."""
    if not LiveModel.objects.exists():
        raise NotPossible(_("No model serves yet. Promote one first."))
    waiting = BlendProposal.objects.filter(surface=surface, state=Job.State.QUEUED)
    try:
        with transaction.atomic():
            proposal = BlendProposal.objects.create(surface=surface, requested_by=actor)
            leases.ring(BlendProposal, [proposal.pk])
            return proposal
    except IntegrityError:
        return waiting.get()


def request_round(*, actor: User | None, by_worker: bool = True) -> ProposalRound:
    """Ask for the evidence to be looked through for decisions to propose; one that waits already is enough.

    A worker does it unless the caller will (`by_worker` False).
    """
    if actor is not None:
        require(actor, "curator")
    try:
        with transaction.atomic():
            made = ProposalRound.objects.create(requested_by=actor, simulated=settings.DEMO)
            if by_worker:
                leases.ring(ProposalRound, [made.pk])
            return made
    except IntegrityError:
        # One waited; it may have begun since.
        return ProposalRound.objects.latest("requested_at")


def accept(*, proposal_id: UUID, actor: User, reason: str, change_set: str = "") -> ProposalVerdict:
    """Draft what is proposed in a named change set; somebody still has to publish it.

    Raises NotPossible, and `curation.problems.Problem` where the decision is refused.
    """
    require(actor, "curator")
    with transaction.atomic(), acting(actor, "accept_proposal", reason):
        proposal = _waiting(proposal_id)
        _check_reason(reason)
        name, ours = change_set.strip(), set_name(proposal)
        home = actions.open_change_set(actor=actor, name=name, offered=ours)
        draft = proposal_drafts.draft(proposal, actor=actor, reason=reason, home=home)
        return _say(proposal, Outcome.ACCEPTED, actor, reason, decision=draft.decision)


def accept_edited(
    *, proposal_id: UUID, actor: User, reason: str, write: Callable[[], Draft]
) -> ProposalVerdict:
    """Accept a proposal as a decision that the curator wrote of it; `write` saves that decision.

    Raises what `accept` raises.
    """
    require(actor, "curator")
    with transaction.atomic(), acting(actor, "accept_proposal", reason):
        proposal = _waiting(proposal_id)
        _check_reason(reason)
        more = {"decision": write().decision, "edited": True}
        return _say(proposal, Outcome.ACCEPTED, actor, reason, **more)


def reject(*, proposal_id: UUID, actor: User, reason: str) -> ProposalVerdict:
    """Put a proposal aside, until there is clearly more evidence; raises NotPossible."""
    require(actor, "curator")
    with transaction.atomic(), acting(actor, "reject_proposal", reason):
        proposal = _waiting(proposal_id)
        _check_reason(reason)
        return _say(proposal, Outcome.REJECTED, actor, reason)


def snooze(*, proposal_id: UUID, actor: User, back: datetime, reason: str = "") -> ProposalVerdict:
    """Put a proposal aside until an instant within a year, at which it comes back by itself; raises NotPossible."""
    require(actor, "curator")
    now = timezone.now()
    if not now < back <= now + LONGEST:
        raise NotPossible(_("Choose a day from tomorrow on, within a year."))
    with transaction.atomic(), acting(actor, "snooze_proposal", reason):
        return _say(_waiting(proposal_id), Outcome.SNOOZED, actor, reason, back=back)


def reopen(*, proposal_id: UUID, actor: User, reason: str = "") -> ProposalVerdict:
    """Wake a snoozed proposal, or take a rejection back; raises NotPossible."""
    require(actor, "curator")
    with transaction.atomic(), acting(actor, "reopen_proposal", reason):
        hold_targets()
        proposal = _locked(proposal_id)
        standing = standing_of(proposal)
        if standing not in (Standing.SNOOZED, Standing.REJECTED):
            raise NotPossible(_("Only what is snoozed or rejected can be taken back."))
        if standing is Standing.REJECTED and _is_replaced(proposal):
            raise NotPossible(_("A newer proposal for the same has taken its place."))
        return _say(proposal, Outcome.REOPENED, actor, reason)


def forget() -> int:
    """Delete rounds that ended long ago, but the latest; counts them."""
    over = ProposalRound.objects.exclude(state__in=Job.OPEN)
    latest = over.order_by("-requested_at").values_list("pk", flat=True)[:1]
    old = over.filter(requested_at__lt=timezone.now() - KEPT).exclude(pk__in=list(latest))
    return old.delete()[0]


def set_name(proposal: Proposal) -> Readings:
    """What the change set is called in which a proposal is drafted, where nobody names one."""
    if isinstance(proposal, DecisionProposal):
        today = {"day": timezone.localdate().isoformat()}
        return in_each_language(lambda: _("Proposals of %(day)s") % today)
    told = {
        "surface": proposal.surface_id,
        "day": timezone.localdate(proposal.requested_at).isoformat(),
    }
    return in_each_language(lambda: _("Blend proposed for %(surface)s on %(day)s") % told)


def _locked(proposal_id: UUID) -> Proposal:
    """The proposal of either kind, locked, with where it stands."""
    for model in (DecisionProposal, BlendProposal):
        model._default_manager.select_for_update(no_key=True).filter(pk=proposal_id).first()
    # Read only now: what was said while this waited for the lock counts.
    found = proposal_named(proposal_id, timezone.now())
    if found is None:
        raise NotPossible(_("There is no such proposal."))
    return found


def _waiting(proposal_id: UUID) -> Proposal:
    """The proposal, locked, if something can still be said of it."""
    proposal = _locked(proposal_id)
    if isinstance(proposal, BlendProposal) and proposal.state != Job.State.SUCCEEDED:
        raise NotPossible(_("There is no blend to decide on yet."))
    standing = standing_of(proposal)
    if standing is Standing.WITHDRAWN:
        raise NotPossible(_("It was withdrawn: what spoke for it no longer does."))
    if standing not in WAITING:
        raise NotPossible(_("Somebody has decided on this proposal already."))
    return proposal


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise NotPossible(_("Say why: the reason is kept with the decision."))


def _is_replaced(proposal: Proposal) -> bool:
    """Whether a later one of the same target waits or, of a blend, is made."""
    now = timezone.now()
    if isinstance(proposal, BlendProposal):
        return not blends(now).filter(pk=proposal.pk).exists()
    target = ("kind", "item_id", "segment_id", "decision_id")
    alike = decisions(now).filter(**{name: getattr(proposal, name) for name in target})
    return standing_in(alike, *WAITING).exclude(pk=proposal.pk).exists()


def _say(
    proposal: Proposal, outcome: Outcome, actor: User, reason: str, **more: Any
) -> ProposalVerdict:
    return ProposalVerdict.objects.create(
        outcome=outcome,
        actor=actor,
        reason=reason,
        **{LINKS[type(proposal)]: proposal},
        **more,
    )
