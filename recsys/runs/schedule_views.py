"""The pages where operators keep schedules: which there are, when each runs next, what became of its last run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from curation.people.access import role_required
from recsys.ml.configuration import ConfigError
from recsys.ml.families.registry import FAMILIES
from recsys.models import Run, Schedule
from recsys.runs import actions, schedules
from recsys.runs.cadence import CadenceError
from recsys.runs.schedule_forms import ScheduleForm
from recsys.screens.staff_pages import READERS, actor, page

SHOWN_RUNS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A schedule with its next times and its last run."""

    schedule: Schedule
    upcoming: list[datetime]
    last: Run | None


@role_required(*READERS)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """All schedules."""
    last = {
        run.schedule_id: run
        for run in Run.objects.filter(schedule__isnull=False)
        .order_by("schedule_id", "-period_start")
        .distinct("schedule_id")
    }
    now = schedules.now()
    rows = [_row(each, last.get(each.pk), now) for each in Schedule.objects.all()]
    context = {"title": _("Schedules"), "rows": rows, "families": FAMILIES.values()}
    return page(request, "recsys/runs/schedules.html", context)


def _row(schedule: Schedule, last: Run | None, now: datetime) -> Row:
    try:
        return Row(schedule, schedules.upcoming(schedule, now), last)
    except CadenceError:
        return Row(schedule, [], last)


@role_required("operator")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a family, its times and its settings."""
    family = FAMILIES.get(request.GET.get("family", next(iter(FAMILIES))))
    if family is None:
        raise Http404
    form = ScheduleForm(family, None, request.POST or None)
    if saved := _saved(request, form, Schedule(family=family.name)):
        return redirect("runs:schedule", saved.pk)
    context = {
        "title": _("New schedule"),
        "form": form,
        "family": family,
        "families": FAMILIES.values(),
    }
    return page(request, "recsys/runs/schedule.html", context)


@role_required("operator")
@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """One schedule: its next times, its runs, and the form that changes it."""
    shown = get_object_or_404(Schedule.objects.select_related("changed_by"), pk=schedule_id)
    family = FAMILIES.get(shown.family)
    if family is None:
        raise Http404
    form = ScheduleForm(family, shown, request.POST or None)
    if saved := _saved(request, form, shown):
        return redirect("runs:schedule", saved.pk)
    shown.refresh_from_db()
    runs = shown.runs.select_related("same_as").order_by("-period_start")[:SHOWN_RUNS]
    context = {
        "title": shown.name,
        "form": form,
        "family": family,
        "schedule": shown,
        "row": _row(shown, None, schedules.now()),
        "runs": runs,
    }
    return page(request, "recsys/runs/schedule.html", context)


def _saved(request: HttpRequest, form: ScheduleForm, row: Schedule) -> Schedule | None:
    """Keep what was typed; None where nothing was, or it cannot be: then the form says why."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        saved = actions.save_schedule(schedule=form.fill(row), actor=actor(request))
    except ConfigError as error:
        form.refuse(error)
    except CadenceError as error:
        form.add_error("cron", str(error))
    except actions.NotPossible as refusal:
        form.add_error("name", str(refusal))
    else:
        messages.success(request, _("%(schedule)s is saved.") % {"schedule": saved})
        return saved
    return None
