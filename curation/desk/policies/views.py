"""The desk's pages of policies as a whole: what lint finds, versions compared, decisions as a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from curation import actions
from curation.actions import Imported, Publication, Terms
from curation.auditing import histories
from curation.decisions.lineages import named
from curation.desk import receipts
from curation.desk import shown as desk
from curation.desk.answering import actor_of, attempt, page, tell_published
from curation.desk.change_set_forms import TwoVersionsForm
from curation.desk.decisions.forms import SafetyForm
from curation.desk.findings import mends, todo
from curation.desk.policies.forms import ImportForm
from curation.lint import inspections
from curation.models import Inspection, Surface, User
from curation.people.access import role_required, roles_of
from curation.policies.files import export
from curation.problems import Missing, Problem
from curation.queries.items import schema

_DUE_SHOWN: Final = 200
# A kind of object: who surely may open its page, the name of the address, what names the object in it.
_HOMES: Final[Mapping[str, tuple[str, str, str]]] = {
    "curation.changeset": ("curator", "desk:publish", "pk"),
    "curation.decision": ("curator", "desk:decision", "pk"),
    "curation.item": ("curator", "desk:catalogue-item", "pk"),
    "curation.member": ("administrator", "admin:curation_member_change", "pk"),
    "curation.segment": ("curator", "desk:segment", "slug"),
    "curation.surface": ("curator", "desk:surface", "slug"),
    "curation.user": ("administrator", "people:access", "pk"),
    "recsys.modelversion": ("operator", "runs:version", "pk"),
    "recsys.run": ("operator", "runs:detail", "pk"),
}


@role_required("curator")
@require_GET
def lint(request: HttpRequest) -> HttpResponse:
    """What lint finds now in all that is published, and when it was last looked for by itself."""
    known = schema()
    found = inspections.inspect(Surface.objects.all(), timezone.now(), known)
    kept = Inspection.objects.select_related("surface").order_by("surface")
    lines = desk.lines(named().filter(pk__in=[row.revision.pk for row in found]), known)
    called = {line.revision.pk: line.title for line in lines}
    offered = mends.offers(found)
    told = [(row, called[row.revision.pk], offered.of(row), offered.waits_in(row)) for row in found]
    context: dict[str, Any] = {"title": _("Findings"), "findings": told, "inspections": kept}
    context["mended"] = receipts.shown(request, place=mends.place_of(None))
    return page(request, "lint", context)


@role_required("curator")
@require_GET
def due(request: HttpRequest) -> HttpResponse:
    """The decisions in force that end soon, are over, or whose review date has come."""
    rows = todo.due(timezone.now()).order_by("until", "review_on", "pk")
    lines = desk.lines(rows[:_DUE_SHOWN])
    return page(request, "due", {"title": _("Ending and due for review"), "lines": lines})


@role_required("curator")
@require_http_methods(["GET", "POST"])
def safety(request: HttpRequest) -> HttpResponse:
    """The safety blocks in force, which all curators see; an administrator sets one, at once and everywhere."""
    form = SafetyForm(request.POST or None)
    if request.method == "POST":
        if "administrator" not in roles_of(actor_of(request)):
            raise PermissionDenied
        done = attempt(form, lambda: _block(request, form)) if form.is_valid() else None
        if done:
            return redirect("desk:safety")
    context = {"title": _("Safety blocks"), "form": form, "lines": desk.safety_blocks()}
    return page(request, "safety", context)


def _block(request: HttpRequest, form: SafetyForm) -> Publication:
    actor, data = actor_of(request), form.cleaned_data
    with transaction.atomic():
        terms = Terms(reason=data["reason"])
        draft = actions.block_item(actor=actor, item=data["item"], safety=True, terms=terms)
        done = actions.publish_decision(actor=actor, draft=draft)
    tell_published(request, done)
    return done


@role_required("curator")
@require_GET
def versions(request: HttpRequest, slug: str) -> HttpResponse:
    """The versions of a surface, newest first; two that are chosen are compared."""
    here = get_object_or_404(Surface, slug=slug)
    form = TwoVersionsForm(request.GET)
    valid, chosen = form.is_valid(), form.cleaned_data
    if valid and chosen["before"] is not None and chosen["after"] is not None:
        return redirect("desk:compare", here.slug, chosen["before"], chosen["after"])
    half = valid and {chosen["before"], chosen["after"]} != {None}
    title = _("Versions of %(surface)s") % {"surface": str(here)}
    found = desk.versions(here, below=chosen.get("below"))
    error = _("Choose two versions, one before and one after.") if half or not valid else ""
    return page(request, "versions", {"title": title, "surface": here, "error": error, **found})


@role_required("curator")
@require_GET
def compare(request: HttpRequest, slug: str, before: int, after: int) -> HttpResponse:
    """What differs between two versions of a surface, field by field."""
    here = get_object_or_404(Surface, slug=slug)
    try:
        found = desk.comparison(here, before, after)
    except Missing as problem:
        raise Http404(str(problem)) from problem
    title = _("%(surface)s: version %(before)d and version %(after)d") % {
        "surface": str(here),
        "before": before,
        "after": after,
    }
    numbers = {"before": before, "after": after}
    return page(request, "compare", {"title": title, "surface": here, **numbers, **found})


@role_required("curator")
@require_GET
def download(request: HttpRequest) -> HttpResponse:
    """The decisions in force as a file."""
    answer = HttpResponse(export(), "application/json")
    answer["Content-Disposition"] = 'attachment; filename="decisions.json"'
    return answer


@role_required("curator")
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Import a file of decisions: all of them into a change set, or nothing and the faults by position."""
    form = ImportForm(request.POST or None, request.FILES or None)
    context = {"title": _("Import decisions"), "form": form}
    if request.method != "POST" or not form.is_valid():
        return page(request, "import", context)
    try:
        done = _import(request, form)
    except Problem as problem:
        form.add_error(None, str(problem))
        return page(request, "import", {**context, "faults": problem.errors})
    if form.cleaned_data["dry_run"]:
        return page(request, "import", {**context, "checked": done, "faults": done.findings})
    if done.publication:
        tell_published(request, done.publication)
    text = ngettext("Imported %(n)d decision.", "Imported %(n)d decisions.", done.decisions)
    messages.success(request, text % {"n": done.decisions})
    return redirect("desk:publish", done.change_set.pk)


def _import(request: HttpRequest, form: ImportForm) -> Imported:
    data = form.cleaned_data
    return actions.import_decisions(
        actor=actor_of(request),
        document=data["file"].read(),
        **{name: data[name] for name in ("change_set", "live", "dry_run", "reason")},
    )


@role_required("curator", "analyst", "operator")
@require_GET
def history(request: HttpRequest, label: str, key: str) -> HttpResponse:
    """What was done to one object: who, when, what changed and why. Of people, administrators alone read it."""
    model = histories.audited_model(label)
    one = histories.find(model, key) if model else None
    if one is None:
        raise Http404
    if isinstance(one, User) and "administrator" not in roles_of(actor_of(request)):
        raise PermissionDenied
    context = {
        "title": _("History of %(object)s") % {"object": one},
        "one": one,
        "home": _home_of(one, roles_of(actor_of(request))),
        "entries": histories.history(one),
    }
    return page(request, "history", context)


def _home_of(one: Model, roles: Collection[str]) -> str:
    """The address of an object's own page, for those who surely may open it."""
    role, name, field = _HOMES.get(one._meta.label_lower, ("", "", ""))
    return reverse(name, args=[getattr(one, field)]) if role in roles else ""
