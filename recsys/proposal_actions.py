"""What people decide about blend proposals; pages, API and command call only these."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation import actions
from curation.access import acting, require
from curation.models import ChangeSet, Surface, User
from recsys import leases
from recsys.models import BlendProposal, Job, LiveModel, ProposalVerdict
from recsys.promotion import NotPossible

__all__ = ["NotPossible", "accept", "reject", "request_proposal"]


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


def accept(*, proposal_id: UUID, actor: User, reason: str, change_set: str = "") -> ProposalVerdict:
    """Draft the proposed blend in a named change set; somebody still has to publish it.

    Raises NotPossible, and `curation.actions.Refused` where lint blocks the blend.
    """
    require(actor, "curator")
    with transaction.atomic(), acting(actor, "accept_proposal", reason):
        proposal = _open(proposal_id, reason)
        home = actions.open_change_set(actor=actor, name=change_set.strip() or _name(proposal))
        draft = _draft(proposal, actor, reason, home)
        return ProposalVerdict.objects.create(
            proposal=proposal,
            outcome=ProposalVerdict.Outcome.ACCEPTED,
            decision=draft.decision,
            actor=actor,
            reason=reason,
        )


def reject(*, proposal_id: UUID, actor: User, reason: str) -> ProposalVerdict:
    """Put a proposal aside; raises NotPossible."""
    require(actor, "curator")
    with transaction.atomic(), acting(actor, "reject_proposal", reason):
        return ProposalVerdict.objects.create(
            proposal=_open(proposal_id, reason),
            outcome=ProposalVerdict.Outcome.REJECTED,
            actor=actor,
            reason=reason,
        )


def _draft(proposal: BlendProposal, actor: User, reason: str, home: ChangeSet) -> actions.Draft:
    blend = proposal.blend
    return actions.set_blend(
        actor=actor,
        surface=proposal.surface,
        weights=blend["weights"],
        scales=blend["scales"],
        beta=blend["beta"],
        terms=actions.Terms(reason=reason, change_set=home),
    )


def _open(proposal_id: UUID, reason: str) -> BlendProposal:
    """The proposal, locked, if something can still be said of it."""
    if not reason.strip():
        raise NotPossible(_("Say why: the reason is kept with the decision."))
    rows = BlendProposal.objects.select_for_update(of=("self",)).select_related("surface")
    proposal = rows.get(pk=proposal_id)
    if proposal.state != Job.State.SUCCEEDED:
        raise NotPossible(_("There is no blend to decide on yet."))
    if ProposalVerdict.objects.filter(proposal=proposal).exists():
        raise NotPossible(_("Somebody has decided on this proposal already."))
    return proposal


def _name(proposal: BlendProposal) -> str:
    told = {
        "surface": proposal.surface_id,
        "day": timezone.localdate(proposal.requested_at).isoformat(),
    }
    return _("Blend proposed for %(surface)s on %(day)s") % told
