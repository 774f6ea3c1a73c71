"""The page of a member's own history."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from recsys.accounts.visitors import for_everybody
from recsys.member import histories, receipts, shelves
from recsys.member.feedback_forms import number_of
from recsys.preferences import cards as preference_cards


@never_cache
@for_everybody
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """What whoever looks said of items, list by list; each can be changed or taken back where it stands."""
    name = request.GET.get("list", "")
    subject = shelves.subject_of(request)
    shown = histories.of(
        subject,
        name if name in histories.NAMES else "rated",
        number_of(request.GET.get("page")),
    )
    told = {
        "history": shown,
        "interests": preference_cards.interests_of(subject),
        "receipt": receipts.kept(request),
        "next": request.get_full_path(),
    }
    return render(request, "recsys/history.html", told)
