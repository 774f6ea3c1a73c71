"""The parts of the forms of decisions that answer while somebody types; each works without, by a button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation.desk.answering import is_held_up, page
from curation.desk.catalogue import browsing
from curation.desk.catalogue.browsing import Wanted
from curation.desk.decisions.forms import FORMS, PinForm, RuleForm
from curation.desk.decisions.reach import reach_of
from curation.desk.pickers import items_called, name_of
from curation.desk.queries.forms import ConditionsMixin
from curation.desk.queries.groups import BUTTONS
from curation.desk.segments.forms import CountForm
from curation.field_words import OPERATOR_WORDS
from curation.fusion.completion import Suggestion, spot_at, suggestions
from curation.models import Decision
from curation.people.access import role_required

FOUND: Final = 8
_ASKED: Final = BUTTONS | {"look"}
"""The buttons that save nothing."""
_WRITTEN: Final[Mapping[str, type[ConditionsMixin]]] = {"items": RuleForm, "members": CountForm}


@role_required("curator")
@require_POST
def reach(request: HttpRequest, kind: str) -> HttpResponse:
    """How many items and members the decision that is being written touches, and what saving it will do."""
    if kind not in FORMS:
        raise Http404
    found = reach_of(FORMS[kind](request.POST))
    return render(request, "curation/desk/_reach.html", {"reach": found})


@role_required("curator")
@require_POST
def conditions(request: HttpRequest, about: str) -> HttpResponse:
    """The rows of conditions as they are being written: with one more, or with comparisons that fit."""
    form = _of(about)(initial=request.POST.dict())
    context = {"form": form, "about": about, "tags": tags_for(about) if form.view == "rows" else {}}
    return render(request, "curation/desk/_conditions.html", context)


@role_required("curator")
@require_POST
def query_fault(request: HttpRequest, about: str) -> HttpResponse:
    """What is wrong with the text of a query that is being written; nothing where it can be read or is empty."""
    form = _of(about)(initial={**request.POST.dict(), "view": "text", "switch": "text"})
    return render(request, "curation/desk/_query_fault.html", {"fault": form.fault})


@role_required("curator")
@require_POST
def complete(request: HttpRequest, about: str) -> HttpResponse:
    """What may be written next in the text of a query: after `before`, and where `after` follows."""
    form = _of(about)()
    # A browser sends the end of a line as two characters, and counts it as one in its field.
    before, after = (
        request.POST.get(name, "").replace("\r\n", "\n") for name in ("before", "after")
    )
    spot = spot_at(before, after)
    context: dict[str, Any] = {"found": []}
    if spot is not None:
        words = {name: str(text) for name, text in form.field_words().items()}
        fields = form.offered_fields(spot.typed, spot.field)
        found = suggestions(spot, fields, words, form.known_values)
        context["found"] = [_in_words(each) for each in found]
        end = units(before + after[: spot.replaces])
        context |= {"start": units(spot.text[: spot.start]), "end": end}
    return render(request, "curation/desk/_suggestions.html", context)


@role_required("curator")
@require_GET
def find_item(request: HttpRequest) -> HttpResponse:
    """The items that hold the words that somebody types, the best matches first, to choose one."""
    words = request.GET.get("item", "").strip()
    rows = list(browsing.items(Wanted(words=words, order=""))[:FOUND]) if words else []
    context = {"found": browsing.covered(rows), "words": words}
    return render(request, "curation/desk/_found_items.html", context)


@role_required("curator")
@require_GET
def pick_item(request: HttpRequest) -> HttpResponse:
    """The field with the item that was chosen among those found."""
    found = items_called(request.GET.get("item", "")[:255])
    form = PinForm(initial={"item": name_of(found[0]) if len(found) == 1 else ""})
    form.fields["item"].widget.attrs["autofocus"] = True
    answer = render(request, "curation/desk/_item_field.html", item_context(form))
    answer.headers["HX-Trigger-After-Settle"] = "picked"
    return answer


def item_context(form: Any) -> dict[str, Any]:  # noqa: ANN401 - a form with an item
    """The field of an item, and the item that it names, with its cover."""
    text = str(form["item"].value() or "").strip() if "item" in form.fields else ""
    found = items_called(text) if text else []
    chosen = browsing.covered(found)[0] if len(found) == 1 else None
    return {
        "form": form,
        "field": form["item"] if "item" in form.fields else None,
        "chosen": chosen,
    }


def tags_for(about: str) -> dict[str, list[str]]:
    """The tags in use, to be offered where a condition asks for one."""
    return dict(browsing.choices().tags) if about == "items" else {}


def saves_nothing(request: HttpRequest) -> bool:
    """Whether the button counts what the form touches, adds a condition, or shows another view of the query."""
    return not _ASKED.isdisjoint(request.POST)


def sent(request: HttpRequest) -> QueryDict | None:
    """What was sent; kept as a draft where that was asked for when an expectation had stopped it."""
    if "keep" not in request.POST:
        return request.POST or None
    kept = request.POST.copy()
    kept["change_set"] = kept.get("change_set", "").strip() or _("Kept until it is checked")
    return kept


def written(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page of a form that is being written, with what it touches where somebody has asked."""
    form, kind = context["form"], context["kind"]
    context["held_up"] = is_held_up(form)
    if request.method == "POST":
        context["reach"] = reach_of(FORMS[kind](request.POST))
    if kind == Decision.Kind.RULE:
        context |= {"about": "items", "tags": tags_for("items")}
    return page(request, "new", {**item_context(form), **context})


def units(text: str) -> int:
    """The length of a text as scripts count it, in units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _in_words(one: Suggestion) -> Suggestion:
    """A comparison with what it means."""
    if one.sort != "comparison":
        return one
    return replace(one, hint=str(OPERATOR_WORDS[one.hint]))


def _of(about: str) -> type[ConditionsMixin]:
    if about not in _WRITTEN:
        raise Http404
    return _WRITTEN[about]
