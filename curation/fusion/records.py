"""Dataclasses to JSON data and back: the policy and the context as stored with a slate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints
from uuid import UUID

from curation.fusion import effects, policy, query
from curation.fusion.columns import Kind

_KIND: Final = "kind_of_record"

_TAGGED: Final[Mapping[str, type]] = {
    each.__name__: each
    for each in (
        *effects.EFFECTS.values(),
        query.Comparison,
        query.ItemList,
        query.All,
        query.AnyOf,
        query.Not,
    )
}
"""Records that stand where several kinds may: they carry their name."""

_ENUMS: Final = (Kind, effects.Fallback, policy.Scale, policy.DiversityKind)


def to_data(value: object) -> Any:  # noqa: ANN401  (JSON data has every type)
    """Write dataclasses, ids, instants, sets, tuples and mappings as JSON data; defaults are left out."""
    kind: Any = type(value)
    return value if kind in _PLAIN else _writer(kind)(value)


@cache
def _writer(kind: type) -> Callable[[Any], Any]:
    """How values of a type are written: found once, since a slate holds thousands of values."""
    if is_dataclass(kind):
        return _record_data
    found = (write for base, write in _WRITERS.items() if issubclass(kind, base))
    return next(found, _as_is)


def _sequence_data(values: Iterable[Any]) -> list[Any]:
    return [to_data(each) for each in values]


def _set_data(values: frozenset[Any]) -> list[Any]:
    return sorted(_sequence_data(values))


def _mapping_data(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): to_data(values[key]) for key in sorted(values)}


_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_WRITERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    UUID: str,
    datetime: datetime.isoformat,
    tuple: _sequence_data,
    frozenset: _set_data,
    Mapping: _mapping_data,
}


def _record_data(record: Any) -> dict[str, Any]:  # noqa: ANN401  (any dataclass)
    kind: Any = type(record)
    data = {
        name: to_data(value)
        for name, default in _defaults(kind)
        if (value := getattr(record, name)) != default
    }
    if kind.__name__ in _TAGGED:
        data[_KIND] = kind.__name__
    return data


@cache
def _defaults(record: Any) -> Sequence[tuple[str, object]]:  # noqa: ANN401  (any dataclass)
    return [(each.name, _default(each)) for each in fields(record)]


def _default(each: Field[Any]) -> object:
    return each.default if each.default_factory is MISSING else each.default_factory()


def from_data(hint: Any, data: Any) -> Any:  # noqa: ANN401  (a type, JSON data, and its value)
    """Read what ``to_data`` wrote; ``hint`` is the type that is wanted.

    Raises ``ValueError``, ``TypeError`` or ``KeyError`` where the data is of no such type.
    """
    if is_dataclass(hint):
        return _read_record(hint, data)
    origin = get_origin(hint)
    if origin is UnionType:
        return _read_one_of(get_args(hint), data)
    if origin is not None:
        return _read_many(origin, get_args(hint), data)
    return _READERS.get(hint, _as_is)(data)


def _as_is(data: Any) -> Any:  # noqa: ANN401  (plain JSON values)
    return data


def _read_many(origin: Any, hints: tuple[Any, ...], data: Any) -> Any:  # noqa: ANN401  (as from_data)
    """Read a tuple, a frozenset or a mapping."""
    if origin in (tuple, frozenset):
        return origin(from_data(hints[0], each) for each in data)
    key, value = hints
    return {from_data(key, name): from_data(value, each) for name, each in data.items()}


def _read_one_of(hints: tuple[Any, ...], data: Any) -> Any:  # noqa: ANN401  (as from_data)
    """Read a value of one of several types; only tagged records and plain values are ever mixed."""
    if data is None:
        return None
    if isinstance(data, Mapping) and _KIND in data:
        return _read_record(_TAGGED[data[_KIND]], data)
    given = [hint for hint in hints if hint is not type(None)]
    if len(given) == 1:
        return from_data(given[0], data)
    return tuple(data) if isinstance(data, list) else data


def _read_record(record: Any, data: Mapping[str, Any]) -> Any:  # noqa: ANN401  (any dataclass)
    hints = _hints(record)
    return record(
        **{name: from_data(hints[name], value) for name, value in data.items() if name != _KIND}
    )


@cache
def _hints(record: type) -> Mapping[str, Any]:
    return get_type_hints(record)


_READERS: Final[Mapping[Any, Callable[[Any], Any]]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    **{each: each for each in _ENUMS},
}
