"""A query as rows and groups of a form: taken apart into them, and the JSON that they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from curation.desk.queries.groups import Group, Row, within_limits, written
from curation.fusion.columns import Kind, Schema
from curation.fusion.grammar import EXACT
from curation.fusion.parsing import QueryError

MOST_TYPED: Final = 200
_WITHOUT_VALUE: Final = frozenset({"exists", "missing"})
_WITH_LIST: Final = frozenset({"in"})
_WORDS: Final[Mapping[str, tuple[str, bool]]] = {
    "all": ("all", False),
    "any": ("any", False),
    "none": ("any", True),
    "not": ("any", True),
    "not_all": ("all", True),
}
"""How a group joins its parts, and whether it is turned round; `not` of several is none of them."""


def in_rows(query: object) -> dict[str, str] | None:
    """The values of the form's fields that say a query; None where rows cannot, or it is empty.

    What they say is the query again, but for a comparison that stands alone: it comes back in a group of one.
    """
    if not isinstance(query, Mapping):
        return None
    told = _group({"all": [query]} if "field" in query else query)
    try:
        return None if told is None else written(within_limits(told))[0]
    except QueryError:
        return None


class Told:
    """What a tree of rows says: `data`, as JSON, None where no row is filled, and which row or group says what.

    What is of no kind is left for the parser to refuse.
    """

    def __init__(self, root: Group, schema: Schema) -> None:
        self._schema = schema
        self._places: dict[str, int] = {}
        self.data: dict[str, Any] | None = self._joined(root, "") if _is_filled(root) else None

    def number_at(self, path: str) -> int | None:
        """The number of the row or group at a path of the JSON, or of the closest around it; None at the outermost."""
        around = (place for place in self._places if f"{path}.".startswith(f"{place}."))
        closest = max(around, key=len, default=None)
        return None if closest is None else self._places[closest]

    def _part(self, part: Row | Group, path: str) -> dict[str, Any]:
        self._places[path] = part.number
        return (
            _comparison(part, self._schema) if isinstance(part, Row) else self._joined(part, path)
        )

    def _joined(self, group: Group, path: str) -> dict[str, Any]:
        filled = [part for part in group.parts if _is_filled(part)]
        start = f"{path}." if path else ""
        if group.match == "not" and len(filled) == 1:
            return {"not": self._part(filled[0], f"{start}not")}
        word, is_turned = _WORDS.get(group.match, ("all", False))
        place = f"{start}not.{word}" if is_turned else f"{start}{word}"
        parts = [self._part(part, f"{place}[{at}]") for at, part in enumerate(filled)]
        return {"not": {word: parts}} if is_turned else {word: parts}


def _is_filled(part: Row | Group) -> bool:
    if isinstance(part, Row):
        return bool(part.field)
    return any(row.field for row in part.rows())


def _comparison(row: Row, schema: Schema) -> dict[str, Any]:
    comparison: dict[str, Any] = {"field": row.field, "op": row.op}
    if row.op not in _WITHOUT_VALUE:
        kind = schema.get(row.field, Kind.TEXT)
        comparison["value"] = _value(kind, row.op, row.value.strip())
    return comparison


def _group(query: Mapping[str, Any]) -> Group | None:
    """The group that says a part of a query which is no comparison; None where none can."""
    inner = query.get("not")
    if isinstance(inner, Mapping):
        match = {("any",): "none", ("all",): "not_all"}.get(tuple(inner), "not")
        parts: object = [inner] if match == "not" else next(iter(inner.values()))
    else:
        match, parts = next(((key, query[key]) for key in ("all", "any") if key in query), ("", 0))
    if not isinstance(parts, list) or not parts:
        return None
    told = [_part(part) for part in parts]
    return Group(match, tuple(part for part in told if part)) if all(told) else None


def _part(part: object) -> Row | Group | None:
    if not isinstance(part, Mapping):
        return None
    if "field" not in part:
        return _group(part)
    if not _fits_a_row(part):
        return None
    return Row(str(part["field"]), str(part.get("op", "")), _shown(part.get("value")))


def _fits_a_row(part: Mapping[str, Any]) -> bool:
    """Whether the value of a comparison comes back as it was when typed."""
    value = part.get("value")
    texts = [
        each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)
    ]
    as_typed = all(text == text.strip() for text in texts)
    no_commas = not isinstance(value, list) or not any("," in text for text in texts)
    return as_typed and no_commas and len(_shown(value)) <= MOST_TYPED


def _shown(value: object) -> str:
    """A value as somebody types it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)


def _value(kind: Kind, op: str, text: str) -> Any:  # noqa: ANN401 - JSON of any type
    if op in _WITH_LIST:
        return [_single(kind, part.strip()) for part in text.split(",") if part.strip()]
    return _single(kind, text)


def _single(kind: Kind, text: str) -> Any:  # noqa: ANN401 - JSON of any type
    """A value as the query language has it; text that is not of the kind is left for the parser to refuse."""
    if kind not in (Kind.NUMBER, Kind.BOOLEAN):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
