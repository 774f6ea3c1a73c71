"""The pages where curators try a change set on what members asked for before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.models import ChangeSet
from curation.people.access import role_required
from recsys.models import Simulation
from recsys.runs import job_pages
from recsys.screens.staff_pages import PAGE, actor, page
from recsys.simulations import actions as simulation_actions
from recsys.simulations import cards as simulation_cards
from recsys.simulations.actions import ASKED, MOST, NotPossible


class AskForm(forms.Form):
    """What a simulation is asked for with."""

    asked = forms.IntegerField(
        label=gettext_lazy("At most so many requests"),
        initial=ASKED,
        min_value=1,
        max_value=MOST,
        help_text=gettext_lazy("The latest ones, on the surfaces that the drafts touch."),
    )
    simulated = forms.BooleanField(label=gettext_lazy("with simulated members"), required=False)


@role_required("curator")
@require_http_methods(["GET", "HEAD", "POST"])
def of_set(request: HttpRequest, change_set_id: UUID) -> HttpResponse:
    """The simulations of one change set, newest first, and the form that asks for one."""
    home = get_object_or_404(ChangeSet, pk=change_set_id)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = simulation_actions.request_simulation(
                change_set=home, actor=actor(request), **form.cleaned_data
            )
        except NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("simulations:detail", made.pk)
    rows = Simulation.objects.filter(change_set=home).select_related("requested_by")
    context = {
        "title": _("Simulations of %(name)s") % {"name": home},
        "home": home,
        "simulations": rows.order_by("-id")[:PAGE],
        "is_open": home.published_at is None and home.discarded_at is None,
        "form": form,
    }
    return page(request, "recsys/simulations/list.html", context)


@role_required("curator")
@require_GET
def detail(request: HttpRequest, simulation_id: UUID) -> HttpResponse:
    """One simulation: its progress while it lasts, then what would change; that of a proposal is on its page."""
    simulation = _simulation(simulation_id)
    if simulation.change_set is None:
        return redirect("proposals:detail", simulation.proposal_id)
    context = _context(simulation, simulation.change_set)
    return page(request, "recsys/simulations/detail.html", context)


@role_required("curator")
@require_GET
def progress(request: HttpRequest, simulation_id: UUID) -> HttpResponse:
    """The part of the page that renews itself while the work lasts."""
    return job_pages.progress(request, _simulation(simulation_id), _progress_of(simulation_id))


@role_required("curator")
@require_POST
def cancel(request: HttpRequest, simulation_id: UUID) -> HttpResponse:
    """Cancel a simulation."""
    get_object_or_404(Simulation, pk=simulation_id)
    try:
        simulation_actions.cancel_simulation(simulation_id=simulation_id, actor=actor(request))
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    return redirect("simulations:detail", simulation_id)


def _context(simulation: Simulation, home: ChangeSet) -> dict[str, Any]:
    simulation_id = simulation.pk
    return job_pages.how_far(simulation, _progress_of(simulation_id)) | {
        "title": _("%(name)s, simulated") % {"name": home},
        "simulation": simulation,
        "home": home,
        "card": simulation_cards.card_of(simulation),
    }


def _simulation(simulation_id: UUID) -> Simulation:
    rows = Simulation.objects.select_related("change_set", "requested_by")
    return get_object_or_404(rows, pk=simulation_id)


def _progress_of(simulation_id: UUID) -> str:
    return reverse("simulations:progress", args=[simulation_id])
