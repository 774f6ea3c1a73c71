"""Writing queries as text, which ``reading`` reads back as exactly the same tree."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeGuard

from curation.fusion.grammar import EXACT, SIGNS
from curation.fusion.query import COMPARISONS, Query, to_json

_PLAIN: Final = re.compile(r"[^\W\d][\w.-]*")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TAKEN: Final = frozenset(
    {
        *("and", "or", "not", "in", "is", "all", "any", "items", "true", "false"),
        *("everything", "nothing", "exists", "missing", "has", "contains", "starts"),
    }
)
_WORDS: Final[Mapping[str, str]] = {"all": " and ", "any": " or "}
_EMPTY: Final[Mapping[str, str]] = {"all": "everything", "any": "nothing"}


def to_text(query: Query) -> str:
    """Write a query as text, on one line."""
    return text_of(to_json(query))


def text_of(data: Mapping[str, Any]) -> str:
    """Write a query's JSON, such as ``to_json`` gives and ``parse`` has read once, as text."""
    if "field" in data:
        return f"({_comparison(data)})"
    alone = data.get("all")
    if isinstance(alone, list) and len(alone) == 1 and "field" in alone[0]:
        return _comparison(alone[0])
    return _written(data)


def is_query(data: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether JSON data is built as a query is; what its fields are is not asked."""
    if not isinstance(data, Mapping):
        return False
    if "field" in data:
        return isinstance(data["field"], str) and data.get("op") in SIGNS
    key, value = next(iter(data.items()), ("", None))
    if len(data) != 1 or key not in _WRITERS:
        return False
    if key == "not":
        return is_query(value)
    return isinstance(value, list) and (key == "items" or all(map(is_query, value)))


def quoted(text: str) -> str:
    """A text between quotation marks."""
    return json.dumps(text, ensure_ascii=False)


def named(field: str) -> str:
    """A field as it is written: between backquotes where its name would be read as something else."""
    if _PLAIN.fullmatch(field) and field.lower() not in _TAKEN:
        return field
    return f"`{field.replace('`', '``')}`"


def _written(data: Mapping[str, Any]) -> str:
    if "field" in data:
        return _comparison(data)
    (key,) = data
    return _WRITERS[key](data[key])


def _joined(word: str) -> Callable[[Sequence[Mapping[str, Any]]], str]:
    def written(parts: Sequence[Mapping[str, Any]]) -> str:
        if not parts:
            return _EMPTY[word]
        if len(parts) == 1:
            return f"{word}({_written(parts[0])})"
        return _WORDS[word].join(map(_inside, parts))

    return written


def _inside(data: Mapping[str, Any]) -> str:
    """A part among others: in brackets where it would otherwise fall apart."""
    several = any(len(data.get(word, ())) > 1 for word in _WORDS)
    return f"({_written(data)})" if several else _written(data)


def _comparison(data: Mapping[str, Any]) -> str:
    op, value = data["op"], data.get("value")
    start = f"{named(data['field'])} {SIGNS[op]}"
    if op in ("exists", "missing"):
        return start
    if isinstance(value, list | tuple):
        return f"{start} ({', '.join(_value(each, is_bare=True) for each in value)})"
    return f"{start} {_value(value, is_bare=op in COMPARISONS)}"


def _value(value: object, *, is_bare: bool) -> str:
    """A value; with `is_bare`, what looks like a date stands without quotation marks."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    return text if is_bare and _DAY.fullmatch(text) else quoted(text)


_WRITERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "all": _joined("all"),
    "any": _joined("any"),
    "not": lambda part: f"not {_inside(part)}",
    "items": lambda ids: f"items ({', '.join(quoted(str(each)) for each in ids)})",
}
