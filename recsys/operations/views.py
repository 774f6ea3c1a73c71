"""The operators' page of health: a sentence for each part, and the queues, jobs and workers behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from curation.people.access import role_required
from recsys.models import Job
from recsys.operations import standing as operations
from recsys.operations import vitals
from recsys.screens import durations


@role_required("operator")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Queues, the outbox, jobs and workers; its fragment renews itself."""
    context = {"title": _("Health"), **_context(operations.look())}
    if request.headers.get("HX-Request"):
        return render(request, "recsys/operations/_standing.html", context)
    return render(
        request, "recsys/operations/page.html", {**admin.site.each_context(request), **context}
    )


def _context(standing: operations.Standing) -> dict[str, Any]:
    found = vitals.vitals(standing)
    return {
        "standing": standing,
        "vitals": found,
        "worst": vitals.worst(found),
        "queues": [
            {
                "name": name,
                "waiting": standing.queues.get(name),
                "workers": len(standing.alive(name)),
            }
            for name in operations.QUEUES
        ],
        "jobs": [_row(jobs) for jobs in standing.jobs],
        "beats": [
            {"beat": beat, "late": standing.is_late(beat), "ago": _said(standing.at - beat.beat_at)}
            for beat in standing.beats
        ],
    }


def _row(jobs: operations.Jobs) -> dict[str, Any]:
    open_states = (Job.State.QUEUED, Job.State.RUNNING)
    counted = [(state.label, state.value, jobs.by_state.get(state, 0)) for state in Job.State]
    return {
        "kind": jobs.kind,
        "states": [each for each in counted if each[2] or each[1] in open_states],
        "oldest": jobs.oldest and _said(jobs.oldest),
        "late": jobs.oldest is not None and jobs.oldest > operations.LONGEST_WAIT,
        "expired": jobs.expired,
    }


def _said(length: timedelta) -> str:
    return durations.say(length.total_seconds())
