"""The report: what members did and wrote, how slots were answered, what was kept out and why."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from curation.people.access import require, role_required, roles_of
from feedback import comments as written
from feedback.keeping import cleaning as marks
from feedback.pages.forms import LiftForm, ReasonForm
from feedback.reporting import kept_out, pages, shell

COMMENTS_SHOWN: Final = 50


@require_GET
@role_required("analyst", "curator")
def report(request: HttpRequest) -> HttpResponse:
    """What changed, and the trends."""
    return shell.page(request, pages.OVERVIEW)


@require_GET
@role_required("analyst", "curator")
def activity(request: HttpRequest) -> HttpResponse:
    """What members did, by kind, hour and stars."""
    return shell.page(request, pages.ACTIVITY)


@require_GET
@role_required("analyst", "curator")
def items(request: HttpRequest) -> HttpResponse:
    """Which items won and lost, and which nobody is shown."""
    return shell.page(request, pages.ITEMS)


@require_GET
@role_required("analyst", "curator")
def slots(request: HttpRequest) -> HttpResponse:
    """How slots were answered, and how current the slates were."""
    return shell.page(request, pages.SLOTS)


@require_GET
@role_required("analyst", "curator")
def members(request: HttpRequest) -> HttpResponse:
    """Who came, and what each segment did."""
    return shell.page(request, pages.MEMBERS)


@require_GET
@role_required("analyst", "curator")
def download(request: HttpRequest, table: str) -> HttpResponse:
    """The figures of one section as CSV, under the same filters as the page."""
    page = pages.page_of(table)
    if page is None:
        raise Http404
    return shell.table(request, page, table)


@require_GET
@role_required("analyst", "curator")
def comments(request: HttpRequest) -> HttpResponse:
    """What members wrote, the latest first, each with its item and its author's stars."""
    try:
        before = UUID(request.GET["before"]) if "before" in request.GET else None
    except ValueError:
        return HttpResponse(status=400)
    listed = written.latest(before, COMMENTS_SHOWN)
    older = listed[-1].id if len(listed) == COMMENTS_SHOWN else None
    shown = {"comments": listed, "older": older, "may_judge": "curator" in roles_of(request.user)}
    return shell.frame(request, "comments", "feedback/comments.html", shown)


@require_POST
@role_required("curator")
def judge_comment(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """Hide a comment from other members, with a reason, or show it again."""
    actor = require(request.user, "curator")
    form = ReasonForm(request.POST)
    if "show" in request.POST:
        done = written.show_again(actor=actor, comment=comment_id)
    elif form.is_valid():
        reason = form.cleaned_data["reason"]
        done = written.hide(actor=actor, comment=comment_id, reason=reason)
    else:
        done = False
    messages.info(request, _("Done.") if done else _("Nothing changed: say a reason to hide it."))
    return redirect("feedback:comments")


@require_GET
@role_required("analyst", "curator")
def cleaning(request: HttpRequest) -> HttpResponse:
    """What the rules keep out of training: counts by rule, and whose it is."""
    shown = {"section": kept_out.section(), "marked": marks.marked(), "csv": ""}
    return shell.frame(request, "cleaning", "feedback/cleaning.html", shown)


@require_POST
@role_required("analyst", "curator")
def lift(request: HttpRequest) -> HttpResponse:
    """Let a member's interactions count again that a rule kept out."""
    actor = require(request.user, "analyst", "curator")
    form = LiftForm(request.POST)
    if form.is_valid():
        lifted = marks.lift(actor=actor, **form.cleaned_data)
        told = ngettext(
            "%(n)d interaction counts again.", "%(n)d interactions count again.", lifted
        )
        messages.info(request, told % {"n": lifted})
    else:
        messages.error(request, _("Nothing changed: say a reason."))
    return redirect("feedback:cleaning")
