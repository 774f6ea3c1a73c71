"""Conditions as the rows of a form: a plain query taken apart into them, and the JSON that they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from curation.fusion.columns import Kind, Schema

MOST_ROWS: Final = 20
MOST_TYPED: Final = 200
_WITHOUT_VALUE: Final = frozenset({"exists", "missing"})
_WITH_LIST: Final = frozenset({"in"})


def in_rows(query: object) -> dict[str, Any] | None:
    """The values of the form's fields that say a query; None where it is too nested for rows, or empty."""
    shown = _plain(query)
    if shown is None:
        return None
    match, parts = shown
    rows: dict[str, Any] = {"match": match}
    for row, part in enumerate(parts, 1):
        rows |= {f"field-{row}": part["field"], f"op-{row}": part["op"]}
        rows[f"value-{row}"] = _shown(part.get("value"))
    return rows


def without_row(given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form's fields without the row that its button `drop` names; those below move up."""
    left = {key: value for key, value in given.items() if key != "drop"}
    named = str(given.get("drop", ""))
    if not (named.isdecimal() and 0 < int(named[:3]) <= MOST_ROWS):
        return left
    for row in range(int(named), MOST_ROWS + 1):
        for part in ("field", "op", "value"):
            left[f"{part}-{row}"] = given.get(f"{part}-{row + 1}", "")
    return left


def of_rows(given: Mapping[str, Any], schema: Schema) -> dict[str, Any] | None:
    """The JSON that the rows of a form say; None where none is filled. What is of no kind is left for the parser."""
    rows = [
        _comparison(given, row, schema)
        for row in range(1, MOST_ROWS + 1)
        if given.get(f"field-{row}")
    ]
    if not rows:
        return None
    match = given.get("match")
    if match == "none":
        return {"not": {"any": rows}}
    return {"any" if match == "any" else "all": rows}


def _comparison(given: Mapping[str, Any], row: int, schema: Schema) -> dict[str, Any]:
    name, op, text = (given.get(f"{part}-{row}") or "" for part in ("field", "op", "value"))
    comparison: dict[str, Any] = {"field": name, "op": op}
    if op not in _WITHOUT_VALUE:
        comparison["value"] = _value(schema.get(name, Kind.TEXT), op, text.strip())
    return comparison


def _plain(query: object) -> tuple[str, list[dict[str, Any]]] | None:
    """How the parts of a query are joined, and its comparisons; None where it holds anything else."""
    if not isinstance(query, Mapping):
        return None
    if "field" in query:
        return ("all", [dict(query)]) if _fits_a_row(query) else None
    match, parts = next(((key, query[key]) for key in ("all", "any") if key in query), ("", None))
    inner = query.get("not")
    if isinstance(inner, Mapping) and "any" in inner:
        match, parts = "none", inner["any"]
    if not isinstance(parts, list) or not 0 < len(parts) <= MOST_ROWS:
        return None
    return (match, [dict(part) for part in parts]) if all(map(_fits_a_row, parts)) else None


def _fits_a_row(part: object) -> bool:
    """Whether a part of a query is a comparison whose value comes back as it was when typed."""
    if not isinstance(part, Mapping) or "field" not in part:
        return False
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
