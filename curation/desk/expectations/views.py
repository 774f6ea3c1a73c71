"""The desk's pages of expectations: what slates are to hold, whether they do, and how that is set and changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation import actions
from curation.desk.answering import actor_of, attempt, page
from curation.desk.change_set_forms import PublishForm
from curation.desk.decisions import form_views
from curation.desk.expectations import cards as expectation_cards
from curation.desk.expectations.forms import ExpectationForm, RetireForm, initial_of
from curation.desk.queries.groups import BUTTONS
from curation.models import ChangeSet, Expectation
from curation.outbox import announce
from curation.people.access import role_required, roles_of
from curation.policies import fulfilment
from curation.policies.fulfilment import Target


@role_required("curator")
@require_GET
def expectations(request: HttpRequest) -> HttpResponse:
    """What is expected of slates, and what was found when they were last held against it."""
    context = {"title": _("Expectations"), **held_for(Target())}
    return page(request, "expectations/index", context)


@role_required("curator")
@require_GET
def held(request: HttpRequest) -> HttpResponse:
    """The part of a page that renews itself until it is checked: of a change set, or as things stand."""
    named = request.GET.get("change_set", "")
    home = get_object_or_404(ChangeSet, pk=named) if _is_id(named) else None
    context = held_for(Target(change_set=home))
    if home and context["stops"] and may_override(request):
        context["override"] = PublishForm(may_override=True)["override"]
    return render(request, "curation/desk/expectations/_held.html", context)


@role_required("curator")
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Have checked what was not since it changed."""
    announce(fulfilment.FOLLOW)
    messages.success(request, _("What has changed is being checked."))
    return redirect("desk:expectations")


@role_required("curator")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Say what slates are expected to hold."""
    first = {"surface": request.GET.get("surface", "home")}
    return _written(request, None, first)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, expectation_id: UUID) -> HttpResponse:
    """Change what is expected; where somebody was quicker, say what differs."""
    row = _found(expectation_id)
    return _written(request, row, initial_of(row))


@role_required("curator")
@require_http_methods(["GET", "POST"])
def retire(request: HttpRequest, expectation_id: UUID) -> HttpResponse:
    """Expect it no longer, for a reason."""
    row = _found(expectation_id)
    form = RetireForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = {"expectation": row, "reason": form.cleaned_data["reason"]}
        if attempt(form, lambda: actions.retire_expectation(actor=actor_of(request), **told)):
            messages.success(request, _("Retired. Its history stays readable."))
            return redirect("desk:expectations")
    title = _("Retire “%(name)s”") % {"name": row.name}
    return page(request, "expectations/retire", {"title": title, "expectation": row, "form": form})


def may_override(request: HttpRequest) -> bool:
    """Whether who asks may publish what expectations stop."""
    return "administrator" in roles_of(actor_of(request))


def held_for(target: Target) -> dict[str, Any]:
    """What pages show of the expectations of a target."""
    found = fulfilment.of(target)
    return {
        "cards": expectation_cards.cards(found),
        "summary": expectation_cards.summary(found),
        "checked_at": found.checked_at,
        "waits": any(each.state == "unchecked" for each in found.held),
        "stops": found.stopping,
        "checked_set": target.change_set,
    }


def _written(request: HttpRequest, row: Expectation | None, first: dict[str, Any]) -> HttpResponse:
    grows = not (BUTTONS | {"look"}).isdisjoint(request.POST)
    sent = None if grows else request.POST or None
    form = ExpectationForm(sent, initial=first | (request.POST.dict() if grows else {}))
    written = form.is_bound and form.is_valid()
    saved = attempt(form, lambda: _save(request, row, form)) if written else None
    if saved:
        messages.success(request, _("Saved. It is checked as soon as a worker is free."))
        return redirect("desk:expectations")
    title = _("Change “%(name)s”") % {"name": row.name} if row else _("New expectation")
    context = {"title": title, "form": form, "expectation": row, "about": "items"}
    tags = {"tags": form_views.tags_for("items")}
    return page(request, "expectations/write", {**context, **tags})


def _save(request: HttpRequest, row: Expectation | None, form: ExpectationForm) -> Expectation:
    told: dict[str, Any] = {"actor": actor_of(request), "expected": form.expected()}
    if row is None:
        return actions.add_expectation(**told)
    base = form.cleaned_data["base"] or 0
    return actions.change_expectation(expectation=row, base=base, **told)


def _found(expectation_id: UUID) -> Expectation:
    rows = Expectation.objects.select_related("surface", "member", "segment", "anchor")
    return get_object_or_404(rows, pk=expectation_id, retired_at=None)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
