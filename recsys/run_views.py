"""The pages where operators launch and watch runs, compare versions, promote them and roll back."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.access import role_required
from curation.models import User
from recsys import actions, promotion, scorecards, version_cards
from recsys.forms import LaunchForm, ReasonForm, WorseForm
from recsys.ml.configuration import ConfigError
from recsys.ml.registry import FAMILIES
from recsys.models import Job, LiveModel, ModelVersion, Run

READERS: Final = ("operator", "curator", "analyst")
PAGE: Final = 50
OPEN: Final = (Job.State.QUEUED, Job.State.RUNNING)


@role_required(*READERS)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The runs, newest first; `before` goes on from a run."""
    shown = _runs(request)
    context = {
        "title": _("Runs"),
        "runs": shown[:PAGE],
        "older": shown[PAGE - 1].id if len(shown) > PAGE else None,
        "live": _live(),
        "families": FAMILIES.values(),
        "watching": any(run.state in OPEN for run in shown[:PAGE]),
    }
    if request.headers.get("HX-Request"):
        return render(request, "recsys/runs/_list.html", context)
    return _page(request, "recsys/runs/list.html", context)


def _runs(request: HttpRequest) -> list[Run]:
    runs = Run.objects.select_related("progress", "version", "requested_by").order_by("-id")
    if before := request.GET.get("before"):
        try:
            runs = runs.filter(id__lt=UUID(before))
        except ValueError:
            raise Http404 from None
    return list(runs[: PAGE + 1])


@role_required("operator")
@require_http_methods(["GET", "HEAD", "POST"])
def launch(request: HttpRequest) -> HttpResponse:
    """Choose a family and its settings, and ask for a run."""
    family = FAMILIES.get(request.GET.get("family", next(iter(FAMILIES))))
    if family is None:
        raise Http404
    form = LaunchForm(family, request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and (run := _request(request, family.name, form))
    ):
        return redirect("runs:detail", run.id)
    context = {
        "title": _("Launch a run"),
        "form": form,
        "family": family,
        "families": FAMILIES.values(),
    }
    return _page(request, "recsys/runs/launch.html", context)


def _request(request: HttpRequest, family: str, form: LaunchForm) -> Run | None:
    try:
        return actions.request_run(
            family=family,
            parameters=form.parameters(),
            options=form.options(),
            actor=_actor(request),
            note=form.cleaned_data["note"],
        )
    except ConfigError as error:
        form.refuse(error)
        return None


@role_required(*READERS)
@require_GET
def detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run: its progress while it lasts, then its evaluation."""
    return _page(request, "recsys/runs/detail.html", _run_context(run_id))


@role_required(*READERS)
@require_GET
def progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The part of a run's page that renews itself; without a trigger once the run is over."""
    return render(request, "recsys/runs/_run.html", _run_context(run_id))


def _run_context(run_id: UUID) -> dict[str, Any]:
    people = ("requested_by", "cancelled_by")
    run = get_object_or_404(Run.objects.select_related("progress", "version", *people), id=run_id)
    version = getattr(run, "version", None)
    live = LiveModel.objects.select_related("version").filter(family=run.family).first()
    told = getattr(run, "progress", None)
    return {
        "title": str(run),
        "run": run,
        "progress": told,
        "version": version,
        "live": live,
        "is_live": bool(live and live.version == version),
        "is_open": run.state in OPEN,
        "scorecards": scorecards.scorecards(run.report),
        "curve": scorecards.loss_curve(told.curve if told else []),
    }


@role_required("operator")
@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Cancel a run."""
    get_object_or_404(Run, id=run_id)
    try:
        actions.cancel_run(run_id=run_id, actor=_actor(request))
    except actions.NotPossible as refusal:
        messages.error(request, str(refusal))
    return redirect("runs:detail", run_id)


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
    return _page(request, "recsys/runs/models.html", context)


def _is_live(version: ModelVersion, live: dict[str, LiveModel]) -> bool:
    return version.family in live and live[version.family].version_id == version.id


@role_required(*READERS)
@require_GET
def version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The scorecard of a version beside the one that was live when it was trained."""
    shown = get_object_or_404(ModelVersion.objects.select_related("run"), id=version_id)
    card = version_cards.card_of(shown)
    context = {
        "title": str(shown),
        "version": shown,
        "card": card,
        "scorecards": card.parts,
        "is_live": LiveModel.objects.filter(version=shown).exists(),
    }
    return _page(request, "recsys/runs/version.html", context)


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
                actor=_actor(request),
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
            actions.roll_back(family=family, actor=_actor(request), reason=reason)
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
    return _page(request, "recsys/runs/confirm.html", context)


def _live() -> dict[str, LiveModel]:
    rows: QuerySet[LiveModel] = LiveModel.objects.select_related("version", "promoted_by")
    return {each.family: each for each in rows.order_by("family")}


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the role was checked
    return request.user
