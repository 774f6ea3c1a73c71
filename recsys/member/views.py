"""The member's pages: the shelf, an item, feedback with its receipt, and why an item stands where it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from curation.catalogue.withheld import shown_to
from curation.models import Item
from curation.people.access import roles_of
from recsys.accounts.visitors import for_everybody
from recsys.member import comment_pane, homepage, receipts, shelves
from recsys.member.feedback_forms import CommentForm, FeedbackForm, PlaceForm, UndoForm, ViewForm
from recsys.member.receipts import Receipt
from recsys.member.shelf import Place
from recsys.models import Slate
from recsys.screens.cards import cards
from recsys.screens.shelf_kinds import BECAUSE, KINDS, START, ShelfKind
from recsys.screens.staff_pages import READERS
from recsys.slates.serving import UnknownSurface
from recsys.traces import explanations

Context = Callable[[HttpRequest, Item, Receipt], dict[str, object]]


@for_everybody
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The shelf of whoever looks; a stranger is told besides what this is and how to sign in."""
    receipt = receipts.kept(request)
    page = homepage.of(request, feedback=receipt.version if receipt else 0)
    told = {"page": page, "shelf": page.shelf, "receipt": receipt, "next": "/"}
    return render(request, "recsys/home.html", told)


@for_everybody
@vary_on_headers("HX-Request")
@require_GET
def shelf(request: HttpRequest, name: str) -> HttpResponse:
    """One shelf: its page; to htmx the shelf as it stands on another page, or what follows on it."""
    place = PlaceForm(_named(request.GET, name))
    if name not in KINDS or not place.is_valid():
        raise Http404
    kind, receipt = place.kind, receipts.kept(request)
    try:
        made = shelves.shelf(
            request,
            kind,
            anchor=_anchor(kind, place),
            place=_place(place),
            feedback=receipt.version if receipt else 0,
        )
    except UnknownSurface:
        raise Http404 from None
    told = {"shelf": made, "receipt": receipt, "next": made.url}
    if not _by_htmx(request):
        return render(request, "recsys/shelf.html", told)
    return render(request, "recsys/_more.html" if place.items else "recsys/_shelf.html", told)


@for_everybody
@require_GET
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One item with what is similar to it; coming from a slate counts as a click on it."""
    shown = get_object_or_404(shown_to(shelves.subject_of(request)), id=item_id)
    receipts.click(request, shown)
    return render(request, "recsys/item.html", _item_page(request, shown, receipts.kept(request)))


@for_everybody
@vary_on_headers("HX-Request")
@require_POST
def feedback_on_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Stars, a thumb, a favourite or "not interested": answers with the receipt and the new slate."""
    target = get_object_or_404(Item, id=item_id)
    form = FeedbackForm(request.POST)
    receipt = receipts.record(request, target, form) if form.is_valid() else receipts.refusal(form)
    return _answer(request, target, receipt)


@for_everybody
@require_POST
def view_of_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """How long the item's page was looked at, told by the page when it is left."""
    form = ViewForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    receipts.view(request, get_object_or_404(Item, id=item_id, active=True), form)
    return HttpResponse(status=204)


@for_everybody
@vary_on_headers("HX-Request")
@require_POST
def comment_on_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """A comment: answers with all that may be read here, and a receipt."""
    target = get_object_or_404(Item, id=item_id)
    form = CommentForm(request.POST)
    if form.is_valid():
        return _answer(request, target, receipts.comment(request, target, form))
    shown = comment_pane.of(request, target, form=form)
    name = "recsys/_comments.html" if _by_htmx(request) else "recsys/comment.html"
    return render(request, name, shown)


@for_everybody
@vary_on_headers("HX-Request")
@require_POST
def undo_feedback(request: HttpRequest) -> HttpResponse:
    """Take an act back: answers like feedback does."""
    form = UndoForm(request.POST)
    if not form.is_valid():
        return _answer(request, None, receipts.refusal(form))
    target = get_object_or_404(Item, id=form.cleaned_data["item"])
    return _answer(request, target, receipts.undo(request, target, form.cleaned_data["event"]))


@for_everybody
@vary_on_headers("HX-Request")
@require_GET
def why(request: HttpRequest, slate_id: UUID, item_id: UUID) -> HttpResponse:
    """Why an item stands in a slate, to whom the slate was made for and to staff; to others it is not there."""
    slate = get_object_or_404(Slate, id=slate_id)
    explained = explanations.of(slate, item_id)
    if explained is None or not _may_ask_why(request, slate):
        raise Http404
    name = "recsys/_why.html" if _by_htmx(request) else "recsys/why.html"
    return render(request, name, {"slate": slate, "why": explained})


def _may_ask_why(request: HttpRequest, slate: Slate) -> bool:
    if roles_of(request.user) & frozenset(READERS):
        return True
    return slate.subject is None or slate.subject == shelves.subject_of(request)


def _answer(request: HttpRequest, target: Item | None, receipt: Receipt) -> HttpResponse:
    """To htmx the fragment that it aimed at; without it, back to the page, the receipt in a message."""
    if not _by_htmx(request):
        receipts.keep(request, receipt)
        return redirect(_next(request))
    aim = request.headers.get("HX-Target", "")
    if target is not None and aim in _FRAGMENTS:
        name, context = _FRAGMENTS[aim]
        return render(request, name, context(request, target, receipt))
    if target is not None and aim.startswith(_ENTRY):
        return render(request, "recsys/_entry.html", _entry(request, target, receipt))
    return _shelf_again(request, receipt)


def _shelf_again(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    place = PlaceForm(request.POST)
    place.is_valid()  # a page that says nothing of itself, or nonsense, is answered with the member's own shelf
    kind, version = place.kind, receipt.version
    try:
        made = shelves.laid_out_again(
            request,
            kind,
            anchor=_anchor(kind, place),
            place=_place(place),
            feedback=version,
        )
    except (UnknownSurface, Http404):
        made = shelves.shelf(request, feedback=version)
    told = {"shelf": made, "receipt": receipt, "next": made.url}
    answer = render(request, "recsys/_shelf.html", told)
    if kind is START and version:
        answer["HX-Trigger"] = "start-rated"
    return answer


def _named(told: QueryDict, name: str) -> QueryDict:
    query = told.copy()
    query["shelf"] = name
    return query


def _place(told: PlaceForm) -> Place:
    return Place(told.items, told.elsewhere, bool(told.cleaned_data.get("row")))


def _anchor(kind: ShelfKind, place: PlaceForm) -> Item | None:
    """The item that a shelf starts from; 404 where it names none."""
    if kind is not BECAUSE:
        return None
    return get_object_or_404(Item, id=place.cleaned_data.get("of"), active=True)


def _by_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _item_page(request: HttpRequest, shown: Item, receipt: Receipt | None) -> dict[str, object]:
    pane = comment_pane.of(request, shown)
    similar = shelves.similar(request, shown)
    impression = request.GET.get("impression", "")
    told = {"similar": similar, "impression": impression}
    return pane | _item_fragment(request, shown, receipt) | told


def _item_fragment(request: HttpRequest, shown: Item, receipt: Receipt | None) -> dict[str, object]:
    subject = shelves.subject_of(request)
    (card,) = cards([{"id": shown.id}], subject=subject)
    return {
        "card": card,
        "receipt": receipt,
        "description": shown.description,
        "facts": card.facts,
        "next": card.url,
    }


def _comments(request: HttpRequest, shown: Item, receipt: Receipt | None) -> dict[str, object]:
    return comment_pane.of(request, shown, receipt=receipt)


def _entry(request: HttpRequest, shown: Item, receipt: Receipt) -> dict[str, object]:
    """One card of a list, which an act leaves where it is."""
    (card,) = cards([{"id": shown.id}], subject=shelves.subject_of(request), shelf="entry")
    return {"card": card, "receipt": receipt, "next": _next(request)}


_ENTRY: Final = "entry-"
_FRAGMENTS: Final[Mapping[str, tuple[str, Context]]] = {
    "comments": ("recsys/_comments.html", _comments),
    "item": ("recsys/_item.html", _item_fragment),
}


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "/")
    allowed = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if allowed else "/"
