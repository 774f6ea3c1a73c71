"""What every request passes: its id, the limit of its body, and the language and time zone of who is signed in."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from curation.ids import new_id
from curation.models import User
from curation.problems import Problem
from recsys.config import errors

View = Callable[[HttpRequest], HttpResponse]


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
