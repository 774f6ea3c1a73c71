"""The approval of a change set: the pane of its page, and what that sends (ask, take back, approve, send back)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from curation import actions
from curation.desk.answering import actor_of, attempt, page, tell_errors
from curation.desk.change_set_forms import AnswerForm, AskForm
from curation.desk.change_sets.approval_cards import approval_of
from curation.models import Approval, ChangeSet
from curation.people.access import role_required

_Way = tuple[type[forms.Form], Callable[..., Approval], str | Promise]
_WAYS: Final[Mapping[str, _Way]] = {
    "ask": (
        AskForm,
        actions.ask_approval,
        _("Asked. Those who can approve it find it on their page."),
    ),
    "take_back": (AskForm, actions.take_back_approval, _("Taken back. It can be asked for again.")),
    "approve": (
        AnswerForm,
        actions.approve,
        _("Approved, as it stands; any change makes that void."),
    ),
    "send_back": (AnswerForm, actions.send_back, _("Sent back with your reason.")),
}


@role_required("curator")
@require_http_methods(["GET", "POST"])
def approval(request: HttpRequest, change_set_id: UUID) -> HttpResponse:
    """Show it, as a pane or a page of its own; or do one of these, and say on the set's page what came of it."""
    home = get_object_or_404(ChangeSet, pk=change_set_id)
    if request.method == "GET":
        context = approval_of(actor_of(request), home)
        if request.headers.get("HX-Request"):
            return render(request, "curation/desk/_approval.html", context)
        return page(request, "approval", {**context, "title": str(home)})
    if (act := request.POST.get("act", "")) not in _WAYS:
        raise Http404
    kind, do, done = _WAYS[act]
    form = kind(request.POST)
    if form.is_valid():
        told: dict[str, Any] = {"change_set": home, **form.cleaned_data}
        if attempt(form, lambda: do(actor=actor_of(request), **told)):
            messages.success(request, str(done))
    tell_errors(request, form)
    return redirect("desk:publish", home.pk)
