"""What draws a member: a pane of the member's page, and without scripts a page of its own."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from curation.models import Member
from curation.people.access import role_required
from recsys.preferences.cards import card_of
from recsys.screens.staff_pages import READERS, page


@role_required(*READERS)
@require_GET
@vary_on_headers("HX-Request")
def preference(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """What draws one member, and what they like more than others do."""
    member = get_object_or_404(Member, pk=member_id)
    context = {"title": _("What draws this member"), "member": member, "card": card_of(member)}
    if getattr(request, "htmx", False):
        return render(request, "recsys/preferences/_preference.html", context)
    return page(request, "recsys/preferences/preference.html", context)
