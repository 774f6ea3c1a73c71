"""The report: what members did and wrote, how slots were answered, what was kept out and why."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from curation.access import require, role_required, roles_of
from feedback import cleaning as marks
from feedback import comments as written
from feedback.forms import Filters, LiftForm, ReasonForm
from feedback.reports import Span
from feedback.sections import SECTIONS

COMMENTS_SHOWN: Final = 50


@require_GET
@role_required("analyst", "curator")
def report(request: HttpRequest) -> HttpResponse:
    """The page of all sections, for the days and the surface that the URL names."""
    filters = Filters(request.GET)
    span = _span(filters)
    sections = [section(span) for section in SECTIONS.values()] if span else []
    shown = {"filters": filters, "sections": sections, "query": request.GET.urlencode()}
    return render(request, "feedback/report.html", shown, status=200 if span else 400)


@require_GET
@role_required("analyst", "curator")
def download(request: HttpRequest, table: str) -> HttpResponse:
    """The figures of one section as CSV, under the same filters as the page."""
    if table not in SECTIONS:
        raise Http404
    span = _span(Filters(request.GET))
    if span is None:
        return HttpResponse(status=400)
    disposition = {"Content-Disposition": f'attachment; filename="{table}.csv"'}
    content = SECTIONS[table](span).table.csv()
    return HttpResponse(content, "text/csv; charset=utf-8", headers=disposition)


@require_GET
@role_required("analyst", "curator")
def comments(request: HttpRequest) -> HttpResponse:
    """What members wrote, the latest first, each with its item and its author's stars."""
    try:
        before = UUID(request.GET["before"]) if "before" in request.GET else None
    except ValueError:
        return HttpResponse(status=400)
    listed = written.latest(before, COMMENTS_SHOWN)
    older = listed[-1].id if len(listed) == COMMENTS_SHOWN else None
    shown = {"comments": listed, "older": older, "may_judge": "curator" in roles_of(request.user)}
    return render(request, "feedback/comments.html", shown)


@require_POST
@role_required("curator")
def judge_comment(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """Hide a comment from other members, with a reason, or show it again."""
    actor = require(request.user, "curator")
    form = ReasonForm(request.POST)
    if "show" in request.POST:
        done = written.show_again(actor=actor, comment=comment_id)
    elif form.is_valid():
        reason = form.cleaned_data["reason"]
        done = written.hide(actor=actor, comment=comment_id, reason=reason)
    else:
        done = False
    messages.info(request, _("Done.") if done else _("Nothing changed: say a reason to hide it."))
    return redirect("feedback:comments")


@require_GET
@role_required("analyst", "curator")
def cleaning(request: HttpRequest) -> HttpResponse:
    """What the rules keep out of training: counts by rule, and whose it is."""
    shown = {"counts": marks.counts(), "marked": marks.marked(), "limits": marks}
    return render(request, "feedback/cleaning.html", shown)


@require_POST
@role_required("analyst", "curator")
def lift(request: HttpRequest) -> HttpResponse:
    """Let a member's interactions count again that a rule kept out."""
    actor = require(request.user, "analyst", "curator")
    form = LiftForm(request.POST)
    if form.is_valid():
        lifted = marks.lift(actor=actor, **form.cleaned_data)
        told = ngettext(
            "%(n)d interaction counts again.", "%(n)d interactions count again.", lifted
        )
        messages.info(request, told % {"n": lifted})
    else:
        messages.error(request, _("Nothing changed: say a reason."))
    return redirect("feedback:cleaning")


def _span(filters: Filters) -> Span | None:
    if not filters.is_valid():
        return None
    told = filters.cleaned_data
    surface = told["surface"].pk if told["surface"] else None
    segment = told["segment"].pk if told["segment"] else None
    return Span(told["start"], told["end"], surface, told["simulated"], segment)
