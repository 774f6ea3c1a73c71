"""Problem details (RFC 9457): every error of the API as one kind of JSON, with a code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """Something that the caller can mend, or must know: raised anywhere, answered as JSON.

    `errors` are mappings with `code`, `message` and, where one is at fault, `field`.
    """

    headers: Mapping[str, str] = {}
    """What the answer says beside its body."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)

    def body(self) -> dict[str, Any]:
        """The JSON object of the answer."""
        body: dict[str, Any] = {
            "type": f"urn:tandem:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail or self.title,
        }
        return body | ({"errors": [dict(error) for error in self.errors]} if self.errors else {})


class Invalid(Problem):
    """What was sent cannot be used (400)."""

    def __init__(self, code: str, detail: str, errors: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(400, code, _("The request cannot be used"), detail, errors)


class Denied(Problem):
    """The caller may not do this (403)."""

    def __init__(self, detail: str) -> None:
        super().__init__(403, "denied", _("You may not do this"), detail)


class Missing(Problem):
    """What was asked for is not there (404)."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(404, code, _("Not found"), detail)


class Conflict(Problem):
    """Things have moved on since the caller looked (409)."""

    def __init__(self, code: str, detail: str, errors: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(409, code, _("This conflicts with what is there now"), detail, errors)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Answer a problem."""
    body = orjson.dumps(problem.body())
    told = {**problem.headers, **(headers or {})}
    return HttpResponse(body, CONTENT_TYPE, status=problem.status, headers=told)


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Answer any expected exception of a REST framework view as a problem; others go their way."""
    problem = problem_of(exc)
    if problem is None:
        return None
    return problem_response(problem, _headers(exc, context))


def problem_of(exc: Exception) -> Problem | None:
    """The problem that an exception stands for; None for a fault of our own."""
    if isinstance(exc, Problem):
        return exc
    if isinstance(exc, exceptions.ValidationError):
        detail = _("Some fields are not as they should be.")
        return Invalid("invalid", detail, list(_field_errors(exc.get_full_details())))
    if isinstance(exc, exceptions.APIException):
        return _of_framework(exc)
    return _of_django(exc)


def _of_django(exc: Exception) -> Problem | None:
    if isinstance(exc, Http404):
        return Missing("not_found", _("There is nothing at this address."))
    if isinstance(exc, PermissionDenied):
        return Denied(_("Your roles do not allow this."))
    if isinstance(exc, RequestDataTooBig):
        return Problem(413, "too_large", _("The body is too large"))
    return None


def _of_framework(exc: exceptions.APIException) -> Problem:
    title = HTTPStatus(exc.status_code).phrase
    codes = exc.get_codes()
    return Problem(exc.status_code, str(codes), title, str(exc.detail))


def _field_errors(details: object, path: str = "") -> Iterable[dict[str, str]]:
    """Flatten the framework's nested error details into a list with dotted paths."""
    if isinstance(details, Mapping) and set(details) == {"message", "code"}:
        yield {"field": path, "code": str(details["code"]), "message": str(details["message"])}
    elif isinstance(details, Mapping):
        for key, value in details.items():
            yield from _field_errors(value, _place(path, key))
    elif isinstance(details, Sequence):
        for at, value in enumerate(details):
            leaf = isinstance(value, Mapping) and set(value) == {"message", "code"}
            yield from _field_errors(value, path if leaf else f"{path}[{at}]")


def _place(path: str, key: object) -> str:
    if key == "non_field_errors":
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)


def _headers(exc: Exception, context: Mapping[str, Any]) -> dict[str, str]:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(exc, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return headers
