"""The desk: where curators see what is in force, draft, publish, end and roll back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation import actions, desk, form_views, revising
from curation.access import role_required
from curation.actions import Draft, Publication
from curation.answering import actor_of, attempt, is_held_up, page, tell_errors, tell_published
from curation.differences import clash_in_words
from curation.forms import FORMS, BlendForm, DecisionForm, ReasonForm, RuleForm
from curation.models import Decision, Revision, Surface, User
from curation.problems import Conflict, Problem
from curation.reach import reach_of
from curation.viewpoints import ViewpointForm

_ASKED: Final = frozenset({"look", "rows", "switch"})
"""The buttons that save nothing: count what it touches, add a condition, or show another view of the query."""


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
    context = {"title": here.name, "surface": here, "viewpoint": form}
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
    looked = not _ASKED.isdisjoint(request.POST)
    given = {key: value for key, value in first.items() if value}
    form = FORMS[kind](None if looked else _sent(request), initial=given | request.POST.dict())
    if form.is_bound and form.is_valid():
        draft = attempt(form, lambda: _save(actor_of(request), kind, form))
        if draft:
            return redirect("desk:decision", draft.decision.pk)
    title = _("New %(kind)s") % {"kind": Decision.Kind(kind).label}
    return _written(request, {"title": title, "kind": kind, "form": form})


def _sent(request: HttpRequest) -> QueryDict | None:
    """What was sent; kept as a draft where that was asked for when an expectation had stopped it."""
    if "keep" not in request.POST:
        return request.POST or None
    sent = request.POST.copy()
    sent["change_set"] = sent.get("change_set", "").strip() or _("Kept until it is checked")
    return sent


def _written(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page of a form that is being written, with what it touches where somebody has asked."""
    form, kind = context["form"], context["kind"]
    context["held_up"] = is_held_up(form)
    if request.method == "POST":
        context["reach"] = reach_of(FORMS[kind](request.POST))
    if kind == Decision.Kind.RULE:
        context |= {"about": "items", "tags": form_views.tags_for("items")}
    return page(request, "new", {**form_views.item_context(form), **context})


@role_required("curator")
@require_GET
def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """One decision: its state, its revisions, and what can be done with it."""
    one = get_object_or_404(Decision.objects.select_related("surface", "author"), pk=decision_id)
    context = {"title": str(one), "decision": one, "form": ReasonForm(), **desk.of_decision(one)}
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
    looked = not _ASKED.isdisjoint(request.POST)
    try:
        form = revising.form_on(one, newest, _sent(request))
    except Conflict as problem:
        messages.error(request, str(problem))
        return redirect("desk:decision", one.pk)
    clashes: list[dict[str, Any]] = []
    if looked:
        form = revising.form_on(one, newest, None, request.POST.dict())
    elif request.method == "POST" and form.is_valid():
        try:
            _revise(actor_of(request), one, form)
        except Conflict as problem:
            form, clashes = _beside(request, one, newest, problem)
        except Problem as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("desk:decision", one.pk)
    title = _("Revise %(decision)s") % {"decision": one}
    context = {"title": title, "kind": one.kind, "form": form, "clashes": clashes}
    return _written(request, {**context, "decision": one})


def _revise(actor: User, one: Decision, form: DecisionForm) -> None:
    """Draft, and publish where no change set was named: both or, when either is refused, neither."""
    with transaction.atomic():
        draft = revising.revise(actor, one, form)
        if not form.cleaned_data["change_set"].strip():
            actions.publish_decision(actor=actor, draft=draft)


def _beside(
    request: HttpRequest, one: Decision, newest: Revision, problem: Conflict
) -> tuple[DecisionForm, list[dict[str, Any]]]:
    """The form with what was typed, and where the decision has moved on, what others wrote since."""
    stale = problem.code == "stale_decision"
    form = revising.rebased(one, newest, request.POST)
    form.full_clean()
    form.add_error(None, ValidationError(str(problem), code=problem.code))
    return form, [clash_in_words(row) for row in problem.errors] if stale else []


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
        "surface": here.name,
        "number": number,
    }
    comparison = desk.comparison(here, here.policy_version, number)
    return page(
        request,
        "roll_back",
        {"title": title, "surface": here, "form": form, "number": number, **comparison},
    )


def _save(actor: User, kind: str, form: DecisionForm) -> Draft:
    """Draft, and publish where no change set was named: both or, when either is refused, neither."""
    with transaction.atomic():
        draft = _DRAFTERS[kind](actor, form)
        if not form.cleaned_data["change_set"].strip():
            actions.publish_decision(actor=actor, draft=draft)
    return draft


def _draft_pin(actor: User, form: DecisionForm) -> Draft:
    data = form.cleaned_data
    where = {"surface": data["surface"], "item": data["item"], "slot": data["slot"]}
    return actions.pin_item(actor=actor, terms=form.terms(actor), **where)


def _draft_block(actor: User, form: DecisionForm) -> Draft:
    data = form.cleaned_data
    where = {"surface": data["surface"], "item": data["item"], "safety": data["safety"]}
    return actions.block_item(actor=actor, terms=form.terms(actor), **where)


def _draft_blend(actor: User, form: DecisionForm) -> Draft:
    if not isinstance(form, BlendForm):
        raise TypeError("a blend is written in its own form")
    data = form.cleaned_data
    return actions.set_blend(
        actor=actor,
        surface=data["surface"],
        weights=form.weights(),
        scales=form.scales(),
        beta=data["beta"],
        terms=form.terms(actor),
    )


def _draft_rule(actor: User, form: DecisionForm) -> Draft:
    if not isinstance(form, RuleForm):
        raise TypeError("a rule is written in its own form")
    return actions.add_rule(
        actor=actor,
        surface=form.cleaned_data["surface"],
        effect=form.made_effect(),
        what=form.query(),
        terms=form.terms(actor),
    )


_DRAFTERS: Final[Mapping[str, Callable[[User, DecisionForm], Draft]]] = {
    "pin": _draft_pin,
    "block": _draft_block,
    "blend": _draft_blend,
    "rule": _draft_rule,
}


def _end(actor: User, one: Decision, reason: str) -> Publication:
    with transaction.atomic():
        draft = actions.end_decision(actor=actor, decision=one, reason=reason)
        return actions.publish_decision(actor=actor, draft=draft)


def _roll_back(actor: User, here: Surface, number: int, reason: str) -> Publication:
    return actions.roll_back(actor=actor, surface=here, version=number, reason=reason)
