"""The building blocks of JSON Schema."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(properties: Schema, *, optional: tuple[str, ...] = (), **more: object) -> Schema:
    """An object of exactly these properties."""
    required = [name for name in properties if name not in optional]
    shape: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return shape | ({"required": required} if required else {}) | more


def any_or(name: str) -> Schema:
    """A row of a batch: what it should be, or anything, since a row that is no such thing is rejected alone."""
    return {"anyOf": [ref(name), {"description": "Anything else is rejected, row by row."}]}


def array(of: Schema, **more: object) -> Schema:
    """An array."""
    return {"type": "array", "items": of} | more


def mapping(to: Schema) -> Schema:
    """An object with free names."""
    return {"type": "object", "additionalProperties": to}


TEXT: Final = {"type": "string"}
FLAG: Final = {"type": "boolean"}
NUMBER: Final = {"type": "number"}
COUNT: Final = {"type": "integer", "minimum": 0}
UUID: Final = {"type": "string", "format": "uuid"}
MAYBE_UUID: Final = {"type": ["string", "null"], "format": "uuid"}
OUTSIDE_ID: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": r"^[\x21-\x7e]+$",
}
