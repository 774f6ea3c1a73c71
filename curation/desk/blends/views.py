"""The blend desk: weights moved by hand, with the slate of a member before and after beside them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from curation import actions
from curation.actions import Draft
from curation.decisions.differences import clashes_in_words
from curation.desk import shown as desk
from curation.desk.answering import actor_of, attempt, page, tell_findings
from curation.desk.blends.sliders import below, sliders_of, total_of
from curation.desk.decisions import revising
from curation.desk.decisions.forms import BlendForm
from curation.desk.viewpoints import VIEW, ViewpointForm
from curation.fusion.blending import inherited_beta
from curation.models import Decision, Surface
from curation.people.access import role_required
from curation.problems import Conflict, Problem


@role_required("curator")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Weigh the scorers anew: of a surface, from the weights that hold there now; or everywhere."""
    slug = request.GET.get("surface", "")
    here = Surface.objects.filter(slug=slug).first() or Surface.objects.first()
    first = {**_present(here), **request.GET.dict()}
    form = BlendForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: _write(request, form))
        if done:
            return redirect("desk:publish", done.revision.change_set_id)
    return _page(request, form, here, {"title": _("Weigh the scorers")})


@role_required("curator")
@require_http_methods(["GET", "POST"])
def revise(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Weigh anew what a blend says; where somebody was quicker, show what they wrote beside what was typed."""
    rows = Decision.objects.filter(kind=Decision.Kind.BLEND).select_related("surface")
    one = get_object_or_404(rows, pk=decision_id)
    newest = desk.newest_of(one)
    form = _bound(request, one)
    clashes: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            done = _rewrite(request, one, form)
        except Conflict as problem:
            form = _bound(request, one, base=newest.number)
            form.full_clean()
            if problem.code == "stale_decision":
                clashes = clashes_in_words(problem.errors)
            else:
                form.add_error(None, str(problem))
        except Problem as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("desk:publish", done.revision.change_set_id)
    title = _("Weigh anew: %(decision)s") % {"decision": desk.lines([newest])[0].title}
    here = one.surface or Surface.objects.first()
    return _page(request, form, here, {"title": title, "decision": one, "clashes": clashes})


def _bound(request: HttpRequest, one: Decision, base: int | None = None) -> BlendForm:
    """The form on a decision: as it was saved, as it was typed, or as typed on top of a newer revision."""
    typed = request.POST.copy() if request.method == "POST" else None
    if typed is not None and base is not None:
        typed["base"] = str(base)
    form = revising.form_on(one, desk.newest_of(one), typed)
    assert isinstance(form, BlendForm)  # noqa: S101 - a blend is written in its own form
    form.initial = {**form.initial, **request.GET.dict()}
    return form


def _page(
    request: HttpRequest, form: BlendForm, here: Surface | None, context: dict[str, Any]
) -> HttpResponse:
    held = below(here, context.get("decision"))
    context |= {
        "form": form,
        "sliders": sliders_of(form, held),
        "total": total_of(form),
        "beta": f"{inherited_beta(held):g}",
    }
    if here is None:
        return page(request, "blend", context)
    typed = request.POST or (request.GET if f"{VIEW}-who" in request.GET else None)
    viewpoint = ViewpointForm(typed, surface=here, prefix=VIEW)
    del viewpoint.fields["change_set"]
    return page(request, "blend", {**context, "viewpoint": viewpoint, "here": here})


def _present(surface: Surface | None) -> dict[str, Any]:
    """The weights that hold for everybody on a surface, to begin with; a scorer they do not name weighs 0."""
    blend = desk.blend_of(surface) if surface else None
    if blend is None:
        return {}
    spec = blend.spec
    named = {f"weight-{name}": weight for name, weight in spec["weights"].items()}
    unnamed = {f"weight-{name}": 0 for name in BlendForm().scorers}
    return {**unnamed, **named, "surface": surface}


def _write(request: HttpRequest, form: BlendForm) -> Draft:
    """Draft a new blend, and publish it where that was asked: both or, when either is refused, neither."""
    actor = actor_of(request)
    with transaction.atomic():
        draft = actions.set_blend(
            actor=actor,
            surface=form.cleaned_data["surface"],
            weights=form.weights(),
            scales=form.scales(),
            beta=form.cleaned_data["beta"],
            terms=form.terms(actor),
        )
        return _then(request, form, draft)


def _rewrite(request: HttpRequest, one: Decision, form: BlendForm) -> Draft:
    with transaction.atomic():
        return _then(request, form, revising.revise(actor_of(request), one, form))


def _then(request: HttpRequest, form: BlendForm, draft: Draft) -> Draft:
    if form.cleaned_data["then"] == "live":
        tell_findings(request, actions.publish_decision(actor=actor_of(request), draft=draft))
    else:
        messages.success(request, _("Kept as a draft. Nothing has changed for members."))
    return draft
