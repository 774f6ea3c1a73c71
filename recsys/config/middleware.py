"""What every request passes: its id, limits of its body and of its caller, and the preferences of who is signed in."""

from __future__ import annotations

import logging
import re
import time
import zoneinfo
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from structlog.contextvars import bind_contextvars, clear_contextvars

from curation.ids import new_id
from curation.models import User
from curation.problems import Problem
from recsys.accounts import second_factor as factor
from recsys.accounts import visitors
from recsys.config import errors
from recsys.transport import telemetry, throttles
from recsys.transport.throttles import TooMany

log = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_PROBES: Final = frozenset({"live", "ready", "metrics"})

# Where strangers try passwords and names; what visitors do elsewhere is no reason to lock a neighbour out.
_ACCOUNT: Final = ("/login/", "/account/")

# What a signed-in user has to reach who is still to set a second factor up. The calls of the API, which
# answer by a document, ask for it by themselves, and so do the metrics.
_BEFORE_FACTOR: Final = re.compile(
    r"(account_)?log(in|out)|mfa_\w+|account_(reauthenticate|(confirm_)?email\w*)|set_language|live|ready|metrics"
)


def request_id(get_response: View) -> View:
    """Give each request an id, its caller's if that is one, and write one line about what became of it.

    It stands under `request.META["REQUEST_ID"]`, in the response's header `X-Request-ID`, and in every line logged.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.META["REQUEST_ID"] = identifier = _identifier(request)
        clear_contextvars()
        bind_contextvars(request_id=identifier)
        began = time.perf_counter()
        with telemetry.IN_FLIGHT.track_inprogress():
            response = get_response(request)
        response["X-Request-ID"] = identifier
        _tell(request, response, time.perf_counter() - began)
        return response

    return middleware


def _identifier(request: HttpRequest) -> str:
    given = request.headers.get("X-Request-ID", "")
    return given if _IDENTIFIER.fullmatch(given) else str(new_id())


def _tell(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Count the request and log its line: the route rather than the address, which may hold a secret."""
    match = request.resolver_match
    if match is None and response.status_code != HTTPStatus.NOT_FOUND:
        return  # a static file, or refused before any view
    view = (match.view_name or match.func.__name__) if match else ""
    status = response.status_code
    telemetry.REQUESTS.labels(view, f"{status // 100}xx").observe(seconds)
    if view in _PROBES:
        return
    facts = {"method": request.method, "route": match.route if match else "", "view": view}
    log.info("request", extra={**facts, "status": status, "ms": round(seconds * 1000, 1)})


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
    """Count what people send from pages, by member, visitor or address; the API counts by itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path.startswith(errors.API):
            return get_response(request)
        waiting_s = _wait_s(request)
        if waiting_s:
            return errors.answer(request, TooMany(waiting_s))
        return _slowed(request, get_response(request))

    return middleware


def _slowed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The page of a form that somebody sent too often says so to programs as well."""
    if waiting_s := request.META.get(throttles.WAITS):
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response["Retry-After"] = TooMany(waiting_s).headers["Retry-After"]
    return response


def _wait_s(request: HttpRequest) -> float:
    if isinstance(request.user, User):
        return throttles.wait_s("member", str(request.user.pk))
    address = throttles.address_of(request)
    if request.path_info.startswith(_ACCOUNT):
        return throttles.wait_s("account", address)
    visitor = visitors.outside_id_of(request) or address
    return throttles.wait_s("visitor", visitor) or throttles.wait_s("address", address)


def methods(get_response: View) -> View:
    """Where only a form may be sent to an address, tell whoever opens it as a page, by a page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or request.path.startswith(errors.API):
            return response
        told = _("This address only takes a form. Open the page that holds it.")
        page = errors.answer(request, Problem(405, "not_a_page", _("This is not a page"), told))
        page["Allow"] = response["Allow"]
        return page

    return middleware


def second_factor(get_response: View) -> View:
    """Where the installation asks it of its staff, show them no page before they have a second factor."""

    def middleware(request: HttpRequest) -> HttpResponse:
        asked = settings.STAFF_SECOND_FACTOR and not _is_open(request.path_info)
        if asked and factor.is_missing(request.user):
            messages.warning(request, _("Staff sign in with a second factor here: set yours up."))
            return redirect("mfa_activate_totp")
        return get_response(request)

    return middleware


def _is_open(path: str) -> bool:
    """Whether an address needs no second factor of anybody, or asks for it by itself."""
    if path.startswith(errors.API):
        return True
    try:
        return bool(_BEFORE_FACTOR.fullmatch(resolve(path).view_name))
    except Resolver404:
        return True


def preferences(get_response: View) -> View:
    """Speak the language that a signed-in user set, unless this browser chose another; tell the time of their zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not isinstance(
            request.user, User
        ):
            return get_response(request)
        bind_contextvars(user=str(request.user.pk))
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
