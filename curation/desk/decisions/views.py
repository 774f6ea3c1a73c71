"""The desk: where curators see what is in force, draft, publish, end and roll back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation import actions
from curation.actions import Publication
from curation.decisions.differences import clashes_in_words
from curation.desk import shown as desk
from curation.desk.answering import actor_of, attempt, page, tell_errors, tell_published
from curation.desk.change_set_forms import ReasonForm
from curation.desk.decisions import form_views, revising, saving
from curation.desk.decisions.forms import FORMS, DecisionForm
from curation.desk.viewpoints import ViewpointForm
from curation.models import Decision, Revision, Surface, User
from curation.people.access import role_required
from curation.problems import Conflict, Problem


@role_required("curator")
@require_GET
def surfaces(request: HttpRequest) -> HttpResponse:
    """All surfaces: what is in force on each, and the drafts that wait."""
    return page(request, "index", {"title": _("Decisions"), "surfaces": desk.overview()})


@role_required("curator")
@require_GET
def surface(request: HttpRequest, slug: str) -> HttpResponse:
    """One surface: its decisions, blocks, drafts and versions; beside them its slate now and as drafted."""
    here = get_object_or_404(Surface, slug=slug)
    form = ViewpointForm(request.GET or None, surface=here)
    context = {"title": str(here), "surface": here, "viewpoint": form}
    return page(request, "surface", {**context, **desk.of_surface(here)})


@role_required("curator")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Write a decision of one kind: live when saved, or kept in a draft."""
    if kind not in FORMS:
        raise Http404
    if kind == Decision.Kind.BLEND and request.method == "GET":
        return redirect(f"{reverse('desk:new-blend')}?{request.GET.urlencode()}")
    first = {name: request.GET.get(name) for name in ("surface", "item", "change_set")}
    looked = form_views.saves_nothing(request)
    given = {key: value for key, value in first.items() if value}
    form = FORMS[kind](
        None if looked else form_views.sent(request), initial=given | request.POST.dict()
    )
    if form.is_bound and form.is_valid():
        draft = attempt(form, lambda: saving.save(actor_of(request), kind, form))
        if draft:
            return redirect("desk:decision", draft.decision.pk)
    title = _("New %(kind)s") % {"kind": Decision.Kind(kind).label}
    return form_views.written(request, {"title": title, "kind": kind, "form": form})


@role_required("curator")
@require_GET
def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """One decision: its state, its revisions, and what can be done with it."""
    one = get_object_or_404(Decision.objects.select_related("surface", "author"), pk=decision_id)
    told = desk.of_decision(one)
    context = {"title": told["lines"][0].title, "decision": one, "form": ReasonForm(), **told}
    return page(request, "decision", context)


@role_required("curator")
@require_POST
def end(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Take a decision out of force, now."""
    one = get_object_or_404(Decision, pk=decision_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        attempt(form, lambda: _end(actor_of(request), one, form.cleaned_data["reason"]))
    tell_errors(request, form)
    return redirect("desk:decision", one.pk)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def revise(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Write a decision anew; where somebody was quicker, show what they wrote beside what was typed."""
    one = get_object_or_404(Decision.objects.select_related("surface"), pk=decision_id)
    if one.kind == Decision.Kind.BLEND and request.method == "GET":
        return redirect("desk:revise-blend", one.pk)
    newest = desk.newest_of(one)
    looked = form_views.saves_nothing(request)
    try:
        form = revising.form_on(one, newest, form_views.sent(request))
    except Conflict as problem:
        messages.error(request, str(problem))
        return redirect("desk:decision", one.pk)
    clashes: list[dict[str, Any]] = []
    if looked:
        form = revising.form_on(one, newest, None, request.POST.dict())
    elif request.method == "POST" and form.is_valid():
        try:
            saving.save_revision(actor_of(request), one, form)
        except Conflict as problem:
            form, clashes = _beside(request, one, newest, problem)
        except Problem as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("desk:decision", one.pk)
    title = _("Revise: %(decision)s") % {"decision": desk.lines([newest])[0].title}
    context = {"title": title, "kind": one.kind, "form": form, "clashes": clashes}
    return form_views.written(request, {**context, "decision": one})


def _beside(
    request: HttpRequest, one: Decision, newest: Revision, problem: Conflict
) -> tuple[DecisionForm, list[dict[str, Any]]]:
    """The form with what was typed, and where the decision has moved on, what others wrote since."""
    stale = problem.code == "stale_decision"
    form = revising.rebased(one, newest, request.POST)
    form.full_clean()
    if stale:
        return form, clashes_in_words(problem.errors)
    form.add_error(None, ValidationError(str(problem), code=problem.code))
    return form, []


@role_required("curator")
@require_http_methods(["GET", "POST"])
def roll_back(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Publish an older version's decisions as a new version, after a look at what changes."""
    here = get_object_or_404(Surface, slug=slug)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, lambda: _roll_back(actor_of(request), here, number, form.cleaned_data["reason"])
        )
        if done:
            tell_published(request, done)
            return redirect("desk:surface", here.slug)
    title = _("Roll %(surface)s back to version %(number)d") % {
        "surface": str(here),
        "number": number,
    }
    comparison = desk.comparison(here, here.policy_version, number)
    return page(
        request,
        "roll_back",
        {"title": title, "surface": here, "form": form, "number": number, **comparison},
    )


def _end(actor: User, one: Decision, reason: str) -> Publication:
    with transaction.atomic():
        draft = actions.end_decision(actor=actor, decision=one, reason=reason)
        return actions.publish_decision(actor=actor, draft=draft)


def _roll_back(actor: User, here: Surface, number: int, reason: str) -> Publication:
    return actions.roll_back(actor=actor, surface=here, version=number, reason=reason)
