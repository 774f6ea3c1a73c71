"""The catalogue at the desk: browsed, one item looked at, and many acted upon at once, with a way back."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation import actions
from curation.actions import Bulk
from curation.catalogue.searching import read
from curation.desk import receipts
from curation.desk.answering import actor_of, attempt, page
from curation.desk.catalogue import browsing, item_desk
from curation.desk.catalogue.browsing import Wanted
from curation.desk.catalogue.forms import ACTS, SWITCHES, ActForm, FilterForm
from curation.models import Item, User
from curation.people.access import role_required
from curation.problems import Problem

VIEWS: Final = ("list", "grid")


@role_required("curator")
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """The items that the filters in the URL ask for, page by page."""
    form = FilterForm(request.GET, browsing.choices(), browsing.providers())
    wanted = form.wanted() if form.is_valid() else Wanted()
    shown = browsing.page_of(wanted, _number(request.GET.get("page", "")))
    found = browsing.entries(list(shown.object_list))
    query = request.GET.copy()
    for name in ("page", "view"):
        query.pop(name, None)
    context = {
        "title": _("Catalogue"),
        "form": form,
        "page": shown,
        "entries": found,
        "dated": any(entry.item.published_on for entry in found),
        "query": query.urlencode(),
        "here": request.GET.urlencode(),
        "view": request.GET["view"] if request.GET.get("view") in VIEWS else VIEWS[0],
        "is_narrowed": any(query.values()),
        "acts": ACTS,
        "near": read(wanted.words) is not None and (get_language() or "").startswith("en"),
        "receipt": receipts.shown(request),
    }
    return page(request, "catalogue/index", context)


@role_required("curator")
@require_GET
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One item: its facts and figures, what is decided about it, what rules touch it, and its past."""
    one = get_object_or_404(Item.objects.select_related("stats"), pk=item_id)
    switch = "deactivate" if one.active else "activate"
    context = {
        "title": one.title,
        "receipt": receipts.shown(request),
        "acts": [each for each in ACTS if each[0] in ("boost", "bury", switch)],
        **item_desk.of_item(one),
    }
    return page(request, "catalogue/item", context)


@role_required("curator")
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Say in numbers what an act on the chosen items touches; do it once that was confirmed."""
    way = request.POST.get("act", "")
    chosen = browsing.by_ids(_keys(request.POST.getlist("items")))
    if way not in dict(ACTS) or not chosen:
        messages.error(request, _("Choose at least one item, and what to do with it."))
        return _back(request)
    form = ActForm(way, request.POST if "confirmed" in request.POST else None)
    if form.is_bound and form.is_valid():
        actor = actor_of(request)
        done = attempt(form, lambda: _do(actor, way, chosen, form))
        if done:
            receipts.keep(request, actor, done, _told(way, done, chosen))
            for finding in done.publication.findings if done.publication else ():
                messages.warning(request, finding.text)
            return _back(request)
    context = {
        "title": _verb(way, len(chosen)),
        "act": way,
        "form": form,
        "back": request.POST.get("back", ""),
        "chosen": browsing.covered(chosen),
        "touched": item_desk.touched(chosen, way),
    }
    return page(request, "catalogue/act", context)


@role_required("curator")
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what a receipt is about."""
    actor = actor_of(request)
    try:
        done = receipts.read(actor, request.POST.get("receipt", ""))
        reason = gettext_noop("Undone from the receipt.")
        n = actions.undo_bulk(actor=actor, done=done, reason=reason)
    except Problem as problem:
        messages.error(request, str(problem))
        return _back(request)
    receipts.forget(request)
    whole = n == len(done.keys)
    text = _("Undone.") if whole else _("Undone, as far as it still stood: %(n)d of %(all)d.")
    messages.success(request, text % {"n": n, "all": len(done.keys)})
    return _back(request)


def _do(actor: User, way: str, chosen: list[Item], form: ActForm) -> Bulk:
    data = form.cleaned_data
    if way in SWITCHES:
        told = {"active": way == "activate", "reason": data["reason"]}
        return actions.set_active(actor=actor, items=chosen, **told)
    with transaction.atomic():
        where = {"surface": data["surface"], "terms": form.terms(actor)}
        if way == "block":
            return actions.block_items(actor=actor, items=chosen, **where)
        return actions.rule_over_items(actor=actor, items=chosen, effect=form.effect(), **where)


def _verb(way: str, n: int) -> str:
    words = {
        "block": ngettext("Block %(n)d item", "Block %(n)d items", n),
        "boost": ngettext("Boost %(n)d item", "Boost %(n)d items", n),
        "bury": ngettext("Bury %(n)d item", "Bury %(n)d items", n),
        "bury_to_bottom": ngettext(
            "Bury %(n)d item to the bottom", "Bury %(n)d items to the bottom", n
        ),
        "activate": ngettext("Activate %(n)d item", "Activate %(n)d items", n),
        "deactivate": ngettext("Deactivate %(n)d item", "Deactivate %(n)d items", n),
    }
    return words[way] % {"n": n}


def _told(way: str, done: Bulk, chosen: list[Item]) -> str:
    """What was done, in the past tense, for the receipt."""
    n = len(chosen) if way.startswith(("boost", "bury")) else len(done.keys)
    if done.way == "drafted":
        words = ngettext("Drafted for %(n)d item.", "Drafted for %(n)d items.", n)
        return words % {"n": n}
    words = {
        "block": ngettext("Blocked %(n)d item.", "Blocked %(n)d items.", n),
        "boost": ngettext("Boosted %(n)d item.", "Boosted %(n)d items.", n),
        "activate": ngettext("Activated %(n)d item.", "Activated %(n)d items.", n),
        "deactivate": ngettext("Deactivated %(n)d item.", "Deactivated %(n)d items.", n),
    }.get(way, ngettext("Buried %(n)d item.", "Buried %(n)d items.", n))
    return words % {"n": n}


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was, or to the item from which the act came."""
    try:
        key = UUID(request.POST.get("item", ""))
    except ValueError:
        return redirect(f"{reverse('desk:catalogue')}?{request.POST.get('back', '')}")
    return redirect("desk:catalogue-item", key)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 1


def _keys(texts: list[str]) -> list[UUID]:
    """The ids that can be read; forms of ours send no others."""
    found = []
    for text in texts[: actions.MOST_AT_ONCE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
