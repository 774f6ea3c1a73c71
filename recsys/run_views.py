"""The pages where operators launch and watch runs, order the queue, and ask for a run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.access import role_required
from recsys import actions, queueing, readiness, run_cards, scorecards
from recsys.forms import LaunchForm
from recsys.ml.configuration import ConfigError
from recsys.ml.registry import FAMILIES, Family
from recsys.models import Job, LiveModel, Run
from recsys.staff_pages import PAGE, READERS, actor, page

OPEN = (Job.State.QUEUED, Job.State.RUNNING)


@role_required(*READERS)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The runs, newest first; `before` goes on from a run."""
    shown = _runs(request)
    runs = shown[:PAGE]
    context = {
        "title": _("Runs"),
        "cards": run_cards.cards(runs),
        "older": shown[PAGE - 1].id if len(shown) > PAGE else None,
        "watching": any(run.state in OPEN for run in runs),
    }
    if request.headers.get("HX-Request"):
        return render(request, "recsys/runs/_list.html", context)
    return page(request, "recsys/runs/list.html", context)


def _runs(request: HttpRequest) -> list[Run]:
    beside = ("progress", "version", "requested_by", "schedule")
    runs = Run.objects.select_related(*beside).order_by("-id")
    if before := request.GET.get("before"):
        try:
            runs = runs.filter(id__lt=UUID(before))
        except ValueError:
            raise Http404 from None
    return list(runs[: PAGE + 1])


@role_required("operator")
@require_http_methods(["GET", "HEAD", "POST"])
def launch(request: HttpRequest) -> HttpResponse:
    """Choose a family and its settings, see whether all is ready, and ask for a run."""
    family = FAMILIES.get(request.GET.get("family", next(iter(FAMILIES))))
    if family is None:
        raise Http404
    form = LaunchForm(family, request.POST or None)
    if request.method == "POST" and form.is_valid() and (run := _request(request, family, form)):
        return redirect("runs:detail", run.id)
    context = {
        "title": _("Launch a run"),
        "form": form,
        "family": family,
        "families": FAMILIES.values(),
        "checks": run_cards.checks(readiness.checks(family.name)),
    }
    return page(request, "recsys/runs/launch.html", context)


def _request(request: HttpRequest, family: Family, form: LaunchForm) -> Run | None:
    try:
        return actions.request_run(
            family=family.name,
            parameters=form.parameters(),
            options=form.options(),
            actor=actor(request),
            note=form.cleaned_data["note"],
            skip_unchanged=form.cleaned_data["skip_unchanged"],
        )
    except ConfigError as error:
        form.refuse(error)
        return None


@role_required(*READERS)
@require_GET
def detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run: its progress while it lasts, then its evaluation."""
    return page(request, "recsys/runs/detail.html", _run_context(run_id))


@role_required(*READERS)
@require_GET
def progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The part of a run's page that renews itself; without a trigger once the run is over."""
    return render(request, "recsys/runs/_run.html", _run_context(run_id))


def _run_context(run_id: UUID) -> dict[str, Any]:
    beside = (
        "progress",
        "version",
        "requested_by",
        "cancelled_by",
        "schedule",
        "parent",
        "same_as",
    )
    run = get_object_or_404(Run.objects.select_related(*beside), id=run_id)
    version = getattr(run, "version", None)
    live = LiveModel.objects.select_related("version").filter(family=run.family).first()
    told = getattr(run, "progress", None)
    return {
        "title": str(run),
        "run": run,
        "card": run_cards.cards([run])[0],
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
    return _acted(request, run_id, lambda: actions.cancel_run(run_id=run_id, actor=actor(request)))


@role_required("operator")
@require_POST
def move(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Put a queued run before or behind all others: `to` is front or end."""
    places = {"front": queueing.to_the_front, "end": queueing.to_the_end}
    place = places.get(request.POST.get("to", ""))
    if place is None:
        return HttpResponseBadRequest()
    return _acted(
        request,
        run_id,
        lambda: actions.reorder_run(run_id=run_id, actor=actor(request), priority=place),
    )


@role_required("operator")
@require_POST
def reproduce(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask for the same run again, and go to the new one."""
    get_object_or_404(Run, id=run_id)
    try:
        again = actions.reproduce(run_id=run_id, actor=actor(request))
    except ConfigError as error:
        messages.error(request, str(error))
        return redirect("runs:detail", run_id)
    return redirect("runs:detail", again.id)


def _acted(request: HttpRequest, run_id: UUID, act: Callable[[], Run]) -> HttpResponse:
    """Do it, and go back to the page of the run with what stood against it."""
    get_object_or_404(Run, id=run_id)
    try:
        act()
    except actions.NotPossible as refusal:
        messages.error(request, str(refusal))
    return redirect("runs:detail", run_id)
