"""What people decide about the approval of a change set: ask for it, take that back, approve, send back."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from curation.actions.opening import lock_set
from curation.models import Approval, ChangeSet, User
from curation.people.access import acting, require
from curation.policies import approvals
from curation.policies.approvals import Standing
from curation.problems import Conflict, Denied, Invalid

Act = Approval.Act


def ask_approval(*, actor: User, change_set: ChangeSet, reason: str = "") -> Approval:
    """Ask that a second person approve an open change set as it stands; what was asked already is not asked twice."""
    require(actor, "curator")
    with acting(actor, "ask_approval", reason), transaction.atomic():
        home = lock_set(change_set)
        standing = approvals.of(home)
        if not standing.content.drafts:
            raise Conflict("nothing_to_approve", _("There is no draft in this change set yet."))
        if standing.state == "asked" and standing.newest:
            return standing.newest
        if standing.state == "approved":
            raise Conflict("approved_already", _already(standing))
        return _note(home, Act.ASKED, actor, reason, standing)


def take_back_approval(*, actor: User, change_set: ChangeSet, reason: str = "") -> Approval:
    """Take back what one has asked for or approved, while the set is open; an administrator does it for others."""
    require(actor, "curator")
    with acting(actor, "take_back_approval", reason), transaction.atomic():
        home = lock_set(change_set)
        standing = approvals.of(home)
        if standing.newest is None or standing.newest.act not in (Act.ASKED, Act.APPROVED):
            raise Conflict("nothing_to_take_back", _("Nothing is asked for or approved here."))
        if not standing.may_take_back(actor):
            text = _("Only %(name)s, or an administrator, can take it back.")
            raise Denied(text % {"name": standing.newest.actor})
        return _note(home, Act.TAKEN_BACK, actor, reason, standing)


def approve(*, actor: User, change_set: ChangeSet, request: UUID, reason: str) -> Approval:
    """Approve exactly what `request` (an `Approval` that asks) was asked for, as a second person."""
    return _answer(actor, change_set, request, Act.APPROVED, reason)


def send_back(*, actor: User, change_set: ChangeSet, request: UUID, reason: str) -> Approval:
    """Refuse what was asked for, as a second person, and say what is to be changed."""
    return _answer(actor, change_set, request, Act.SENT_BACK, reason)


def _answer(
    actor: User, change_set: ChangeSet, request: UUID, act: Approval.Act, reason: str
) -> Approval:
    require(actor, "curator")
    if not reason.strip():
        raise Invalid("reason_required", _("Say why."))
    action = "approve" if act == Act.APPROVED else "send_back"
    with acting(actor, action, reason), transaction.atomic():
        home = lock_set(change_set)
        standing = approvals.of(home)
        _check_asked(standing, request)
        if actor.pk in standing.barred:
            text = _("Whoever asked, or changed it last, cannot approve it.")
            raise Denied(f"{text} {approvals.can_in_words(standing.barred)}")
        return _note(home, act, actor, reason, standing)


def _check_asked(standing: Standing, request: UUID) -> None:
    """`Conflict` unless the request is the one that waits, for what the set still holds."""
    newest = standing.newest
    if standing.state == "void":
        text = _("The change set has changed since; approval has to be asked for again.")
        raise Conflict("approval_void", text)
    if newest is None or standing.state != "asked":
        raise Conflict("not_asked", _already(standing) or _("Nobody asks for approval here."))
    if newest.pk != request:
        text = _("It was asked for again since you looked; look at what it holds now.")
        raise Conflict("stale_request", text)


def _already(standing: Standing) -> str:
    """What the newest act says, for whoever comes too late."""
    sentences = {
        "approved": _("%(name)s has approved it already."),
        "sent_back": _("%(name)s has sent it back already."),
    }
    name = standing.newest.actor if standing.newest else ""
    return sentences.get(standing.state, "") % {"name": name}


def _note(
    home: ChangeSet, act: Approval.Act, actor: User, reason: str, standing: Standing
) -> Approval:
    told = {"act": act, "actor": actor, "reason": reason.strip()}
    drafts = standing.content.drafts
    return Approval.objects.create(change_set=home, drafts=drafts, **told)
