"""The pages of the reward table: what is in force and was, and changing it with a preview of the labels."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from curation.people.access import require, role_required
from feedback.models import RewardTable
from feedback.rewards.actions import NotPossible, change_rewards
from feedback.rewards.forms import RewardForm, rows_of
from feedback.rewards.labels import preview
from feedback.rewards.tables import BUILT_IN, Rewards, in_force


@role_required("curator", "analyst", "operator")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The version in force, and all there were."""
    current = in_force()
    context = {
        "title": _("Rewards"),
        "current": current,
        "rows": rows_of(current),
        "versions": RewardTable.objects.select_related("author"),
    }
    return _page(request, "feedback/rewards/overview.html", context)


@role_required("curator")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Change the table: look at the labels that it gives, then put it in force."""
    current = in_force()
    form = RewardForm(request.POST or None, _start(request, current), current.number)
    shown = None
    if request.method == "POST" and form.is_valid():
        if "save" in request.POST and _save(request, form):
            return redirect("rewards:overview")
        shown = preview(current, form.rewards(), form.since())
    context = {"title": _("Change the rewards"), "form": form, "preview": shown}
    status = 400 if form.errors else 200
    return _page(request, "feedback/rewards/change.html", context, status)


def _start(request: HttpRequest, current: Rewards) -> Rewards:
    """The version to begin with: the URL may name an older one."""
    told = request.GET.get("from", "")
    if not told:
        return current
    if not told.isdecimal() or len(told) > 9:
        raise Http404
    if int(told) == BUILT_IN.number:
        return BUILT_IN
    row = get_object_or_404(RewardTable, number=int(told))
    return Rewards.read(row.number, row.table)


def _save(request: HttpRequest, form: RewardForm) -> bool:
    reason = form.cleaned_data["reason"].strip()
    if not reason:
        form.add_error("reason", _("Say why."))
        return False
    try:
        made = change_rewards(
            actor=require(request.user, "curator"),
            base=form.cleaned_data["base"],
            rewards=form.rewards(),
            reason=reason,
        )
    except NotPossible as refusal:
        form.add_error(None, str(refusal))
        return False
    text = _("Version %(number)d is in force. The next training learns from it.")
    messages.success(request, text % {"number": made.number})
    return True


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)
