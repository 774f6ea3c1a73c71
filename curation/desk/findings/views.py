"""One press mends what lint found: in the change set whose page it is, or drafted for what is published."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from curation import actions
from curation.desk import receipts
from curation.desk.answering import actor_of
from curation.desk.findings import mends
from curation.desk.findings.mends import Asked, Mended
from curation.given import Readings, in_each_language
from curation.lint import inspections
from curation.models import ChangeSet, Surface
from curation.people.access import role_required
from curation.problems import Problem
from curation.queries.items import schema


@role_required("curator")
@require_POST
def mend_draft(request: HttpRequest, change_set_id: UUID) -> HttpResponse:
    """Mend a draft of a change set, or take it out."""
    home = get_object_or_404(ChangeSet, pk=change_set_id)
    try:
        _keep(request, _in_set(request, home), home)
    except Problem as problem:
        messages.error(request, str(problem))
    return redirect("desk:publish", home.pk)


@role_required("curator")
@require_POST
def mend_published(request: HttpRequest) -> HttpResponse:
    """Draft the mend of something that is published; members see nothing of it yet."""
    try:
        _keep(request, _published(request))
    except Problem as problem:
        messages.error(request, str(problem))
    return redirect("desk:lint")


@role_required("curator")
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the mend that a receipt is about, and back to the page that showed it."""
    actor, home = actor_of(request), _home(request)
    try:
        mends.undo(actor=actor, done=receipts.read(actor, request.POST.get("receipt", "")))
    except Problem as problem:
        messages.error(request, str(problem))
    else:
        receipts.forget(request, place=mends.place_of(home))
        messages.success(request, _("Undone."))
    return redirect("desk:publish", home.pk) if home else redirect("desk:lint")


def _home(request: HttpRequest) -> ChangeSet | None:
    """The change set whose page sent the form, if it was one's."""
    try:
        return ChangeSet.objects.filter(pk=UUID(request.POST.get("back", ""))).first()
    except ValueError:
        return None


def _in_set(request: HttpRequest, home: ChangeSet) -> Mended:
    now = timezone.now()
    found = inspections.of_drafts(home, now, schema())
    offered = mends.offers(found, home)
    actor, asked = actor_of(request), _asked(request)
    return mends.mend(actor=actor, asked=asked, offered=offered, home=home, at=now)


def _published(request: HttpRequest) -> Mended:
    now, actor, asked = timezone.now(), actor_of(request), _asked(request)
    offered = mends.offers(inspections.inspect(Surface.objects.all(), now))
    with transaction.atomic():
        home = actions.open_change_set(actor=actor, offered=_home_of_mends())
        return mends.mend(actor=actor, asked=asked, offered=offered, home=home, at=now)


def _home_of_mends() -> Readings:
    return in_each_language(lambda: _("Mends of findings"))


def _asked(request: HttpRequest) -> Asked:
    names = {"name": "mend"} | {each: each for each in ("surface", "revision", "code", "other")}
    return Asked(**{ours: request.POST.get(theirs, "") for ours, theirs in names.items()})


def _keep(request: HttpRequest, done: Mended, home: ChangeSet | None = None) -> None:
    place = mends.place_of(home)
    receipts.keep(request, actor_of(request), done.undo, done.words, place=place)
