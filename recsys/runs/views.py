"""The pages where operators watch runs, order the queue, and ask for a run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation.people.access import role_required
from recsys.live.artifacts import fit_log_path
from recsys.ml.configuration import ConfigError
from recsys.models import Job, LiveModel, Run
from recsys.runs import actions, queueing, scorecards
from recsys.runs import cards as run_cards
from recsys.runs import charts as run_charts
from recsys.runs import pace as run_pace
from recsys.runs import steps as run_steps
from recsys.runs.comparisons import MOST
from recsys.runs.forms import RunFilterForm
from recsys.screens.staff_pages import PAGE, READERS, actor, page

SHOWN_LINES: Final = 8
MOST_WRITTEN: Final = 1_000_000
BESIDE: Final = (
    "progress",
    "version",
    "requested_by",
    "cancelled_by",
    "schedule",
    "parent",
    "same_as",
)


@role_required(*READERS)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The runs that the filter leaves, newest first; `before` goes on from a run."""
    form = RunFilterForm(request.GET)
    shown = _runs(request, form.conditions())
    runs = shown[:PAGE]
    context = {
        "title": _("Runs"),
        "form": form,
        "cards": run_cards.cards(runs),
        "older": shown[PAGE - 1].id if len(shown) > PAGE else None,
        "is_first": "before" not in request.GET,
        "is_filtered": bool(form.conditions()),
        "watching": any(run.state in Job.OPEN for run in runs),
        "most": MOST,
    }
    if request.headers.get("HX-Request"):
        return render(request, "recsys/runs/_list.html", context)
    return page(request, "recsys/runs/list.html", context)


def _runs(request: HttpRequest, conditions: dict[str, Any]) -> list[Run]:
    beside = ("progress", "version", "requested_by", "schedule")
    runs = Run.objects.filter(**conditions).select_related(*beside).order_by("-id")
    if before := request.GET.get("before"):
        try:
            runs = runs.filter(id__lt=UUID(before))
        except ValueError:
            raise Http404 from None
    return list(runs[: PAGE + 1])


@role_required(*READERS)
@require_GET
def detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run: its stages and its progress while it lasts, then its evaluation; `log=all` shows every line."""
    run = _run(run_id)
    version = getattr(run, "version", None)
    live = LiveModel.objects.select_related("version").filter(family=run.family).first()
    context = _standing(run, everything=request.GET.get("log") == "all") | {
        "title": str(run),
        "version": version,
        "live": live,
        "is_live": bool(live and live.version == version),
        "scorecards": scorecards.scorecards(run.report),
    }
    context["gains"] = next(filter(None, map(run_charts.gains, context["scorecards"][:1])), None)
    return page(request, "recsys/runs/detail.html", context)


@role_required(*READERS)
@require_GET
def progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The part of a run's page that renews itself; the whole page is loaded anew where the state is another.

    `state` and `said` are what the page shows and what a screen reader was told last.
    """
    run = _run(run_id)
    context = _standing(run)
    context["is_news"] = request.GET.get("said", context["spoken"]) != context["spoken"]
    answer = render(request, "recsys/runs/_run.html", context)
    if request.GET.get("state", run.state) != run.state:
        answer.headers["HX-Refresh"] = "true"
    return answer


@role_required("operator")
@require_GET
def log(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The whole log as a file: the lines of the page, then what the program wrote, where it lies here."""
    run = _run(run_id)
    (card,) = run_cards.cards([run])
    lines = [f"{line.at:%Y-%m-%dT%H:%M:%SZ} {line.text}" for line in card.lines]
    written = fit_log_path(run)
    if written.exists():
        lines += ["", written.read_text(errors="replace")[-MOST_WRITTEN:]]
    answer = HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{run.family}-{run.id}.log"'
    return answer


def _run(run_id: UUID) -> Run:
    return get_object_or_404(Run.objects.select_related(*BESIDE), id=run_id)


def _standing(run: Run, *, everything: bool = False) -> dict[str, Any]:
    """Where a run stands, for the part of its page that renews itself."""
    (card,) = run_cards.cards([run])
    told = getattr(run, "progress", None)
    begun = told if run.state == Job.State.RUNNING else None
    before = run_pace.usual(run.family, run.parameters) if run.state in Job.OPEN else None
    return {
        "run": run,
        "card": card,
        "progress": told,
        "is_open": run.state in Job.OPEN,
        "steps": run_steps.steps_of(run, told),
        "spoken": run_steps.spoken(run, told),
        "usual": before,
        "left": run_pace.left(run, begun, before, timezone.now()) if begun else "",
        "curves": run_charts.curves(told.curve if told else []),
        "lines": card.lines if everything else card.lines[-SHOWN_LINES:],
        "more_lines": 0 if everything else max(0, len(card.lines) - SHOWN_LINES),
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
