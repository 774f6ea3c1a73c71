"""The inbox of proposals: what waits for a curator, and what was decided; and having the evidence looked through."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation.people.access import role_required
from recsys.models import BlendProposal
from recsys.proposals import actions as proposal_actions
from recsys.proposals import inbox
from recsys.proposed.standing import with_standing
from recsys.runs import job_pages
from recsys.runs.forms import SurfaceForm
from recsys.screens.staff_pages import PAGE, READERS, actor, page


@role_required(*READERS)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The proposals that are open, snoozed or decided, by kind."""
    asked = request.GET.get("show", "")
    view = asked if asked in inbox.VIEWS else inbox.OPEN
    now = timezone.now()
    latest = inbox.latest_round()
    context = job_pages.how_far(latest, reverse("proposals:round")) | {
        "title": _("Proposals"),
        "view": view,
        "views": inbox.VIEW_NAMES,
        "groups": inbox.groups(view, now),
        "round": latest,
        "next": inbox.next_round(now),
    }
    return page(request, "recsys/proposals/inbox.html", context)


@role_required("curator")
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Have the evidence looked through now."""
    proposal_actions.request_round(actor=actor(request))
    messages.success(request, _("The evidence is being looked through."))
    return redirect("proposals:list")


@role_required(*READERS)
@require_GET
def round_progress(request: HttpRequest) -> HttpResponse:
    """The part of the inbox that renews itself while the evidence is looked through."""
    return job_pages.progress(request, inbox.latest_round(), reverse("proposals:round"))


@role_required(*READERS)
@require_GET
def blends(request: HttpRequest) -> HttpResponse:
    """The blend proposals, made or not, newest first, and the form that asks for one."""
    rows = with_standing(
        BlendProposal.objects.select_related("surface", "requested_by"), timezone.now()
    )
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
        return redirect("proposals:blends")
    try:
        proposal = proposal_actions.request_proposal(
            surface=form.cleaned_data["surface"], actor=actor(request)
        )
    except proposal_actions.NotPossible as refusal:
        messages.error(request, str(refusal))
        return redirect("proposals:blends")
    return redirect("proposals:detail", proposal.id)
