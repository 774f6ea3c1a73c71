"""The OpenAPI document: DRF's part by drf-spectacular, the hot endpoints as declared, problems everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from recsys.api.hot_schema import COMPONENTS, PATHS, PROBLEM
from recsys.api.shapes import FLAG, Schema, any_or, record
from recsys.ml.configuration import Setting, settings_of
from recsys.ml.families.options import TrainingOptions
from recsys.ml.families.registry import FAMILIES, Family
from recsys.runs import queueing

TYPES: Final = {bool: "boolean", int: "integer", float: "number", str: "string"}
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
SECURITY: Final = {
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Token` and a space before the token. One that is taken away may work on the "
        "hot endpoints for five seconds more.",
    }
}


def complete(result: Schema, generator: Any, request: Any, public: bool) -> Schema:  # noqa: ANN401 - spectacular's hook
    """Add to drf-spectacular's document what it cannot see."""
    result["paths"] = dict(sorted({**result["paths"], **PATHS}.items()))
    components = result.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    schemas = components.setdefault("schemas", {})
    for name, shape in schemas.items():
        if name.endswith("Request") and shape.get("type") == "object":
            shape["additionalProperties"] = False
    schemas.update(COMPONENTS)
    schemas["LaunchRequest"] = {"oneOf": [_launch(family) for family in FAMILIES.values()]}
    for rows, row in (("items", "ItemRow"), ("members", "MemberRow")):
        body = schemas[f"{rows.capitalize()}RowsRequest"]
        body["properties"][rows]["items"] = any_or(row)
    for operation in operations(result):
        _add_problems(operation)
        operation["security"] = [{"token": []}]
    return result


def operations(document: Schema) -> Iterator[Schema]:
    """Every operation of a document."""
    for path in document["paths"].values():
        yield from (each for method, each in path.items() if method in METHODS)


def _add_problems(operation: Schema) -> None:
    statuses = [400, 401, 403, 404, 405]
    if "requestBody" in operation:
        statuses += [409, 413, 415]
    for status in statuses:
        described = PROBLEM | {"description": HTTPStatus(status).phrase}
        operation["responses"].setdefault(str(status), described)
    for status, told in operation["responses"].items():
        if status >= "5":
            operation["responses"][status] = PROBLEM | told
    operation["responses"]["default"] = PROBLEM | {"description": "Any other problem"}


def _launch(family: Family) -> Schema:
    properties = {
        "family": {"type": "string", "enum": [family.name]},
        "parameters": _settings(settings_of(family.config)),
        "options": _settings(settings_of(TrainingOptions)),
        "note": {"type": "string", "maxLength": 1000},
        "skip_unchanged": FLAG,
        "priority": {
            "type": "integer",
            "minimum": 0,
            "maximum": queueing.HIGHEST,
            "default": queueing.BY_PERSON,
            "description": (
                "The higher the sooner. As on the page of launches, "
                f"{queueing.BEFORE_OTHERS} is before all others and {queueing.BEHIND_OTHERS} when nothing else waits; "
                f"schedules ask with {queueing.BY_SCHEDULE}."
            ),
        },
    }
    optional = tuple(properties.keys() - {"family"})
    return record(properties, optional=optional, title=family.title)


def _settings(settings: tuple[Setting, ...]) -> Schema:
    names = tuple(setting.name for setting in settings)
    return record({setting.name: _setting(setting) for setting in settings}, optional=names)


def _setting(setting: Setting) -> Schema:
    shape: Schema = {
        "type": TYPES[setting.kind],
        "default": setting.default,
        "description": setting.help,
    }
    if setting.choices:
        shape["enum"] = list(setting.choices)
    if setting.low is not None:
        shape |= {"minimum": setting.low, "maximum": setting.high}
    return shape
