"""The panel of a tour, for the first page of each role."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from curation.models import User
from recsys.accounts import tours

register = template.Library()


@register.inclusion_tag("_tour.html", takes_context=True)
def tour(context: Context, *rooms: str) -> dict[str, Any]:
    """The first tour of these rooms that is for whoever looks, and that they have not put away."""
    request = context["request"]
    user = getattr(request, "user", None)
    roles = set(context.get("roles") or ())
    # Whoever has every role was new at none of them.
    wanted = set() if "administrator" in roles else roles & set(rooms)
    shown = tours.offered(user, wanted) if isinstance(user, User) and wanted else None
    return {"tour": shown, "request": request, "csrf_token": context.get("csrf_token")}
