"""What every template may know of the product."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from curation.access import roles_of


def product(request: HttpRequest) -> dict[str, object]:
    """Whether this is the demo, and the roles of who is asking."""
    return {"demo": settings.DEMO, "roles": roles_of(request.user)}
