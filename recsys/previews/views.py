"""Panes of the desk that fuse slates while a curator looks: as they are, and as drafts would make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import replace_url

from curation.desk.viewpoints import VIEW, ViewpointForm
from curation.models import Member, Surface
from curation.people.access import role_required
from curation.policies.loading import planned_by
from recsys.previews import asking as previews
from recsys.previews import cards as preview_cards
from recsys.previews.asking import Failed, Late, Preview
from recsys.previews.forms import TrialForm
from recsys.screens.staff_pages import page
from recsys.traces import reading as traces
from recsys.traces.views import placement_of

MOST_OTHERS: Final = 4
COMPARED: Final = 10
FIRST: Final = 5
"""Of so many members beside the chosen one, slots that are compared, and items that are shown."""


@role_required("curator")
@require_GET
@vary_on_headers("HX-Request")
def slates(request: HttpRequest, slug: str) -> HttpResponse:
    """The slate of a surface now and as drafted, for whoever is chosen."""
    here = get_object_or_404(Surface, slug=slug)
    form = ViewpointForm(request.GET, surface=here)
    shown = _shown(form, form.asked)
    context = {"title": _("Slates of %(surface)s") % {"surface": here}, "surface": here}
    answer = _answer(request, "slates", {**context, "form": form, **shown})
    if getattr(request, "htmx", False):
        desk = reverse("desk:surface", args=[here.slug])
        replace_url(answer, f"{desk}?{request.GET.urlencode()}")
    return answer


@role_required("curator")
@require_POST
@vary_on_headers("HX-Request")
def blend(request: HttpRequest) -> HttpResponse:
    """The slate of the chosen member before and after a blend that is not saved yet."""
    trial = TrialForm(request.POST)
    here = trial.seen_on()
    form = ViewpointForm(request.POST, surface=here, prefix=VIEW)
    if not trial.is_valid():
        return _answer(request, "blend", {**_blend_page(request, here, form), "trial": trial})
    shown = _shown(form, lambda: {**form.asked(), "change_set": None, "blend": trial.asked()})
    return _answer(request, "blend", {**_blend_page(request, here, form), **shown})


@role_required("curator")
@require_POST
@vary_on_headers("HX-Request")
def panel(request: HttpRequest) -> HttpResponse:
    """What a blend that is not saved yet would do to a few members who were picked to be different."""
    trial = TrialForm(request.POST)
    here = trial.seen_on()
    form = ViewpointForm(request.POST, surface=here, prefix=VIEW)
    page_of = _blend_page(request, here, form)
    if not trial.is_valid():
        return _answer(request, "panel", {**page_of, "trial": trial})
    if not form.is_valid():
        return _answer(request, "panel", {**page_of, "state": "refused"})
    chosen = form.cleaned_data["whose"]
    others = [pick for pick in form.picks.values() if pick.member != chosen][:MOST_OTHERS]
    asked = {**form.asked(), "change_set": None, "blend": trial.asked(), "size": COMPARED}
    rows = [{"pick": each, **_of(each.member, asked)} for each in others]
    return _answer(request, "panel", {**page_of, "state": "shown", "rows": rows})


@role_required("curator")
@require_GET
@vary_on_headers("HX-Request")
def placement(request: HttpRequest, preview_id: UUID, side: str, slot: int) -> HttpResponse:
    """The waterfall of one slot of a preview, for as long as that is kept."""
    try:
        found = previews.kept(preview_id)
    except Late:
        found = None
    told = found.side(side) if found else None
    if found is None:
        return _answer(request, "gone", {"title": _("This preview is no longer kept")})
    if told is None:
        raise Http404
    named = {**told, "items": traces.outside(each["item"] for each in told["placements"])}
    return _answer(request, "placement", {**placement_of(named, slot), "preview": found})


def _shown(form: ViewpointForm, asked: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """What a worker answers, as the pane shows it; or which of its other states it is in."""
    if not form.is_valid():
        return {"state": "refused"}
    try:
        found: Preview = previews.ask(asked())
    except Late:
        return {"state": "late"}
    except Failed:
        return {"state": "failed"}
    size = form.cleaned_data["size"]
    at = form.cleaned_data["at"]
    planned = list(planned_by(at)) if at else []
    told = {"state": "shown", "preview": found, "planned": planned}
    return {**told, **preview_cards.columns(found, size)}


def _of(member: Member, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The first items of one member after, how they moved, and what changed in one sentence."""
    try:
        found = previews.ask({**asked, "subject": str(member.subject)})
    except (Late, Failed):
        return {"after": None}
    told = preview_cards.columns(found, COMPARED)
    return {"after": (told["drafted"] or [])[:FIRST], "moves": told["moves"]}


def _blend_page(request: HttpRequest, here: Surface, form: ViewpointForm) -> dict[str, Any]:
    """What the page without scripts needs besides: what was typed, to go back to it."""
    typed: QueryDict = request.POST.copy()
    typed.pop("csrfmiddlewaretoken", None)
    return {
        "title": _("What this blend would change"),
        "surface": here,
        "form": form,
        "back": _editor(typed),
    }


def _editor(typed: QueryDict) -> str:
    """The page of the blend with what was typed in it."""
    decision = typed.get("decision", "")
    known = decision and typed.get("base")
    page_of = reverse("desk:revise-blend", args=[decision]) if known else reverse("desk:new-blend")
    return f"{page_of}?{typed.urlencode()}"


def _answer(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """A fragment to htmx; without it a page of the desk around it."""
    if getattr(request, "htmx", False):
        return render(request, f"recsys/previews/_{name}.html", context)
    return page(request, f"recsys/previews/{name}.html", context)
