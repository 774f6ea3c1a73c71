"""Three views of one query in a form, rows, text and JSON: which one is shown, and one turned into another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

from curation.desk.queries.groups import BUTTONS, OUTERMOST, Row, pressed, read, written
from curation.desk.queries.rows import in_rows
from curation.fusion.parsing import QueryError
from curation.fusion.reading import MOST_WRITTEN
from curation.fusion.writing import text_of

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

VIEWS: Final[Mapping[str, StrPromise]] = {"rows": _("Rows"), "text": _("Text"), "json": _("JSON")}
"""The views, as they are called; a query that one cannot say stands in the next."""

FIELDS: Final[Mapping[str, str]] = {"rows": "match", "text": "where_text", "json": "where"}
"""The field of the form at which errors of a view stand."""

_WRITTEN: Final = re.compile(
    r"(field|op|value|match|in)-[0-9]+|match|where|where_text|view|switch|add|nest|drop"
)
_NOTES: Final[Mapping[str, StrPromise]] = {
    "text": _("This query is too long or too nested for rows: it stands here as text."),
    "json": _("This query is too long for text: it stands here as JSON."),
}


def view_of(given: Mapping[str, Any]) -> str:
    """The view in which a form was filled: the one that it names, or else the one that holds something."""
    named = given.get("view")
    if named in VIEWS:
        return str(named)
    return "json" if given.get("where") else "text" if given.get("where_text") else "rows"


def json_in(given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON of any type
    """What was typed as JSON, None where nothing was; raises `QueryError`."""
    typed = str(given.get(FIELDS["json"]) or "").strip()
    if not typed:
        return None
    try:
        return json.loads(typed)
    except (ValueError, RecursionError):
        raise QueryError("", "not_json", str(_("Enter a valid JSON."))) from None


def with_another(given: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    """What a form was given with one more comparison that is to hold too, and what has it shown and not saved.

    Raises `QueryError` where there is no room for it, or what stands there cannot be read.
    """
    view = view_of(given)
    rest = {name: value for name, value in given.items() if name not in BUTTONS}
    if view == "rows":
        return {**without_query(rest), **_in_a_row_more(rest, one), "view": view, "look": "1"}
    typed = str(given.get(FIELDS[view]) or "").strip()
    if view == "text":
        told = text_of({"all": [one]})
        text = f"({typed}) and {told}" if typed else told
    else:
        try:
            text = json.dumps({"all": [json.loads(typed), one]} if typed else one)
        except (ValueError, RecursionError):
            raise QueryError("", "not_json", str(_("Enter a valid JSON."))) from None
    return {**rest, FIELDS[view]: text, "view": view, "switch": view}


def _in_a_row_more(given: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, str]:
    """The rows with one more, or with the last of the outermost ones filled where that is empty."""
    root = read(given)
    last = root.parts[-1]
    if not isinstance(last, Row) or last.field:
        root, _left = pressed(root, {"add": OUTERMOST})
    filled = Row(str(one["field"]), str(one["op"]), str(one["value"]))
    return written(replace(root, parts=(*root.parts[:-1], filled)))[0]


def shown_in(view: str, query: Mapping[str, Any]) -> tuple[str, dict[str, Any], StrPromise | str]:
    """The view that shows a query, the values of its fields, and why it is not the one that was asked for."""
    order = list(VIEWS)
    for each in order[order.index(view) :]:
        values = _SHOWN[each](query)
        if values is not None:
            return each, values, "" if each == view else _NOTES[each]
    raise AssertionError("JSON says every query")


def without_query(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a form was given beside the query."""
    return {name: value for name, value in given.items() if not _WRITTEN.fullmatch(name)}


def _in_text(query: Mapping[str, Any]) -> dict[str, Any] | None:
    text = text_of(query)
    return {"where_text": text} if len(text) <= MOST_WRITTEN else None


_SHOWN: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any] | None]]] = {
    "rows": in_rows,
    "text": _in_text,
    "json": lambda query: {"where": dict(query)},
}
