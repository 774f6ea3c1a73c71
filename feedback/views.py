"""The report: what members did, how slots were answered, what curators decided."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from curation.access import role_required
from feedback.forms import Filters
from feedback.reports import Span
from feedback.sections import SECTIONS


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


def _span(filters: Filters) -> Span | None:
    if not filters.is_valid():
        return None
    told = filters.cleaned_data
    surface = told["surface"].pk if told["surface"] else None
    segment = told["segment"].pk if told["segment"] else None
    return Span(told["start"], told["end"], surface, told["simulated"], segment)
