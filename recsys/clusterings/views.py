"""The pages of learned segments: clusters are shown, and become segments when a curator keeps them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.models import Segment
from curation.people.access import role_required
from curation.problems import Problem
from recsys.clusterings import actions as clustering_actions
from recsys.clusterings.actions import MOST, NotPossible
from recsys.models import Clustering
from recsys.profiles.traits import names_of
from recsys.runs import job_pages
from recsys.screens.staff_pages import PAGE, actor, page


class AskForm(forms.Form):
    """What a clustering is asked for with."""

    most = forms.IntegerField(
        label=gettext_lazy("At most so many segments"),
        initial=8,
        min_value=MOST.start,
        max_value=MOST.stop - 1,
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        initial=1,
        min_value=0,
        max_value=2**31 - 1,
        help_text=gettext_lazy("The same members and seed give the same segments."),
    )


class KeepForm(forms.Form):
    """Under which name a cluster is kept."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    slug = forms.SlugField(
        label=gettext_lazy("Slug"),
        max_length=50,
        help_text=gettext_lazy("How the API names it; it stays. Letters, digits and hyphens."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=1000, required=False)


@role_required("curator")
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """The clusterings, newest first, and the form that asks for one."""
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = clustering_actions.request_clustering(actor=actor(request), **form.cleaned_data)
        return redirect("clusterings:detail", asked.pk)
    rows = Clustering.objects.select_related("requested_by", "version").order_by("-id")[:PAGE]
    context = {"title": _("Learned segments"), "clusterings": rows, "form": form}
    return page(request, "recsys/clusterings/list.html", context)


@role_required("curator")
@require_GET
def detail(request: HttpRequest, clustering_id: UUID) -> HttpResponse:
    """One clustering: its progress while it lasts, then its clusters."""
    return page(request, "recsys/clusterings/detail.html", _context(clustering_id))


@role_required("curator")
@require_GET
def progress(request: HttpRequest, clustering_id: UUID) -> HttpResponse:
    """The part of the page that renews itself while the work lasts."""
    return job_pages.progress(request, _clustering(clustering_id), _progress_of(clustering_id))


@role_required("curator")
@require_POST
def cancel(request: HttpRequest, clustering_id: UUID) -> HttpResponse:
    """Cancel a clustering."""
    get_object_or_404(Clustering, pk=clustering_id)
    try:
        clustering_actions.cancel_clustering(clustering_id=clustering_id, actor=actor(request))
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    return redirect("clusterings:detail", clustering_id)


@role_required("curator")
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, clustering_id: UUID, cluster: int) -> HttpResponse:
    """Name a cluster and make a segment of it."""
    context = _context(clustering_id)
    shown = next((each for each in context["clusters"] if each["at"] == cluster), None)
    if shown is None:
        raise Http404
    first = {"name": shown["name"], "slug": slugify(shown["name"])[:50]}
    form = KeepForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            kept = clustering_actions.keep_cluster(
                clustering_id=clustering_id,
                cluster=cluster,
                actor=actor(request),
                **form.cleaned_data,
            )
        except (NotPossible, Problem) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Kept. Its members are being put in."))
            return redirect("desk:segment", kept.slug)
    return page(request, "recsys/clusterings/keep.html", {**context, "shown": shown, "form": form})


def _context(clustering_id: UUID) -> dict[str, Any]:
    clustering = _clustering(clustering_id)
    told = clustering.report.get("clusters", [])
    names = names_of([each["traits"] for each in told])
    kept = _kept(clustering)
    scores = clustering.report.get("silhouettes", {})
    return job_pages.how_far(clustering, _progress_of(clustering_id)) | {
        "title": _("Segments learned %(when)s") % {"when": clustering},
        "clustering": clustering,
        "clusters": [
            {"at": at, "name": name, "size": each["size"], "segments": kept.get(at, [])}
            for at, (name, each) in enumerate(zip(names, told, strict=True))
        ],
        "silhouettes": sorted((int(k), score) for k, score in scores.items()),
    }


def _clustering(clustering_id: UUID) -> Clustering:
    rows = Clustering.objects.select_related("requested_by", "version")
    return get_object_or_404(rows, pk=clustering_id)


def _progress_of(clustering_id: UUID) -> str:
    return reverse("clusterings:progress", args=[clustering_id])


def _kept(clustering: Clustering) -> dict[int, list[Segment]]:
    """The segments that were made of each cluster."""
    found: dict[int, list[Segment]] = {}
    for segment in Segment.objects.filter(learned__clustering=str(clustering.pk)):
        found.setdefault((segment.learned or {})["cluster"], []).append(segment)
    return found
