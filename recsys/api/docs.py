"""The OpenAPI document, and the page that shows it: rendered here, so that no script or inline style is needed."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from recsys.api.schema import METHODS

_making = threading.Lock()


@dataclass(frozen=True)
class Operation:
    """One method of one address, as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    parameters: list[dict[str, Any]]
    body: str
    answers: list[tuple[str, str, str]]


@login_not_required
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document as JSON (which is YAML too)."""
    return HttpResponse(_bytes(), "application/json")


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The API for reading."""
    document = _document()
    groups: dict[str, list[Operation]] = defaultdict(list)
    for tag, operation in _operations(document):
        groups[tag].append(operation)
    components = [
        (name, _pretty(shape)) for name, shape in sorted(document["components"]["schemas"].items())
    ]
    return render(
        request,
        "recsys/api_docs.html",
        {"groups": sorted(groups.items()), "components": components},
    )


def _document() -> dict[str, Any]:
    """The document, made once in a process, in English."""
    with _making:  # spectacular cannot make two at once: it loads its extensions while it goes
        return _made()


@cache
def _made() -> dict[str, Any]:
    with translation.override("en"):
        generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call] # spectacular has no types
        document: dict[str, Any] = generator.get_schema(request=None, public=True)
        return dict(orjson.loads(orjson.dumps(document, default=str)))


@cache
def _bytes() -> bytes:
    return orjson.dumps(_document())


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield operation["tags"][0], _operation(path, method, operation)


def _operation(path: str, method: str, operation: dict[str, Any]) -> Operation:
    return Operation(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary") or operation.get("description", ""),
        parameters=[
            each | {"shape": _pretty(each["schema"])} for each in operation.get("parameters", [])
        ],
        body=_content(operation.get("requestBody", {})),
        answers=[
            (status, answer.get("description", ""), _content(answer))
            for status, answer in operation["responses"].items()
        ],
    )


def _content(holder: dict[str, Any]) -> str:
    shapes = [each.get("schema", {}) for each in holder.get("content", {}).values()]
    return _pretty(shapes[0]) if shapes else ""


def _pretty(shape: Any) -> str:  # noqa: ANN401 - any JSON schema
    return orjson.dumps(shape, option=orjson.OPT_INDENT_2).decode()
