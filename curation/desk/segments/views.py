"""The desk's pages of segments: by query, by hand, and those that were learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation import actions
from curation.actions import Listed
from curation.decisions.differences import clashes_in_words
from curation.desk.answering import actor_of, attempt, page
from curation.desk.queries.groups import BUTTONS
from curation.desk.segments import cards as segment_desk
from curation.desk.segments.forms import ArchiveForm, CountForm, ListForm, NameForm, QueryForm
from curation.desk.shown import newest_lines
from curation.fusion.query import to_json
from curation.models import Segment, User
from curation.outbox import announce
from curation.people.access import role_required
from curation.people.segment_uses import expectations_on, uses
from curation.problems import Problem
from curation.queries import members as member_queries

_EXTREMES: Final = ("matches_everybody", "matches_nobody")
_FORMS: Final[Mapping[str, type[NameForm]]] = {Segment.Kind.QUERY: QueryForm}


@role_required("curator")
@require_GET
def segments(request: HttpRequest) -> HttpResponse:
    """All segments with their size, kind, version and last refresh."""
    context = {"title": _("Segments"), "segments": segment_desk.overview()}
    return page(request, "segments/index", context)


@role_required("curator")
@require_GET
def segment(request: HttpRequest, segment_slug: str) -> HttpResponse:
    """One segment: what makes it, who is in it, how it changed, and who uses it."""
    one = _found(segment_slug)
    return page(request, "segments/segment", {"title": str(one), **segment_desk.of_segment(one)})


@role_required("curator")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Make a segment by query, or an empty one to be filled by hand."""
    return _written(request, kind, None)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, segment_slug: str) -> HttpResponse:
    """Rename a segment; of one by query, write the query anew."""
    one = _found(segment_slug)
    return _written(request, one.kind, one)


@role_required("curator")
@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """How many members the conditions that are being written would name, and some of them."""
    context = _counted(CountForm(request.POST))
    return render(request, "curation/desk/segments/_count.html", context)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def members(request: HttpRequest, segment_slug: str) -> HttpResponse:
    """Put members in by hand, or take them out, by their outside ids."""
    one = _found(segment_slug)
    if one.kind != Segment.Kind.MANUAL:
        raise Http404
    form = ListForm(request.POST or None)
    told: list[Listed] = []
    if request.method == "POST" and form.is_valid():
        told = attempt(form, lambda: _listed(actor_of(request), one, form.cleaned_data)) or []
    refused = [row for row in told if row.status in ("unknown", "invalid")]
    done = sum(row.status in ("added", "removed") for row in told)
    context = {"title": str(one), "segment": one, "form": form, "told": told}
    return page(request, "segments/members", {**context, "refused": refused, "done": done})


@role_required("curator")
@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, segment_slug: str) -> HttpResponse:
    """Take a segment out of use, after a look at what is decided and expected for it."""
    one = _found(segment_slug)
    form = ArchiveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: _archived(actor_of(request), one, form.cleaned_data))
        if done:
            messages.success(request, _("Archived. Its past stays readable here."))
            return redirect("desk:segment", one.slug)
    title = _("Archive %(segment)s") % {"segment": one}
    used = {"uses": newest_lines(uses(one)), "expected": expectations_on(one)}
    context = {"title": title, "segment": one, "form": form, **used}
    return page(request, "segments/archive", context)


@role_required("curator")
@require_POST
def refresh(request: HttpRequest, segment_slug: str) -> HttpResponse:
    """Have a segment brought up to date now."""
    one = _found(segment_slug)
    announce("recsys.refresh_segment", str(one.pk))
    messages.success(request, _("It is being brought up to date."))
    return redirect("desk:segment", one.slug)


def _found(slug: str) -> Segment:
    return get_object_or_404(Segment.objects.select_related("state"), slug=slug)


def _written(request: HttpRequest, kind: str, one: Segment | None) -> HttpResponse:
    grows = not (BUTTONS | {"look"}).isdisjoint(request.POST)
    sent = None if grows else request.POST or None
    form = _FORMS.get(kind, NameForm)(sent, initial=request.POST.dict(), segment=one)
    context: dict[str, Any] = {"form": form, "kind": kind, "segment": one}
    if request.method == "POST" and "count" in request.POST:
        form.is_valid()
        context |= _counted(CountForm(request.POST))
    elif form.is_bound and form.is_valid():
        try:
            saved = _saved(actor_of(request), form)
        except Problem as problem:
            context |= _refused(request, form, problem)
        else:
            return redirect("desk:segment", saved.slug)
    context["title"] = str(one) if one else _("New segment")
    return page(request, "segments/write", context)


def _refused(request: HttpRequest, form: NameForm, problem: Problem) -> dict[str, Any]:
    """The form with what was typed, and why it was not saved: what others wrote, where they were quicker."""
    if problem.code != "stale_segment" or form.segment is None:
        form.add_error(None, str(problem))
        return {"extreme": problem.code in _EXTREMES}
    typed = request.POST.copy()
    typed["base"] = str(actions.segment_number(form.segment))
    rebased = type(form)(typed, segment=form.segment)
    rebased.full_clean()
    called = {"name": _("Name"), "query": _("Which members")}
    rows = [row | {"called": called[row["field"]]} for row in clashes_in_words(problem.errors)]
    return {"form": rebased, "clashes": rows}


def _saved(actor: User, form: NameForm) -> Segment:
    data = form.cleaned_data
    common = {"actor": actor, "base": data["base"] or 0, **{k: data[k] for k in ("name", "reason")}}
    if isinstance(form, QueryForm):
        query, confirmed = to_json(form.query()), data["confirmed"]
        slug = form.slug_given()
        return actions.set_segment(slug=slug, query=query, confirmed=confirmed, **common)
    if form.segment is None:
        return actions.make_list(slug=form.slug_given(), **common)
    actions.rename_segment(segment=form.segment, **common)
    return form.segment


def _listed(actor: User, one: Segment, data: Mapping[str, Any]) -> list[Listed]:
    ids = {data["way"]: data["ids"]}
    common = {"source": data["source"], "reason": data["reason"]}
    return actions.edit_list(actor=actor, segment=one, **common, **ids)


def _archived(actor: User, one: Segment, data: Mapping[str, Any]) -> bool:
    actions.archive_segment(actor=actor, segment=one, **data)
    return True


def _counted(form: CountForm) -> dict[str, Any]:
    """The count of a query that can be read, or what is wrong with it."""
    if not form.is_valid():
        errors = [str(error) for each in form.errors.values() for error in each]
        return {"counted": True, "errors": errors}
    named, everybody = member_queries.count(form.query())
    rows = segment_desk.with_figures(member_queries.sample(form.query(), 5))
    return {"counted": True, "named": named, "everybody": everybody, "rows": rows}
