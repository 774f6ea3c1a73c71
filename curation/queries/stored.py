"""Stored attribute values as queries read them: one that is not of the declared kind is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from curation.fusion.columns import Kind, day_number


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _day(value: object) -> str | None:
    try:
        day_number(value if isinstance(value, str) else "")
    except ValueError:
        return None
    return str(value)


def _tags(value: object) -> list[str] | None:
    texts = isinstance(value, list) and all(isinstance(tag, str) for tag in value)
    return value if texts else None  # type: ignore[return-value]


READERS: Final[Mapping[Kind, Callable[[object], Any]]] = {
    Kind.NUMBER: _number,
    Kind.TEXT: _text,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _day,
    Kind.TAGS: _tags,
}
"""By kind: what a stored value of the attribute is to a query, None where it is missing."""
