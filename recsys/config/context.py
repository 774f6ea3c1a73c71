"""What every template may know of the product."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from curation.people.access import roles_of


def product(request: HttpRequest) -> dict[str, object]:
    """Whether this is the demo, whether strangers may sign up, and the roles of who is asking."""
    told = {"demo": settings.DEMO, "signup_open": settings.SIGNUP_OPEN}
    # A request that was refused before anybody was looked up has no user.
    return told | {"roles": roles_of(getattr(request, "user", AnonymousUser()))}
