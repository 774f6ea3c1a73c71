"""The pages where operators compare versions, promote them and roll back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from curation.access import role_required
from recsys import actions, promotion, scorecards, version_cards
from recsys.forms import ReasonForm, WorseForm
from recsys.models import LiveModel, ModelVersion
from recsys.staff_pages import PAGE, READERS, actor, page

BESIDE = ("run", "run__requested_by", "run__schedule", "run__parent")


@role_required(*READERS)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """The versions of each family, which of them is live, and where a roll back would go."""
    versions = ModelVersion.objects.select_related("run").order_by("family", "-number")
    live = _live()
    before = promotion.versions_before(live.values())
    rows = [{"version": each, "live": _is_live(each, live)} for each in versions[: 4 * PAGE]]
    context = {
        "title": _("Model versions"),
        "rows": rows,
        "live": [(each, before.get(each.family)) for each in live.values()],
    }
    return page(request, "recsys/runs/models.html", context)


def _is_live(version: ModelVersion, live: dict[str, LiveModel]) -> bool:
    return version.family in live and live[version.family].version_id == version.id


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
        "is_live": LiveModel.objects.filter(version=shown).exists(),
    }
    return page(request, "recsys/runs/version.html", context)


@role_required("operator")
@require_http_methods(["GET", "HEAD", "POST"])
def promote(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Say what a promotion touches and how the version compares, take the reason, do it."""
    version = get_object_or_404(ModelVersion.objects.select_related("run"), id=version_id)
    worse = version_cards.is_worse_than_live(version)
    form = (WorseForm if worse else ReasonForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            actions.promote(
                version_id=version.id,
                actor=actor(request),
                reason=told["reason"],
                despite=told.get("despite", False),
            )
        except actions.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(version)s is live.") % {"version": version})
            return redirect("runs:models")
    return _confirm(request, form, version, rolls_back=False)


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
        reason = form.cleaned_data["reason"]
        try:
            actions.roll_back(family=family, actor=actor(request), reason=reason)
        except actions.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(version)s is live again.") % {"version": target})
            return redirect("runs:models")
    return _confirm(request, form, target, rolls_back=True)


def _confirm(
    request: HttpRequest, form: ReasonForm, version: ModelVersion, *, rolls_back: bool
) -> HttpResponse:
    live = LiveModel.objects.select_related("version").filter(family=version.family).first()
    context = {
        "title": _("Roll back") if rolls_back else _("Promote"),
        "form": form,
        "version": version,
        "live": live,
        "rolls_back": rolls_back,
        "card": version_cards.card_of(version),
        "scorecards": scorecards.scorecards(version.report),
    }
    return page(request, "recsys/runs/confirm.html", context)


def _live() -> dict[str, LiveModel]:
    rows: QuerySet[LiveModel] = LiveModel.objects.select_related("version", "promoted_by")
    return {each.family: each for each in rows.order_by("family")}
