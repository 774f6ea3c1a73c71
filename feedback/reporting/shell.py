"""The frame around every page of the report: the tabs, the filters in the URL, and what they leave out.

A page of another app (its path begins with ours, its views and figures are its own) calls `page` and `table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.reporting.filters import Filters
from feedback.reporting.sections import Page, Section
from feedback.reporting.spans import Span, rows

# The tabs name addresses, not modules: two of them are pages of the app above.
TABS: Final = (
    ("overview", "feedback:report", gettext_lazy("Overview")),
    ("feedback", "feedback:activity", gettext_lazy("Feedback")),
    ("items", "feedback:items", gettext_lazy("Items")),
    ("slots", "feedback:slots", gettext_lazy("Surfaces and slots")),
    ("scorers", "report-scorers", gettext_lazy("Scorers")),
    ("decisions", "report-decisions", gettext_lazy("Decisions")),
    ("members", "feedback:members", gettext_lazy("Members and segments")),
    ("comments", "feedback:comments", gettext_lazy("Comments")),
    ("cleaning", "feedback:cleaning", gettext_lazy("Kept out")),
)

_SIMULATED: Final = """
SELECT EXISTS (SELECT FROM feedback_tally WHERE simulated AND since >= %(start)s AND since < %(end)s)
    OR EXISTS (SELECT FROM feedback_slottally WHERE simulated AND since >= %(start)s AND since < %(end)s)
"""


def page(request: HttpRequest, page: Page) -> HttpResponse:
    """A page of the report, for the days and the filters that the URL names; 400 where these make no sense."""
    filters = Filters(request.GET)
    span = filters.span()
    asked = [ask(span) for ask in page.sections.values()] if span else []
    sections = [each for each in asked if not each.is_silent]
    shown = {
        "page": page,
        "filters": filters,
        "sections": [_shown(each, page, filters) for each in sections],
        "offer": _offer(span, filters, sections) if span else "",
        "unfinished": span is not None and not _is_over(span),
    }
    return frame(request, page.name, "feedback/report.html", shown, status=200 if span else 400)


def frame(
    request: HttpRequest, name: str, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """A page in the desk, under the tabs; links between them keep the filters."""
    query = context["filters"].query() if "filters" in context else ""
    tabs = [(reverse(url), words, each == name) for each, url, words in TABS]
    title = next(words for each, _url, words in TABS if each == name)
    told = {"tabs": tabs, "title": title, "query": query, **admin.site.each_context(request)}
    return render(request, template, {**told, "title": title, **context}, status=status)


def table(request: HttpRequest, page: Page, name: str) -> HttpResponse:
    """The figures of one section as CSV, under the same filters as the page."""
    if name not in page.sections:
        raise Http404
    filters = Filters(request.GET)
    span = filters.span()
    if span is None:
        return HttpResponse(_wrong(filters), "text/plain; charset=utf-8", status=400)
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    content = page.sections[name](span).table.csv()
    return HttpResponse(content, "text/csv; charset=utf-8", headers=disposition)


def _shown(section: Section, page: Page, filters: Filters) -> dict[str, Any]:
    """A section with its link to the CSV and the filters that were set and do not matter to it."""
    labels = {name: str(field.label) for name, field in filters.fields.items()}
    idle = [labels[name] for name in section.blind if name in filters.set_names()]
    return {
        "section": section,
        "csv": reverse(page.url_of_table, args=[section.name]),
        "idle": idle,
    }


def _offer(span: Span, filters: Filters, sections: list[Section]) -> str:
    """The query that would bring simulated members in, where something is empty for want of others."""
    if span.simulated or all(each.figures or each.changes for each in sections):
        return ""
    there = rows(_SIMULATED, span.words())[0][0]
    return filters.query(simulated="on") if there else ""


def _is_over(span: Span) -> bool:
    return len(span.whole_days()) == span.days


def _wrong(filters: Filters) -> str:
    lines = [f"{name}: {' '.join(map(str, told))}" for name, told in filters.errors.items()]
    return _("The filters make no sense.") + "\n" + "\n".join(lines) + "\n"
