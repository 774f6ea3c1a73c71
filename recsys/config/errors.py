"""What is answered when no view answers: a problem-details document under /api/, a page elsewhere."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.csrf import csrf_failure as csrf_page

from curation.problems import Denied, Invalid, Missing, Problem, problem_response

API = "/api/"


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as a document under /api/, as a page elsewhere."""
    if request.path.startswith(API):
        return problem_response(problem)
    page = render(request, "problem.html", {"problem": problem}, status=problem.status)
    for name, value in problem.headers.items():
        page[name] = value
    return page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django itself refuses, such as one for an unknown host."""
    if not request.path.startswith(API):
        return defaults.bad_request(request, exception)
    return problem_response(Invalid("bad_request", _("The request is malformed.")))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page that the user may not see."""
    if not request.path.startswith(API):
        return defaults.permission_denied(request, exception)
    return problem_response(Denied(_("Your roles do not allow this.")))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that nothing answers."""
    if not request.path.startswith(API):
        return defaults.page_not_found(request, exception)
    return problem_response(Missing("not_found", _("There is nothing at this address.")))


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours, or a database that is away; the log has the details under the request's id."""
    away = isinstance(sys.exc_info()[1], InterfaceError | OperationalError)
    if not request.path.startswith(API):
        page = defaults.server_error(request)
        page.status_code = 503 if away else 500
        return page
    if away:
        detail = _("The database does not answer. What was acknowledged is safe; ask again.")
        return problem_response(
            Problem(503, "unavailable", _("For a moment not there"), detail), {"Retry-After": "2"}
        )
    detail = _("The fault is logged under request %(id)s.") % {
        "id": request.META.get("REQUEST_ID", "")
    }
    return problem_response(Problem(500, "server_error", _("A fault of ours"), detail))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that another site sent, or one that lay open too long."""
    if not request.path.startswith(API):
        return csrf_page(request, reason)
    return problem_response(Denied(reason))
