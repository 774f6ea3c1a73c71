"""What the page of a change set sends about its approval: ask for it, take that back, approve, send back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from curation import actions
from curation.access import role_required
from curation.answering import actor_of, attempt, tell_errors
from curation.change_set_forms import AnswerForm, AskForm
from curation.models import Approval, ChangeSet

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
@require_POST
def approval(request: HttpRequest, change_set_id: UUID) -> HttpResponse:
    """Do one of them, and lead back to the page; what was wrong is told there."""
    home = get_object_or_404(ChangeSet, pk=change_set_id)
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
