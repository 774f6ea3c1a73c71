"""What the pages of jobs share that are done while somebody looks on: how far one is, and why it failed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from recsys.models import Job
from recsys.runs import words as run_words


def how_far(work: Job | None, address: str) -> dict[str, Any]:
    """What a page shows of a job, which may not have been asked for yet; the address renews that part."""
    return {
        "work": work,
        "progress_url": address,
        "is_open": work is not None and work.state in Job.OPEN,
        "failure": run_words.failure_of(work) if work and work.failure else None,
    }


def progress(request: HttpRequest, work: Job | None, address: str) -> HttpResponse:
    """The part of a page that renews itself while the job lasts; at its end the page is loaded anew."""
    context = how_far(work, address)
    answer = render(request, "recsys/_progress.html", context)
    if not context["is_open"]:
        answer.headers["HX-Refresh"] = "true"
    return answer
