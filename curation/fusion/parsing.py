"""Reading queries from JSON data, with errors that say where and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any, Final
from uuid import UUID

from curation.fusion.columns import Kind, Schema, day_number
from curation.fusion.marking import Word
from curation.fusion.marking import marked as _
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
_CLOSE: Final = 0.7
_KINDS: Final[Mapping[Kind, Word]] = {
    Kind.TEXT: Word(_("text")),
    Kind.NUMBER: Word(_("number")),
    Kind.DATE: Word(_("date")),
    Kind.BOOLEAN: Word(_("boolean")),
    Kind.TAGS: Word(_("tags")),
}

_FORMS: Final = '{"all": […]}, {"any": […]}, {"not": …}, {"items": […]} or {"field", "op", "value"}'


class QueryError(ValueError):
    """A query that cannot be read.

    ``path`` leads to the place in the JSON (``all[1].value``), ``code`` names the fault and ``message`` tells it in
    English: ``template``, which can be translated, with ``told`` put in. ``place`` is where it stands in a text.
    """

    def __init__(self, path: str, code: str, template: str, **told: object) -> None:
        self.path = path
        self.code = code
        self.template = template
        self.told = told
        self.place: Place | None = None
        self.message = template % {name: _plain(value) for name, value in told.items()}
        super().__init__(f"{path}: {self.message}" if path else self.message)

    def in_text(self, text: str, at: int) -> QueryError:
        """The same fault, at the character of this index in a text."""
        before = text[:at]
        self.place = Place(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
        return self


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a text; lines and columns count from 1."""

    line: int
    column: int


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
            raise QueryError(
                path, "too_deep", _("nested deeper than %(most)d levels"), most=MOST_DEPTH
            )
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise QueryError(path, "too_large", _("more than %(most)d parts"), most=MOST_NODES)
        if not isinstance(data, Mapping):
            raise QueryError(path, "not_a_query", _("expected one of %(forms)s"), forms=_FORMS)
        if "field" in data:
            return self.comparison(data, path)
        if len(data) != 1:
            raise QueryError(
                path, "not_a_query", _("expected exactly one of %(forms)s"), forms=_FORMS
            )
        return self.combined(data, path, depth)

    def combined(self, data: Mapping[Any, object], path: str, depth: int) -> Query:
        key, value = next(iter(data.items()))
        place = f"{path}.{key}" if path else str(key)
        if key == "not":
            return Not(self.query(value, place, depth - 1))
        if key == "items":
            return ItemList(tuple(_read_list(value, place, _read_id)))
        if key not in ("all", "any"):
            raise QueryError(
                path,
                "not_a_query",
                _("unknown word %(word)s; expected %(forms)s"),
                word=_shown(key),
                forms=_FORMS,
            )
        if not isinstance(value, list):
            raise QueryError(place, "not_a_list", _("expected a list of queries"))
        parts = tuple(
            self.query(part, f"{place}[{at}]", depth - 1) for at, part in enumerate(value)
        )
        return All(parts) if key == "all" else AnyOf(parts)

    def comparison(self, data: Mapping[Any, object], path: str) -> Comparison:
        unknown = sorted(str(key) for key in set(data) - {"field", "op", "value"})
        if unknown:
            raise QueryError(
                path,
                "unknown_key",
                _("unknown key %(key)s beside field and op"),
                key=_shown(unknown[0]),
            )
        kind = self.kind(data["field"], path)
        op = data.get("op")
        if op not in OPERATORS[kind]:
            raise no_operator(path, op, kind, OPERATORS[kind])
        value = _read_value(kind, str(op), data, f"{path}.value" if path else "value")
        return Comparison(str(data["field"]), kind, str(op), value)

    def kind(self, field: object, path: str) -> Kind:
        if not isinstance(field, str) or field not in self.schema:
            raise _no_field(path, str(field), self.schema)
        return self.schema[field]


def _plain(value: object) -> object:
    return ", ".join(value) if isinstance(value, tuple) else value


def no_operator(path: str, op: object, kind: Kind, known: Iterable[str]) -> QueryError:
    """What is said of an operator that does not fit a kind of field; ``known`` do."""
    template = _("%(op)s is no operator of a %(kind)s field; there are %(known)s")
    told = {"op": _shown(op), "kind": _KINDS[kind], "known": tuple(known)}
    return QueryError(path, "unknown_operator", template, **told)


def _no_field(path: str, field: str, schema: Schema) -> QueryError:
    told = {"field": _shown(field), "known": tuple(sorted(schema))}
    if not schema:
        return QueryError(path, "unknown_field", _("no field %(field)s; there are none"), **told)
    near = get_close_matches(field[:MOST_TEXT].lower(), schema, 1, _CLOSE)
    if not near:
        template = _("no field %(field)s; there are %(known)s")
        return QueryError(path, "unknown_field", template, **told)
    template = _("no field %(field)s; did you mean %(near)s? There are %(known)s")
    return QueryError(path, "unknown_field", template, near=near[0], **told)


def _read_value(kind: Kind, op: str, data: Mapping[Any, object], path: str) -> Value:
    value = data.get("value")
    if op in ("exists", "missing"):
        if value is not None:
            raise QueryError(path, "unexpected_value", _("%(op)s takes no value"), op=op)
        return None
    if "value" not in data:
        raise QueryError(path, "no_value", _("%(op)s needs a value"), op=op)
    if op == "in":
        return tuple(_read_list(value, path, _READERS[kind]))
    return _READERS[kind](value, path)  # type: ignore[no-any-return]


def _read_list(value: object, path: str, read: Callable[[object, str], Any]) -> list[Any]:
    if not isinstance(value, list):
        raise QueryError(path, "not_a_list", _("expected a list"))
    if len(value) > MOST_VALUES:
        raise QueryError(path, "too_large", _("more than %(most)d values"), most=MOST_VALUES)
    return [read(each, f"{path}[{at}]") for at, each in enumerate(value)]


def _read_number(value: object, path: str) -> float:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return float(value)
    except OverflowError:
        pass  # an integer beyond any float is refused like the rest, below
    raise _unlike(path, "not_a_number", _("expected a finite number, not %(value)s"), value)


def _read_boolean(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise _unlike(path, "not_a_boolean", _("expected true or false, not %(value)s"), value)
    return value


def _read_date(value: object, path: str) -> str:
    try:
        day_number(value if isinstance(value, str) else "")
    except ValueError:
        template = _("expected a date as YYYY-MM-DD, not %(value)s")
        raise _unlike(path, "not_a_date", template, value) from None
    return str(value)


def _read_text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise _unlike(path, "not_a_text", _("expected a text, not %(value)s"), value)
    if len(value) > MOST_TEXT:
        raise QueryError(path, "too_large", _("longer than %(most)d characters"), most=MOST_TEXT)
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise QueryError(path, "bad_text", _("a text may hold no NUL and no lone surrogate"))
    return value


def _read_id(value: object, path: str) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        template = _("expected an item id, not %(value)s")
        raise _unlike(path, "not_an_id", template, value) from None


def _unlike(path: str, code: str, template: str, value: object) -> QueryError:
    return QueryError(path, code, template, value=_shown(value))


def _shown(value: object) -> str:
    return repr(value)[:60]


_READERS: Final[Mapping[Kind, Callable[[object, str], Any]]] = {
    Kind.NUMBER: _read_number,
    Kind.BOOLEAN: _read_boolean,
    Kind.DATE: _read_date,
    Kind.TEXT: _read_text,
    Kind.TAGS: _read_text,
}
