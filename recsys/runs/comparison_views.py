"""The page where up to five runs stand beside each other; its address names them."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from curation.people.access import role_required
from recsys.models import Run
from recsys.runs import cards as run_cards
from recsys.runs import comparisons as run_comparisons
from recsys.runs.comparisons import MOST
from recsys.screens.staff_pages import READERS, page


@role_required(*READERS)
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """The runs that `run` names, in that order; those past the fifth are left out, and the page says so."""
    asked = list(dict.fromkeys(request.GET.getlist("run")))
    cards = run_cards.cards(_runs(asked[:MOST]))
    context = {
        "title": _("Compare runs"),
        "cards": cards,
        "compared": run_comparisons.comparison(cards),
        "left_out": max(0, len(asked) - MOST),
        "most": MOST,
    }
    return page(request, "recsys/runs/compare.html", context)


def _runs(asked: list[str]) -> list[Run]:
    beside = ("progress", "version", "requested_by", "schedule")
    try:
        ids = [UUID(each) for each in asked]
    except ValueError:
        raise Http404 from None
    found = Run.objects.select_related(*beside).in_bulk(ids)
    if len(found) < len(ids):
        raise Http404
    return [found[each] for each in ids]
