"""The pages where operators compare versions, promote them and roll back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from curation.desk.expectations import cards as expectation_cards
from curation.people.access import role_required, roles_of
from curation.policies.fulfilment import Fulfilment
from recsys.models import LiveModel, ModelVersion
from recsys.runs import actions, model_families, promotion, scorecards, version_cards
from recsys.runs import charts as run_charts
from recsys.runs.forms import PromoteForm, ReasonForm
from recsys.screens.plots import Chart
from recsys.screens.staff_pages import READERS, actor, page

BESIDE = ("run", "run__requested_by", "run__schedule", "run__parent")


@role_required(*READERS)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """Family by family: what serves since when, its versions against it, and where a roll back would go."""
    context = {"title": _("Model versions"), "families": model_families.all_families()}
    return page(request, "recsys/runs/models.html", context)


@role_required(*READERS)
@require_GET
def version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The scorecard of a version beside the one that was live when it was trained."""
    shown = get_object_or_404(ModelVersion.objects.select_related(*BESIDE), id=version_id)
    card = version_cards.card_of(shown)
    context = {
        "title": str(shown),
        "version": shown,
        "card": card,
        "scorecards": card.parts,
        "gains": _gains(card.parts),
        "is_live": LiveModel.objects.filter(version=shown).exists(),
    }
    return page(request, "recsys/runs/version.html", context)


@role_required("operator")
@require_http_methods(["GET", "HEAD", "POST"])
def promote(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Say what a promotion touches and how the version compares, take the reason, do it."""
    version = get_object_or_404(ModelVersion.objects.select_related("run"), id=version_id)
    if request.method != "POST" and LiveModel.objects.filter(version=version).exists():
        messages.info(request, _("%(version)s is live.") % {"version": version})
        return redirect("runs:version", version.id)
    expected = promotion.expected_of(version)
    form = PromoteForm(
        request.POST or None,
        worse=version_cards.is_worse_than_live(version),
        may_override=bool(expected.stopping) and "administrator" in roles_of(request.user),
    )
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            actions.promote(version_id=version.id, actor=actor(request), **told)
        except actions.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(version)s is live.") % {"version": version})
            return redirect("runs:models")
    return _confirm(request, form, version, _told(expected))


@role_required("operator")
@require_http_methods(["GET", "HEAD", "POST"])
def roll_back(request: HttpRequest, family: str) -> HttpResponse:
    """Say where a roll back goes, take the reason, do it."""
    live = get_object_or_404(LiveModel.objects.select_related("version"), family=family)
    target = promotion.versions_before([live]).get(family)
    if target is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason, replaced = form.cleaned_data["reason"], live.version
        try:
            actions.roll_back(family=family, actor=actor(request), reason=reason)
        except actions.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            told = _("%(version)s is live again. %(other)s is kept: promote it to take this back.")
            messages.success(request, told % {"version": target, "other": replaced})
            return redirect("runs:models")
    return _confirm(request, form, target, {"rolls_back": True})


def _confirm(
    request: HttpRequest, form: ReasonForm, version: ModelVersion, more: dict[str, Any]
) -> HttpResponse:
    rolls_back = more.get("rolls_back", False)
    live = LiveModel.objects.select_related("version").filter(family=version.family).first()
    context = {
        "title": _("Roll back") if rolls_back else _("Promote"),
        "form": form,
        "version": version,
        "live": live,
        "rolls_back": rolls_back,
        "card": version_cards.card_of(version),
        "scorecards": scorecards.scorecards(version.report),
        "touched": model_families.touched(),
        **more,
    }
    context["gains"] = _gains(scorecards.scorecards(version.report))
    return page(request, "recsys/runs/confirm.html", context)


def _told(found: Fulfilment) -> dict[str, Any]:
    """What is expected of slates, and whether they would hold it."""
    return {
        "cards": expectation_cards.cards(found),
        "summary": expectation_cards.summary(found),
        "waits": any(each.state == "unchecked" for each in found.held),
    }


def _gains(parts: list[scorecards.Scorecard]) -> Chart | None:
    return next(filter(None, map(run_charts.gains, parts[:1])), None)
