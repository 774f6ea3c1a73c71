"""A pane of the desk's catalogue: the items that mean something like the words that were looked for.

Within the catalogue its ticks belong to the form of that page; without script it is a page with a form of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from curation.catalogue import searching
from curation.desk.catalogue import browsing
from curation.desk.catalogue.browsing import Entry, Wanted
from curation.desk.catalogue.forms import ACTS, FilterForm
from curation.models import Item
from curation.people.access import role_required
from recsys.embeddings import meaning
from recsys.screens.staff_pages import page

MOST: Final = 24
PATIENCE_S: Final = 5.0
"""Whoever has no script waits for the language model itself; it is asked again where it starts."""


@role_required("curator")
@require_GET
def near(request: HttpRequest) -> HttpResponse:
    """The nearest items under the filters in the URL, without those that hold the words; or why there are none."""
    form = FilterForm(request.GET, browsing.choices(), browsing.providers())
    wanted = form.wanted() if form.is_valid() else Wanted()
    within = bool(request.headers.get("HX-Request"))
    found = _found(wanted, meaning.BUDGET_S if within else PATIENCE_S)
    context = {**found, "words": wanted.words, "here": request.GET.urlencode()}
    if within:
        return render(request, "recsys/near/_pane.html", context)
    context |= {"title": _("Near in meaning"), "acts": ACTS}
    return page(request, "recsys/near/page.html", context)


def _found(wanted: Wanted, patience_s: float) -> dict[str, Any]:
    """The state of the pane, and what was found; nothing is asked of the encoder in vain."""
    if searching.read(wanted.words) is None:
        return {"state": "no words"}
    if not meaning.speaks_english():
        return {"state": "not here"}
    if not meaning.is_offered():
        return {"state": "no vectors"}
    vector = meaning.vector_of(wanted.words[: searching.LONGEST], patience_s)
    if vector is None:
        return {"state": "late"}
    return {"state": "found", "entries": _nearest(wanted, vector)}


def _nearest(wanted: Wanted, vector: list[float]) -> list[Entry]:
    by_words = browsing.items(replace(wanted, order="title")).order_by().values("pk")
    rows = browsing.items(replace(wanted, words="", order="title")).exclude(pk__in=by_words)
    keys = list(meaning.nearest(rows, vector).values_list("pk", flat=True)[:MOST])
    kept = Item.objects.select_related("stats").in_bulk(keys)
    return browsing.entries([kept[key] for key in keys if key in kept])
