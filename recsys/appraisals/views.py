"""The page where curators read what a pin or rule brought and cost, and have it counted anew."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from curation.decisions.lineages import shown, with_state
from curation.decisions.sentences import in_words
from curation.models import Decision
from curation.people.access import role_required
from curation.queries.items import schema
from recsys.appraisals import actions as appraisal_actions
from recsys.appraisals import cards as appraisal_cards
from recsys.appraisals.actions import KINDS
from recsys.models import Appraisal, Job
from recsys.runs import job_pages
from recsys.screens.staff_pages import actor, page

READERS: Final = ("curator", "analyst")


class CountForm(forms.Form):
    """What an appraisal is asked for with."""

    simulated = forms.BooleanField(label=gettext_lazy("with simulated members"), required=False)


@role_required(*READERS)
@require_GET
def detail(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The newest appraisal of a decision that is done, and how far the next one is."""
    context = _context(_decision(decision_id)) | {"form": CountForm()}
    return page(request, "recsys/appraisals/detail.html", context)


@role_required("curator")
@require_POST
def count(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Have a decision appraised anew."""
    decision, form = _decision(decision_id), CountForm(request.POST)
    if form.is_valid():
        appraisal_actions.request_appraisal(
            decision=decision, actor=actor(request), **form.cleaned_data
        )
    return redirect("appraisals:detail", decision.pk)


@role_required(*READERS)
@require_GET
def progress(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The part of the page that renews itself while the work lasts."""
    decision = _decision(decision_id)
    return job_pages.progress(request, _appraisals(decision).first(), _progress_of(decision))


@role_required(*READERS)
@require_GET
def table(request: HttpRequest, decision_id: UUID, appraisal_table: str) -> HttpResponse:
    """The figures of a section as CSV."""
    card = _context(_decision(decision_id))["card"]
    tables = {each.name: each.table for each in card.sections} if card else {}
    if appraisal_table not in tables:
        raise Http404
    named = {"Content-Disposition": f'attachment; filename="{appraisal_table}.csv"'}
    return HttpResponse(tables[appraisal_table].csv(), "text/csv; charset=utf-8", headers=named)


def _decision(decision_id: UUID) -> Decision:
    rows = with_state(timezone.now()).select_related("author", "surface")
    return get_object_or_404(rows, pk=decision_id, kind__in=KINDS)


def _context(decision: Decision) -> dict[str, Any]:
    newest = shown(decision)
    rows = _appraisals(decision)
    latest = rows.first()
    done = rows.filter(state=Job.State.SUCCEEDED).select_related("requested_by").first()
    card = appraisal_cards.card_of(done, newest) if done else None
    sections = [
        (each, reverse("appraisals:table", args=[decision.pk, each.name]))
        for each in (card.sections if card else ())
    ]
    return job_pages.how_far(latest, _progress_of(decision)) | {
        "title": _("What it brought"),
        "decision": decision,
        "words": in_words(newest, schema()),
        "revision": newest,
        "done": done,
        "card": card,
        "sections": sections,
    }


def _appraisals(decision: Decision) -> QuerySet[Appraisal]:
    return Appraisal.objects.filter(decision=decision).order_by("-id")


def _progress_of(decision: Decision) -> str:
    return reverse("appraisals:progress", args=[decision.pk])
