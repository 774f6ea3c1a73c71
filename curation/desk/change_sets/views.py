"""The desk's pages of change sets: opened, filled, planned, published, or thrown away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from curation import actions
from curation.decisions.lineages import named
from curation.desk import receipts
from curation.desk import shown as desk
from curation.desk.answering import actor_of, attempt, page, tell_findings
from curation.desk.change_set_forms import (
    DraftForm,
    OpenForm,
    PublishForm,
    ReasonForm,
    ScheduleForm,
)
from curation.desk.change_sets import outlooks
from curation.desk.expectations.views import may_override
from curation.desk.findings import mends
from curation.models import ChangeSet, Revision
from curation.people.access import role_required
from curation.queries.items import schema


@role_required("curator")
@require_http_methods(["GET", "POST"])
def change_sets(request: HttpRequest) -> HttpResponse:
    """All change sets, the open ones first; and the form that opens one."""
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"].strip()
        home = attempt(form, lambda: actions.open_change_set(actor=actor_of(request), name=name))
        if home:
            return redirect("desk:publish", home.pk)
    context = {"title": _("Change sets"), "form": form, **desk.change_sets()}
    return page(request, "change_sets", context)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, change_set_id: UUID) -> HttpResponse:
    """What a change set would change, for whom, and what lint says; publish it after that look, with a receipt."""
    home = _found(change_set_id)
    form = PublishForm(request.POST or None, may_override=may_override(request))
    if request.method == "POST" and form.is_valid():
        told = {"change_set": home, **form.told()}
        done = attempt(form, lambda: actions.publish(actor=actor_of(request), **told))
        if done:
            tell_findings(request, done)
            return redirect("desk:publish", home.pk)
    context = {"title": str(home), "home": home, "form": form, **_outlook(home)}
    context["mended"] = receipts.shown(request, place=mends.place_of(home))
    return page(request, "publish", context)


def _outlook(home: ChangeSet) -> dict[str, Any]:
    """What a change set changes: before its publish with lint and reach, after it with the versions it made."""
    known = schema()
    drafted = outlooks.drafted(home, known)
    told: dict[str, Any] = {"drafted": drafted, "is_open": _is_open(home)}
    if home.published_at:
        return {**told, "receipt": outlooks.receipt(home), "blocked": outlooks.blocked(drafted)}
    if not told["is_open"]:
        return told
    reach = outlooks.reach([each.line.revision for each in drafted])
    return {**told, "reach": reach, "inbox": outlooks.inbox(home, timezone.now(), known)}


@role_required("curator")
@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, change_set_id: UUID) -> HttpResponse:
    """Throw a change set's drafts away, after a look at what goes; they stay readable."""
    home = _found(change_set_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = {"change_set": home, "reason": form.cleaned_data["reason"]}
        if attempt(form, lambda: actions.discard(actor=actor_of(request), **told)):
            messages.success(request, _("Discarded. The drafts stay readable."))
            return redirect("desk:index")
    title = _("Discard %(name)s") % {"name": home}
    context = {"title": title, "home": home, "form": form, "drafts": desk.drafts(home)}
    return page(request, "discard", context)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, change_set_id: UUID, revision_id: UUID) -> HttpResponse:
    """One draft of an open change set: move it to another one, or take it out."""
    home = _found(change_set_id)
    one = get_object_or_404(named(), pk=revision_id, change_set=home)
    form = DraftForm(request.POST or None, home=home)
    sent = request.method == "POST" and form.is_valid()
    if sent and attempt(form, lambda: _send(request, one, form)):
        return redirect("desk:publish", home.pk)
    (line,) = desk.lines([one])
    context = {"title": line.title, "home": home, "form": form, "lines": [line]}
    return page(request, "draft", context)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest, change_set_id: UUID) -> HttpResponse:
    """Plan when a change set is published, plan it anew, or give the plan up."""
    home = _found(change_set_id)
    actor = actor_of(request)
    form: ScheduleForm | ReasonForm = ScheduleForm(
        request.POST or None, initial={"zone": home.zone or actor.time_zone or "UTC"}
    )
    if "cancel" in request.POST:
        form = ReasonForm(request.POST)
    planned = request.method == "POST" and form.is_valid()
    if planned and attempt(form, lambda: _plan(request, home, form)):
        return redirect("desk:publish", home.pk)
    title = _("Plan %(name)s") % {"name": home}
    return page(request, "schedule", {"title": title, "home": home, "form": form})


def _found(change_set_id: UUID) -> ChangeSet:
    return get_object_or_404(ChangeSet.objects.select_related("scheduled_by"), pk=change_set_id)


def _is_open(home: ChangeSet) -> bool:
    return home.published_at is None and home.discarded_at is None


def _send(request: HttpRequest, one: Revision, form: DraftForm) -> bool:
    """Move a draft, or take it out where no other set was named."""
    told = {"actor": actor_of(request), "draft": one, "reason": form.cleaned_data["reason"]}
    if to := form.cleaned_data["to"]:
        actions.move(to=to, **told)
        messages.success(request, _("Moved to %(name)s.") % {"name": to.name})
    else:
        actions.withdraw(**told)
        messages.success(request, _("Taken out. The draft stays readable."))
    return True


def _plan(request: HttpRequest, home: ChangeSet, form: ScheduleForm | ReasonForm) -> bool:
    told = {
        "actor": actor_of(request),
        "change_set": home,
        "reason": form.cleaned_data["reason"],
    }
    if isinstance(form, ReasonForm):
        actions.unschedule(**told)
        messages.success(request, _("It waits to be published by hand."))
    else:
        actions.schedule(at=form.instant(), zone=form.cleaned_data["zone"], **told)
        messages.success(request, _("Planned."))
    return True
