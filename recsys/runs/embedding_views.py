"""The page where operators see how far the catalogue is embedded, and have the rest done."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation.people.access import role_required
from recsys.embeddings import standing as embeddings
from recsys.jobs import leases
from recsys.models import EmbeddingJob
from recsys.runs import words as run_words
from recsys.screens.staff_pages import READERS, actor, page

SHOWN: Final = 20


@role_required(*READERS)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What has a vector, and the latest jobs; the part that changes is renewed while one is open."""
    jobs = list(EmbeddingJob.objects.select_related("requested_by")[:SHOWN])
    context = {
        "title": _("Embeddings"),
        "coverage": embeddings.coverage(),
        "jobs": [(job, run_words.failure_of(job)) for job in jobs],
        "is_open": any(job.is_open for job in jobs),
    }
    if request.headers.get("HX-Request"):
        return render(request, "recsys/embeddings/_work.html", context)
    return page(request, "recsys/embeddings/overview.html", context)


@role_required("operator")
@require_POST
def embed(request: HttpRequest) -> HttpResponse:
    """Have what is new or has changed embedded."""
    embeddings.request(actor(request))
    return redirect("runs:embeddings")


@role_required("operator")
@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Stop a job; what is embedded stays."""
    leases.cancel(EmbeddingJob, get_object_or_404(EmbeddingJob, pk=job_id).pk)
    return redirect("runs:embeddings")
