"""The door of the hot endpoints: method, who calls and with which role; every refusal is a problem-details document.

DRF serves the management endpoints; these views skip it, since other shops and sites call them for each of their pages.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import CSRFCheck
from structlog.contextvars import bind_contextvars

from curation.models import User
from curation.problems import Denied, Problem, problem_response
from recsys.accounts import second_factor
from recsys.api.limits import admit, count_stranger
from recsys.api.tokens import Caller, caller_of, caller_of_user

P = ParamSpec("P")
HotView = Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

SCHEME: Final = "Token"
CHALLENGE: Final = {"WWW-Authenticate": SCHEME}


def door(method: str, *roles: str) -> Callable[[HotView[P]], View[P]]:
    """Let in one method and the roles named (and administrators), and hand the caller to the view."""

    def decorate(view: HotView[P]) -> View[P]:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method != method:
                return _wrong_method(method)
            try:
                return view(request, _let_in(request, roles), *args, **kwargs)
            except Problem as problem:
                return problem_response(problem, CHALLENGE if problem.status == 401 else None)

        return opened

    return decorate


def _wrong_method(method: str) -> HttpResponse:
    detail = _("Use %(method)s here.") % {"method": method}
    problem = Problem(405, "method_not_allowed", _("Method not allowed"), detail)
    return problem_response(problem, {"Allow": method})


def _let_in(request: HttpRequest, roles: tuple[str, ...]) -> Caller:
    caller = authenticate(request)
    bind_contextvars(user=str(caller.user_id))
    admit(request, caller)
    if caller.roles.isdisjoint(roles):
        raise Denied(_("This takes the role %(roles)s.") % {"roles": _(" or ").join(roles)})
    return caller


def authenticate(request: HttpRequest) -> Caller:
    """The caller by API token, else by session with its CSRF token; a problem of 401 or 403 where there is none."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if header:
        return _by_token(request, header)
    if isinstance(request.user, User):
        _check_csrf(request)
        second_factor.require(request.user)
        return caller_of_user(request.user)
    raise _unauthenticated(_("Send an API token: `Authorization: Token …`."))


def _by_token(request: HttpRequest, header: str) -> Caller:
    scheme, _space, clear = header.partition(" ")
    if scheme.lower() != SCHEME.lower() or not clear:
        raise _unauthenticated(_("Send an API token: `Authorization: Token …`."))
    caller = caller_of(clear.strip())
    if caller is None:
        count_stranger(request)
        raise _unauthenticated(_("This API token is unknown or has expired."))
    return caller


def _unauthenticated(detail: str) -> Problem:
    return Problem(401, "unauthenticated", _("Not signed in"), detail)


def _check_csrf(request: HttpRequest) -> None:
    check = CSRFCheck(_nothing)
    check.process_request(request)
    reason = check.process_view(request, _nothing, (), {})
    if reason:
        raise Denied(str(reason))


def _nothing(_request: HttpRequest) -> HttpResponse:
    """The view behind a check that is made by itself."""
    return HttpResponse()
