"""The pages of the report on scorers and decisions."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from curation.people.access import role_required
from feedback.reporting import shell
from recsys.reporting import pages


@require_GET
@role_required("analyst", "curator")
def scorers(request: HttpRequest) -> HttpResponse:
    """What each scorer contributed, and whether members agreed with it."""
    return shell.page(request, pages.SCORERS)


@require_GET
@role_required("analyst", "curator")
def decisions(request: HttpRequest) -> HttpResponse:
    """How much curators decided, and what each decision did."""
    return shell.page(request, pages.DECISIONS)


@require_GET
@role_required("analyst", "curator")
def scorers_table(request: HttpRequest, scorer_table: str) -> HttpResponse:
    """The figures of a section on scorers as CSV."""
    return shell.table(request, pages.SCORERS, scorer_table)


@require_GET
@role_required("analyst", "curator")
def decisions_table(request: HttpRequest, decision_table: str) -> HttpResponse:
    """The figures of a section on decisions as CSV."""
    return shell.table(request, pages.DECISIONS, decision_table)
