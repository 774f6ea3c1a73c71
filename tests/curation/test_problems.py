"""Every error of the API is one kind of document."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions

from curation.problems import Conflict, Invalid, problem_of, problem_response


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Conflict("stale_version", "old"), 409, "stale_version"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "denied"),
        (RequestDataTooBig(), 413, "too_large"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.Throttled(wait=3), 429, "throttled"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.ValidationError({"slot": ["bad"]}), 400, "invalid"),
    ],
)
def test_an_expected_error_is_a_problem_with_a_code(error, status, code):
    problem = problem_of(error)
    assert problem is not None
    assert (problem.status, problem.code) == (status, code)
    response = problem_response(problem)
    body = orjson.loads(response.content)
    assert response["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "detail"} <= set(body)


def test_a_fault_of_our_own_is_no_problem():
    assert problem_of(ZeroDivisionError()) is None


def test_field_errors_are_a_flat_list_of_places():
    nested: Any = {"items": [{"title": ["short"]}, {}], "non_field_errors": ["none of it"]}
    problem = problem_of(exceptions.ValidationError(nested))
    assert problem is not None
    errors = problem.body()["errors"]
    assert [(error["field"], error["message"]) for error in errors] == [
        ("items[0].title", "short"),
        ("", "none of it"),
    ]


def test_a_problem_without_errors_lists_none():
    assert "errors" not in Invalid("bad", "bad").body()
