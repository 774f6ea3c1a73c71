"""The page of one proposal, of a blend or of a decision, and what curators decide on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.actions import Draft
from curation.desk.answering import attempt
from curation.desk.decisions import form_views, saving
from curation.desk.decisions.forms import DecisionForm
from curation.given import reading
from curation.models import User
from curation.people.access import role_required
from curation.problems import Conflict, Problem
from recsys.models import BlendProposal, DecisionProposal, ProposalVerdict, Simulation
from recsys.proposals import actions as proposal_actions
from recsys.proposals import cards as proposal_cards
from recsys.proposals import inbox
from recsys.proposals.actions import NotPossible
from recsys.proposals.forms import SnoozeForm
from recsys.proposed import drafts as proposal_drafts
from recsys.proposed.standing import Proposal, proposal_named
from recsys.runs import job_pages
from recsys.runs.forms import AcceptForm, ReasonForm
from recsys.screens.staff_pages import READERS, actor, page
from recsys.simulations import actions as simulation_actions
from recsys.simulations import cards as simulation_cards


@role_required(*READERS)
@require_GET
def detail(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """One proposal: what speaks for it, what it would do, and what may be decided."""
    return _page(request, _proposal(proposal_id))


@role_required(*READERS)
@require_GET
def progress(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """The part of the page that renews itself while a blend is fitted, or a decision simulated."""
    proposal = _proposal(proposal_id)
    work = proposal if isinstance(proposal, BlendProposal) else _simulation(proposal)
    return job_pages.progress(request, work, _progress_of(proposal_id))


@role_required("curator")
@require_POST
def accept(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Draft what is proposed in a change set."""
    form = AcceptForm(request.POST, prefix="accept")
    said = _("Drafted. It serves once the change set is published.")
    return _decide(request, proposal_id, "accept", form, proposal_actions.accept, said)


@role_required("curator")
@require_POST
def reject(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Put the proposal aside."""
    form = ReasonForm(request.POST, prefix="reject")
    act = proposal_actions.reject
    return _decide(request, proposal_id, "reject", form, act, _("Rejected."))


@role_required("curator")
@require_POST
def snooze(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Put the proposal aside for a while."""

    def act(*, proposal_id: UUID, actor: User, reason: str, **_span: Any) -> ProposalVerdict:
        return proposal_actions.snooze(
            proposal_id=proposal_id, actor=actor, back=form.back(), reason=reason
        )

    form = SnoozeForm(request.POST, prefix="snooze")
    said = _("Snoozed. It comes back by itself.")
    return _decide(request, proposal_id, "snooze", form, act, said)


@role_required("curator")
@require_POST
def reopen(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Wake the proposal, or take its rejection back."""
    proposal = _proposal(proposal_id)
    try:
        proposal_actions.reopen(proposal_id=proposal.pk, actor=actor(request))
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is open again."))
    return redirect("proposals:detail", proposal.pk)


@role_required("curator")
@require_POST
def simulate(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Have what is proposed replayed over the latest requests."""
    proposal = _proposal(proposal_id)
    if not isinstance(proposal, DecisionProposal):
        raise Http404
    simulation_actions.simulate_proposal(proposal=proposal, actor=actor(request))
    return redirect("proposals:detail", proposal.pk)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Write the proposed decision anew in the form of its kind; saving it accepts the proposal."""
    proposal = _proposal(proposal_id)
    if isinstance(proposal, BlendProposal) and not proposal.blend:
        raise Http404
    looked = form_views.saves_nothing(request)
    typed = request.POST.dict() if looked else None
    try:
        form = proposal_drafts.form_of(
            proposal,
            _first(inbox.entry_of(proposal)),
            None if looked else form_views.sent(request),
            typed,
        )
    except Conflict as problem:
        messages.error(request, str(problem))
        return redirect("proposals:detail", proposal.pk)
    form.offered = proposal_actions.set_name(proposal)
    if form.is_bound and form.is_valid() and (said := _saved(actor(request), proposal, form)):
        messages.success(request, _("Accepted as you edited it."))
        return redirect("desk:decision", said.decision_id)
    context = {
        "title": _("Edit what is proposed"),
        "kind": proposal_drafts.kind_of(proposal),
        "form": form,
        "decision": proposal.decision if isinstance(proposal, DecisionProposal) else None,
        "leave": reverse("proposals:detail", args=[proposal.pk]),
    }
    return form_views.written(request, context)


def _saved(curator: User, proposal: Proposal, form: DecisionForm) -> ProposalVerdict | None:
    """The verdict; None where something refused it, which the form then says."""

    def write() -> Draft:
        if isinstance(proposal, DecisionProposal) and proposal.decision:
            return saving.save_revision(curator, proposal.decision, form)
        return saving.save(curator, proposal_drafts.kind_of(proposal), form)

    def said() -> ProposalVerdict:
        reason = form.cleaned_data["reason"]
        return proposal_actions.accept_edited(
            proposal_id=proposal.pk, actor=curator, reason=reason, write=write
        )

    try:
        return attempt(form, said)
    except NotPossible as refusal:
        form.add_error(None, str(refusal))
        return None


def _first(entry: inbox.Entry) -> dict[str, str]:
    """What the form begins with: the evidence as the reason, and a draft."""
    named = proposal_actions.set_name(entry.proposal)
    return {"reason": entry.evidence, "change_set": reading(named)}


def _decide(
    request: HttpRequest,
    proposal_id: UUID,
    name: str,
    form: forms.Form,
    act: Callable[..., ProposalVerdict],
    said: str,
) -> HttpResponse:
    proposal = _proposal(proposal_id)
    if form.is_valid():
        try:
            act(proposal_id=proposal.pk, actor=actor(request), **form.cleaned_data)
        except (NotPossible, Problem) as refusal:
            form.add_error(None, str(refusal))
            if not inbox.entry_of(proposal).is_waiting:  # its form is gone
                messages.error(request, str(refusal))
        else:
            messages.success(request, said)
            return redirect("proposals:detail", proposal.pk)
    return _page(request, proposal, {name: form})


def _page(
    request: HttpRequest, proposal: Proposal, typed: dict[str, forms.Form] | None = None
) -> HttpResponse:
    entry = inbox.entry_of(proposal)
    shared = {
        "title": entry.title,
        "entry": entry,
        "proposal": proposal,
        "verdicts": proposal.verdicts.all(),
        "forms": _forms(entry) | (typed or {}),
    }
    if isinstance(proposal, BlendProposal):
        return page(request, "recsys/proposals/detail.html", shared | _blend(proposal))
    return page(request, "recsys/proposals/decision.html", shared | _simulated(proposal))


def _forms(entry: inbox.Entry) -> dict[str, forms.Form]:
    first = {} if entry.kind == inbox.BLEND else _first(entry)
    return {
        "accept": AcceptForm(prefix="accept", initial=first),
        "reject": ReasonForm(prefix="reject"),
        "snooze": SnoozeForm(prefix="snooze"),
    }


def _blend(proposal: BlendProposal) -> dict[str, Any]:
    told = job_pages.how_far(proposal, _progress_of(proposal.pk))
    title = _("Blend proposed for %(surface)s") % {"surface": proposal.surface}
    return told | {"title": title, "card": proposal_cards.card_of(proposal)}


def _simulated(proposal: DecisionProposal) -> dict[str, Any]:
    simulation = _simulation(proposal)
    review = timezone.localdate() + proposal_drafts.REVIEW_AFTER
    return job_pages.how_far(simulation, _progress_of(proposal.pk)) | {
        "simulation": simulation,
        "card": simulation_cards.card_of(simulation) if simulation else None,
        "strength": proposal_drafts.STRENGTH,
        "holdback": proposal_drafts.HOLDBACK * 100,
        "review": date_format(review, "DATE_FORMAT"),
    }


def _simulation(proposal: DecisionProposal) -> Simulation | None:
    """The newest simulation of a proposal."""
    rows = proposal.simulations.select_related("requested_by")
    return rows.order_by("-pk").first()


def _proposal(proposal_id: UUID) -> Proposal:
    found = proposal_named(proposal_id, timezone.now())
    if found is None:
        raise Http404
    return found


def _progress_of(proposal_id: UUID) -> str:
    return reverse("proposals:progress", args=[proposal_id])
