"""The pages of slates that were made: a list to find one, its trace as waterfalls, and its replay."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from curation.desk import shown as desk
from curation.fusion.codec import CodecError
from curation.models import Member
from curation.people.access import role_required
from recsys.models import Slate
from recsys.screens.cards import cards
from recsys.screens.staff_pages import READERS, page
from recsys.traces import explanations, slate_lists
from recsys.traces import reading as traces
from recsys.traces.charts import Trace, keys_of, stacks_of, sum_of
from recsys.traces.reading import Replay
from recsys.traces.slate_lists import SlatesForm
from recsys.traces.supposed_pane import supposed_pane
from recsys.traces.tables import decisions_of, tables_of


@role_required(*READERS)
@require_GET
def slates(request: HttpRequest) -> HttpResponse:
    """The latest slates, of a member or a surface where one is named."""
    form = SlatesForm(request.GET, label_suffix="")
    found = slate_lists.latest(form) if form.is_valid() else slate_lists.NONE
    context = {"title": _("Slates"), "form": form, "found": found}
    return page(request, "recsys/traces/list.html", context)


@role_required(*READERS)
@require_GET
def trace(request: HttpRequest, slate_id: UUID) -> HttpResponse:
    """The arithmetic and the decisions behind one slate, slot by slot."""
    slate = get_object_or_404(Slate.objects.select_related("surface"), id=slate_id)
    told = traces.trace_of(slate)
    words = desk.words_of(decisions_of(told))
    tables = tables_of(told, words)
    asked = "evidence" in request.GET
    if asked:
        explanations.add_to(tables["placements"], slate)
    context = {
        "title": _("Why this slate"),
        "slate": slate,
        "member": Member.objects.filter(subject=slate.subject).first() if slate.subject else None,
        "asked": asked,
        "slots": _slots(told, words, tables["placements"]),
        "keys": keys_of(told),
        "replay": _replayed(slate) if "replay" in request.GET else None,
        "facts": told,
    }
    return page(
        request, "recsys/traces/trace.html", context | tables | supposed_pane(request, slate)
    )


@role_required(*READERS)
@require_GET
@vary_on_headers("HX-Request")
def placement(request: HttpRequest, slate_id: UUID, slot: int) -> HttpResponse:
    """The waterfall of one slot: a part of the trace's page, or without scripts a page of its own."""
    slate = get_object_or_404(Slate.objects.select_related("surface"), id=slate_id)
    told = traces.trace_of(slate)
    context = placement_of(told, slot) | {"slate": slate}
    if getattr(request, "htmx", False):
        return render(request, "recsys/traces/_sum.html", context)
    return page(request, "recsys/traces/placement.html", context)


def placement_of(told: Trace, slot: int) -> dict[str, Any]:
    """What the waterfall of one slot shows; Http404 where a trace has no such slot."""
    found = next((each for each in told["placements"] if each["slot"] == slot), None)
    if found is None:
        raise Http404
    words = desk.words_of(decisions_of(told))
    (row,) = tables_of({**told, "placements": [found]}, words)["placements"]
    title = _("Slot %(slot)d: %(item)s") % {"slot": slot, "item": row["title"]}
    return {"title": title, "row": row, "sum": sum_of(told, found, words), "words": words}


def _slots(told: Trace, words: dict[str, str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each slot: its item with a cover, its stack, its score."""
    known = cards([{"id": row["item"]} for row in rows], subject=None)
    by_item = {str(card.item_id): card for card in known}
    drawn = zip(rows, stacks_of(told, words), strict=True)
    return [{"row": row, "card": by_item.get(row["item"]), "stack": stack} for row, stack in drawn]


def _replayed(slate: Slate) -> Replay | str:
    """What fusing again gave, or why it could not be tried."""
    try:
        return traces.replay(slate)
    except CodecError as fault:
        return str(fault)
