"""The desk: where curators see what is in force, draft, publish, end and roll back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation import actions, desk
from curation.access import role_required
from curation.actions import Draft, Publication
from curation.forms import FORMS, BlendForm, DecisionForm, ReasonForm, RuleForm
from curation.models import ChangeSet, Decision, Surface, User
from curation.problems import Problem

Done = TypeVar("Done")


@role_required("curator")
@require_GET
def surfaces(request: HttpRequest) -> HttpResponse:
    """All surfaces: what is in force on each, and the drafts that wait."""
    return _page(request, "index", {"title": _("Decisions"), "surfaces": desk.overview()})


@role_required("curator")
@require_GET
def surface(request: HttpRequest, slug: str) -> HttpResponse:
    """One surface: its decisions, its blocks, its drafts and its versions."""
    here = get_object_or_404(Surface, slug=slug)
    return _page(request, "surface", {"title": here.name, "surface": here, **desk.of_surface(here)})


@role_required("curator")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Write a decision of one kind: live when saved, or kept in a draft."""
    if kind not in FORMS:
        raise Http404
    first = {"surface": request.GET.get("surface"), "item": request.GET.get("item")}
    form = FORMS[kind](
        request.POST or None, initial={key: value for key, value in first.items() if value}
    )
    if request.method == "POST" and form.is_valid():
        draft = _try(form, lambda: _save(_actor(request), kind, form))
        if draft:
            return redirect("desk:decision", draft.decision.pk)
    title = _("New %(kind)s") % {"kind": Decision.Kind(kind).label}
    return _page(request, "new", {"title": title, "kind": kind, "form": form})


@role_required("curator")
@require_GET
def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """One decision: its state, its revisions, and what can be done with it."""
    one = get_object_or_404(Decision.objects.select_related("surface", "author"), pk=decision_id)
    context = {"title": str(one), "decision": one, "form": ReasonForm(), **desk.of_decision(one)}
    return _page(request, "decision", context)


@role_required("curator")
@require_POST
def end(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Take a decision out of force, now."""
    one = get_object_or_404(Decision, pk=decision_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        _try(form, lambda: _end(_actor(request), one, form.cleaned_data["reason"]))
    _tell_errors(request, form)
    return redirect("desk:decision", one.pk)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, change_set_id: UUID) -> HttpResponse:
    """Publish a change set, after a look at what it holds."""
    home = get_object_or_404(ChangeSet, pk=change_set_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        done = _try(
            form, lambda: actions.publish(actor=_actor(request), change_set=home, reason=reason)
        )
        if done:
            _tell_published(request, done)
            return redirect("desk:index")
    drafts = desk.drafts(home)
    return _page(
        request, "publish", {"title": home.name, "home": home, "drafts": drafts, "form": form}
    )


@role_required("curator")
@require_POST
def discard(request: HttpRequest, change_set_id: UUID) -> HttpResponse:
    """Throw a change set's drafts away; they stay readable."""
    home = get_object_or_404(ChangeSet, pk=change_set_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if _try(
            form, lambda: actions.discard(actor=_actor(request), change_set=home, reason=reason)
        ):
            messages.success(request, _("Discarded. The drafts stay readable."))
            return redirect("desk:index")
    _tell_errors(request, form)
    return redirect("desk:publish", home.pk)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def roll_back(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Publish an older version's decisions as a new version, after a look at what changes."""
    here = get_object_or_404(Surface, slug=slug)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = _try(
            form, lambda: _roll_back(_actor(request), here, number, form.cleaned_data["reason"])
        )
        if done:
            _tell_published(request, done)
            return redirect("desk:surface", here.slug)
    title = _("Roll %(surface)s back to version %(number)d") % {
        "surface": here.name,
        "number": number,
    }
    difference = desk.difference(here, number)
    return _page(
        request, "roll_back", {"title": title, "surface": here, "form": form, **difference}
    )


def _page(request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    shell = admin.site.each_context(request)
    return render(request, f"curation/desk/{name}.html", {**shell, **context})


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the role check lets nobody through who is not signed in")
    return request.user


def _try(form: forms.Form, act: Callable[[], Done]) -> Done | None:
    """What an action answers; a refusal becomes an error of the form."""
    try:
        return act()
    except Problem as problem:
        form.add_error(None, str(problem))
        return None


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


def _tell_published(request: HttpRequest, done: Publication) -> None:
    versions = ", ".join(f"{slug} {number}" for slug, number in done.versions.items())
    messages.success(request, _("Published. Versions now: %(versions)s.") % {"versions": versions})
    for finding in done.findings:
        messages.warning(request, finding.text)


def _tell_errors(request: HttpRequest, form: ReasonForm) -> None:
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
