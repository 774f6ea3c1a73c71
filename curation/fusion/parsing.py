"""Reading queries from JSON data, with errors that say where and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final
from uuid import UUID

from curation.fusion.columns import Kind, Schema, day_number
from curation.fusion.query import (
    OPERATORS,
    All,
    AnyOf,
    Comparison,
    ItemList,
    Not,
    Query,
    Value,
)

MOST_DEPTH: Final = 8
MOST_NODES: Final = 100
MOST_VALUES: Final = 1_000
MOST_TEXT: Final = 200

_FORMS: Final = '{"all": […]}, {"any": […]}, {"not": …}, {"items": […]} or {"field", "op", "value"}'


class QueryError(ValueError):
    """A query that cannot be read.

    ``path`` leads to the place (``all[1].value``), ``code`` names the fault for translation and
    ``message`` tells it in English.
    """

    def __init__(self, path: str, code: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.code = code
        self.message = message


def parse(data: object, schema: Schema) -> Query:
    """Read a query from decoded JSON; raises ``QueryError``.

    ``schema`` names the fields that exist and their kinds. At most 8 levels, 100 nodes, 1,000 values
    in a list, and 200 characters in a text.
    """
    return _Reader(schema).query(data, "", MOST_DEPTH)


class _Reader:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.nodes = 0

    def query(self, data: object, path: str, depth: int) -> Query:
        if depth == 0:
            raise QueryError(path, "too_deep", f"nested deeper than {MOST_DEPTH} levels")
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise QueryError(path, "too_large", f"more than {MOST_NODES} parts")
        if not isinstance(data, Mapping):
            raise QueryError(path, "not_a_query", f"expected one of {_FORMS}")
        if "field" in data:
            return self.comparison(data, path)
        if len(data) != 1:
            raise QueryError(path, "not_a_query", f"expected exactly one of {_FORMS}")
        return self.combined(data, path, depth)

    def combined(self, data: Mapping[Any, object], path: str, depth: int) -> Query:
        key, value = next(iter(data.items()))
        place = f"{path}.{key}" if path else str(key)
        if key == "not":
            return Not(self.query(value, place, depth - 1))
        if key == "items":
            return ItemList(tuple(_read_list(value, place, _read_id)))
        if key not in ("all", "any"):
            raise QueryError(path, "not_a_query", f"unknown word {key!r}; expected {_FORMS}")
        if not isinstance(value, list):
            raise QueryError(place, "not_a_list", "expected a list of queries")
        parts = tuple(
            self.query(part, f"{place}[{at}]", depth - 1) for at, part in enumerate(value)
        )
        return All(parts) if key == "all" else AnyOf(parts)

    def comparison(self, data: Mapping[Any, object], path: str) -> Comparison:
        unknown = sorted(str(key) for key in set(data) - {"field", "op", "value"})
        if unknown:
            raise QueryError(path, "unknown_key", f"unknown key {unknown[0]!r} beside field and op")
        kind = self.kind(data["field"], path)
        op = data.get("op")
        if op not in OPERATORS[kind]:
            known = ", ".join(OPERATORS[kind])
            message = f"{op!r} is no operator of a {kind} field; there are {known}"
            raise QueryError(path, "unknown_operator", message)
        value = _read_value(kind, str(op), data, f"{path}.value" if path else "value")
        return Comparison(str(data["field"]), kind, str(op), value)

    def kind(self, field: object, path: str) -> Kind:
        if not isinstance(field, str) or field not in self.schema:
            known = ", ".join(sorted(self.schema)) or "none"
            raise QueryError(
                path, "unknown_field", f"no field {str(field)[:60]!r}; there are {known}"
            )
        return self.schema[field]


def _read_value(kind: Kind, op: str, data: Mapping[Any, object], path: str) -> Value:
    value = data.get("value")
    if op in ("exists", "missing"):
        if value is not None:
            raise QueryError(path, "unexpected_value", f"{op} takes no value")
        return None
    if "value" not in data:
        raise QueryError(path, "no_value", f"{op} needs a value")
    if op == "in":
        return tuple(_read_list(value, path, _READERS[kind]))
    return _READERS[kind](value, path)  # type: ignore[no-any-return]


def _read_list(value: object, path: str, read: Callable[[object, str], Any]) -> list[Any]:
    if not isinstance(value, list):
        raise QueryError(path, "not_a_list", "expected a list")
    if len(value) > MOST_VALUES:
        raise QueryError(path, "too_large", f"more than {MOST_VALUES} values")
    return [read(each, f"{path}[{at}]") for at, each in enumerate(value)]


def _read_number(value: object, path: str) -> float:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return float(value)
    except OverflowError:
        pass  # an integer beyond any float is refused like the rest, below
    raise QueryError(path, "not_a_number", f"expected a finite number, not {_shown(value)}")


def _read_boolean(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise QueryError(path, "not_a_boolean", f"expected true or false, not {_shown(value)}")
    return value


def _read_date(value: object, path: str) -> str:
    try:
        day_number(value if isinstance(value, str) else "")
    except ValueError:
        raise QueryError(
            path, "not_a_date", f"expected a date as YYYY-MM-DD, not {_shown(value)}"
        ) from None
    return str(value)


def _read_text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise QueryError(path, "not_a_text", f"expected a text, not {_shown(value)}")
    if len(value) > MOST_TEXT:
        raise QueryError(path, "too_large", f"longer than {MOST_TEXT} characters")
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise QueryError(path, "bad_text", "a text may hold no NUL and no lone surrogate")
    return value


def _read_id(value: object, path: str) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise QueryError(path, "not_an_id", f"expected an item id, not {_shown(value)}") from None


def _shown(value: object) -> str:
    return repr(value)[:60]


_READERS: Final[Mapping[Kind, Callable[[object, str], Any]]] = {
    Kind.NUMBER: _read_number,
    Kind.BOOLEAN: _read_boolean,
    Kind.DATE: _read_date,
    Kind.TEXT: _read_text,
    Kind.TAGS: _read_text,
}
