"""What every request passes: its id, limits of its body and of its caller, and the preferences of who is signed in."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from curation.ids import new_id
from curation.models import User
from curation.problems import Problem
from recsys import throttles
from recsys.config import errors
from recsys.throttles import TooMany

View = Callable[[HttpRequest], HttpResponse]

_DESK: Final = ("/admin/", "/report/")


def request_id(get_response: View) -> View:
    """Give each request an id under `request.META["REQUEST_ID"]` and the response the header `X-Request-ID`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.META["REQUEST_ID"] = identifier = str(new_id())
        response = get_response(request)
        response["X-Request-ID"] = identifier
        return response

    return middleware


def body_limit(get_response: View) -> View:
    """Refuse a body that is larger than any view reads, or of unsaid length, before anything of it is read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        problem = _of_body(request.META)
        return errors.answer(request, problem) if problem else get_response(request)

    return middleware


def _of_body(headers: Mapping[str, str]) -> Problem | None:
    length = headers.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        limit = {"limit": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
        text = _("A body may hold at most %(limit)d bytes.") % limit
        return Problem(413, "too_large", _("Body too large"), text)
    if length == "0" and headers.get("HTTP_TRANSFER_ENCODING"):
        text = _("Say the length of the body: it cannot come in chunks.")
        return Problem(411, "length_required", _("Length required"), text)
    return None


def limits(get_response: View) -> View:
    """Count what people send from pages: forms of accounts by address, acts by member; the API counts by itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path.startswith(errors.API):
            return get_response(request)
        waiting_s = _wait_s(request)
        return errors.answer(request, TooMany(waiting_s)) if waiting_s else get_response(request)

    return middleware


def _wait_s(request: HttpRequest) -> float:
    if isinstance(request.user, User):
        return throttles.wait_s("member", str(request.user.pk))
    return throttles.wait_s("account", throttles.address_of(request))


def second_factor(get_response: View) -> View:
    """Where the installation asks it of its staff, show them no desk before they have a second factor."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.STAFF_SECOND_FACTOR and request.path.startswith(_DESK) and _lacks_one(request):
            messages.warning(request, _("Staff sign in with a second factor here: set yours up."))
            return redirect("mfa_activate_totp")
        return get_response(request)

    return middleware


def _lacks_one(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_staff and not is_mfa_enabled(user)


def preferences(get_response: View) -> View:
    """Speak the language that a signed-in user set, unless this browser chose another; tell the time of their zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not isinstance(
            request.user, User
        ):
            return get_response(request)
        if request.user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        with timezone.override(_zone(request.user.time_zone)):
            return get_response(request)

    return middleware


@cache
def _zone(name: str) -> zoneinfo.ZoneInfo:
    """The zone of that name, UTC where this machine knows none."""
    return zoneinfo.ZoneInfo(name if name in zoneinfo.available_timezones() else "UTC")
