"""Visitors: members whom nobody has signed in for yet, known by a signed cookie.

A browser's first page is nobody's and brings the cookie; whoever sends it back is a visitor, and becomes a
member with the first slate or act. So what keeps no cookies, as most robots do, leaves no rows behind. At
sign-in the visitor is merged into the user's member, and the cookie goes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop

from curation.models import Member, User
from curation.people import members
from curation.problems import Conflict
from feedback.merging import merge_members

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

COOKIE: Final = "visitor"
LIFETIME_S: Final = 180 * 24 * 3600
_SALT: Final = "recsys.accounts.visitors"
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_NEW: Final = "tandem.visitor"

ROBOTS: Final = re.compile(r"(?<!cu)bot\b|crawl|spider|slurp", re.IGNORECASE)
"""User agents that say themselves that nobody sits before them (a Cubot is a telephone)."""


def for_everybody(view: View[P]) -> View[P]:
    """A page for whoever comes: signed in, a visitor, or a browser that becomes one with this answer."""

    @login_not_required
    @wraps(view)
    def greeted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if isinstance(request.user, User):
            adopted = adopt(request, request.user)
            response = view(request, *args, **kwargs)
            if adopted:
                forget(response)
            return response
        response = view(request, *args, **kwargs)
        _hand_out(request, response)
        return response

    return greeted


def outside_id_of(request: HttpRequest) -> str | None:
    """The outside id of the visitor; None for a browser that brings no cookie and did nothing yet."""
    key = _brought(request) or request.META.get(_NEW)
    return f"visitor-{key}" if key else None


def member_of(request: HttpRequest) -> Member:
    """The visitor's member, made if need be: for acts, which a browser without a cookie may send too."""
    outside_id = f"visitor-{_brought(request) or _new_key(request)}"
    return members.get_or_create(settings.DEFAULT_SOURCE, outside_id)


def member_if_any(request: HttpRequest) -> Member | None:
    """The visitor's member if there is one; nothing is made."""
    outside_id = outside_id_of(request)
    return members.resolve(settings.DEFAULT_SOURCE, outside_id) if outside_id else None


def is_robot(request: HttpRequest) -> bool:
    """Whether the browser says that it is none."""
    return bool(ROBOTS.search(request.headers.get("User-Agent", "")))


def adopt(request: HttpRequest, user: User) -> bool:
    """Merge the visitor whose cookie came into the user's member; tells whether a cookie came.

    A visitor who was merged into somebody else before stays with them.
    """
    if COOKIE not in request.COOKIES:
        return False
    visitor = member_if_any(request)
    if visitor is not None and visitor.user_id is None:
        own = own_member(user)
        with suppress(Conflict):
            merge_members(actor=user, member=visitor, into=own, reason=gettext_noop("signed in"))
    return True


def forget(response: HttpResponse) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, samesite="Lax")


def own_member(user: User) -> Member:
    """The member that a user is, made if need be."""
    own = Member.objects.select_related("merged_into").filter(user=user).first()
    if own:
        return own.merged_into or own
    return members.get_or_create(settings.DEFAULT_SOURCE, f"user-{user.get_username()}", user=user)


def _brought(request: HttpRequest) -> str | None:
    key = request.get_signed_cookie(COOKIE, None, salt=_SALT, max_age=LIFETIME_S)
    return key if key and _KEY.fullmatch(key) else None


def _new_key(request: HttpRequest) -> str:
    key: str = request.META.setdefault(_NEW, secrets.token_urlsafe(16))
    return key


def _hand_out(request: HttpRequest, response: HttpResponse) -> None:
    """Give a browser without a cookie one; a robot that says so gets none."""
    if _brought(request) or (_NEW not in request.META and is_robot(request)):
        return
    response.set_signed_cookie(
        COOKIE,
        _new_key(request),
        salt=_SALT,
        max_age=LIFETIME_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
