"""What is answered when no view answers: a problem-details document under /api/, a page elsewhere."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

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
    return _plainly(request, Invalid("bad_request", _("The request is malformed.")))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page that the user may not see."""
    return answer(request, Denied(_("Your roles do not allow this.")))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that nothing answers."""
    return answer(request, Missing("not_found", _("There is nothing at this address.")))


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours, or a database that is away; the log has the details under the request's id."""
    if isinstance(sys.exc_info()[1], InterfaceError | OperationalError):
        detail = _("The database does not answer. What was acknowledged is safe; ask again.")
        return _plainly(request, Away(503, "unavailable", _("For a moment not there"), detail))
    detail = _("The fault is logged under request %(id)s.") % {
        "id": request.META.get("REQUEST_ID", "")
    }
    return _plainly(request, Problem(500, "server_error", _("A fault of ours"), detail))


class Away(Problem):
    """What is needed does not answer at the moment."""

    headers = {"Retry-After": "2"}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that another site sent, or one that lay open too long."""
    if request.path.startswith(API):
        return problem_response(Denied(reason))
    detail = _("The form lay open too long, or it came from elsewhere. Nothing was changed.")
    return answer(request, Problem(403, "stale_form", _("This form is no longer good"), detail))


def _plainly(request: HttpRequest, problem: Problem) -> HttpResponse:
    """As a document under /api/; elsewhere as a page that asks neither who is looking nor the database."""
    if request.path.startswith(API):
        return problem_response(problem, problem.headers)
    page = render_to_string("fault.html", {"problem": problem})
    return HttpResponse(page, status=problem.status, headers=dict(problem.headers))
