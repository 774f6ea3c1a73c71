"""The pages where curators look over a grid of blends and choose one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation.people.access import role_required
from curation.problems import Problem
from recsys.blend_sweeps import actions as blend_sweep_actions
from recsys.blend_sweeps import cards as blend_sweep_cards
from recsys.blend_sweeps.actions import NotPossible
from recsys.models import BlendSweep
from recsys.runs import job_pages
from recsys.runs.forms import AcceptForm, SurfaceForm
from recsys.screens.staff_pages import PAGE, READERS, actor, page


class DraftForm(AcceptForm):
    """Which point is drafted, why, and in which change set."""

    point = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


@role_required(*READERS)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The sweeps, newest first, and the form that asks for one."""
    rows = BlendSweep.objects.select_related("surface", "requested_by").defer("report")
    context = {
        "title": _("Blend sweeps"),
        "sweeps": rows.order_by("-id")[:PAGE],
        "form": SurfaceForm(),
    }
    return page(request, "recsys/blend_sweeps/list.html", context)


@role_required("curator")
@require_POST
def launch(request: HttpRequest) -> HttpResponse:
    """Ask for the blends of one surface to be swept."""
    form = SurfaceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a surface."))
        return redirect("blend-sweeps:list")
    try:
        made = blend_sweep_actions.request_sweep(actor=actor(request), **form.cleaned_data)
    except NotPossible as refusal:
        messages.error(request, str(refusal))
        return redirect("blend-sweeps:list")
    return redirect("blend-sweeps:detail", made.pk)


@role_required(*READERS)
@require_GET
def detail(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """One sweep: its progress while it lasts, then all points, and what may become of the chosen one."""
    asked = request.GET.get("point", "")
    form = DraftForm(initial={"point": asked})
    return _page(request, _sweep(sweep_id), asked, form)


@role_required(*READERS)
@require_GET
def progress(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """The part of the page that renews itself while the work lasts."""
    return job_pages.progress(request, _sweep(sweep_id), _progress_of(sweep_id))


@role_required("curator")
@require_POST
def cancel(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """Cancel a sweep."""
    get_object_or_404(BlendSweep, pk=sweep_id)
    try:
        blend_sweep_actions.cancel_sweep(sweep_id=sweep_id, actor=actor(request))
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    return redirect("blend-sweeps:detail", sweep_id)


@role_required("curator")
@require_POST
def draft(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """Draft the blend of one point in a change set."""
    sweep, form = _sweep(sweep_id), DraftForm(request.POST)
    if form.is_valid():
        try:
            made = blend_sweep_actions.draft_point(
                sweep_id=sweep.pk, actor=actor(request), **form.cleaned_data
            )
        except (NotPossible, Problem) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Drafted. It serves once the change set is published."))
            return redirect("desk:publish", made.revision.change_set_id)
    return _page(request, sweep, request.POST.get("point", ""), form)


def _page(request: HttpRequest, sweep: BlendSweep, asked: str, form: DraftForm) -> HttpResponse:
    point = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None
    card = blend_sweep_cards.card_of(sweep, point)
    context: dict[str, Any] = {
        "title": _("Blends of %(surface)s, swept") % {"surface": sweep.surface},
        "sweep": sweep,
        "card": card,
        "form": form,
        "is_unknown": bool(asked and card and card.chosen is None),
    }
    told = job_pages.how_far(sweep, _progress_of(sweep.pk))
    return page(request, "recsys/blend_sweeps/detail.html", told | context)


def _sweep(sweep_id: UUID) -> BlendSweep:
    return get_object_or_404(
        BlendSweep.objects.select_related("surface", "requested_by"), pk=sweep_id
    )


def _progress_of(sweep_id: UUID) -> str:
    return reverse("blend-sweeps:progress", args=[sweep_id])
