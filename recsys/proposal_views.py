"""The pages where operators ask for a blend to be proposed, and curators decide what becomes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation.access import role_required
from curation.problems import Problem
from recsys import job_pages, proposal_actions, proposal_cards
from recsys.forms import AcceptForm, ReasonForm, SurfaceForm
from recsys.models import BlendProposal
from recsys.staff_pages import PAGE, READERS, actor, page


@role_required(*READERS)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The proposals, newest first, and the form that asks for one."""
    rows = BlendProposal.objects.select_related("surface", "requested_by", "verdict__actor")
    context = {
        "title": _("Blend proposals"),
        "proposals": rows.order_by("-id")[:PAGE],
        "form": SurfaceForm(),
    }
    return page(request, "recsys/proposals/list.html", context)


@role_required("operator")
@require_POST
def launch(request: HttpRequest) -> HttpResponse:
    """Ask for a blend of one surface."""
    form = SurfaceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a surface."))
        return redirect("proposals:list")
    try:
        proposal = proposal_actions.request_proposal(
            surface=form.cleaned_data["surface"], actor=actor(request)
        )
    except proposal_actions.NotPossible as refusal:
        messages.error(request, str(refusal))
        return redirect("proposals:list")
    return redirect("proposals:detail", proposal.id)


@role_required(*READERS)
@require_GET
def detail(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """One proposal: its progress while it lasts, then weights, gain and what may be decided."""
    proposal = _proposal(proposal_id)
    forms = {"accept": AcceptForm(prefix="accept"), "reject": ReasonForm(prefix="reject")}
    return page(request, "recsys/proposals/detail.html", _context(proposal) | {"forms": forms})


@role_required(*READERS)
@require_GET
def progress(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """The part of the page that renews itself while the work lasts."""
    return job_pages.progress(request, _proposal(proposal_id), _progress_of(proposal_id))


@role_required("curator")
@require_POST
def accept(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Draft the proposed blend in a change set."""
    form = AcceptForm(request.POST, prefix="accept")
    return _decide(request, proposal_id, form, "accept")


@role_required("curator")
@require_POST
def reject(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Put the proposal aside."""
    return _decide(request, proposal_id, ReasonForm(request.POST, prefix="reject"), "reject")


def _decide(
    request: HttpRequest, proposal_id: UUID, form: ReasonForm, verdict: str
) -> HttpResponse:
    proposal = _proposal(proposal_id)
    if form.is_valid():
        act = proposal_actions.accept if verdict == "accept" else proposal_actions.reject
        try:
            said = act(proposal_id=proposal.id, actor=actor(request), **form.cleaned_data)
        except (proposal_actions.NotPossible, Problem) as refusal:
            form.add_error(None, str(refusal))
        else:
            words = {"accepted": _("Drafted. It serves once the change set is published.")}
            messages.success(request, words.get(said.outcome, _("Rejected.")))
            return redirect("proposals:detail", proposal.id)
    forms = {"accept": AcceptForm(prefix="accept"), "reject": ReasonForm(prefix="reject")}
    context = _context(proposal) | {"forms": forms | {verdict: form}}
    return page(request, "recsys/proposals/detail.html", context)


def _proposal(proposal_id: UUID) -> BlendProposal:
    rows = BlendProposal.objects.select_related(
        "surface", "requested_by", "verdict__actor", "verdict__decision"
    )
    return get_object_or_404(rows, id=proposal_id)


def _context(proposal: BlendProposal) -> dict[str, Any]:
    return job_pages.how_far(proposal, _progress_of(proposal.pk)) | {
        "title": _("Blend proposed for %(surface)s") % {"surface": proposal.surface},
        "proposal": proposal,
        "card": proposal_cards.card_of(proposal),
        "verdict": getattr(proposal, "verdict", None),
    }


def _progress_of(proposal_id: UUID) -> str:
    return reverse("proposals:progress", args=[proposal_id])
