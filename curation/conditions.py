"""The conditions of a rule in a form: rows of field, comparison and value, or the query written out as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.field_words import ITEM_WORDS, OPERATOR_WORDS
from curation.fusion.columns import Kind
from curation.fusion.parsing import QueryError, parse
from curation.fusion.query import OPERATORS, Query
from curation.queries import schema

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

MOST_ROWS: Final = 20
_MOST_TYPED: Final = 200
_NUMBERED: Final = re.compile(r"field-([1-9][0-9]?)")
_WITHOUT_VALUE: Final = frozenset({"exists", "missing"})
_WITH_LIST: Final = frozenset({"in"})


_HINTS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.NUMBER: {"inputmode": "decimal"},
    Kind.DATE: {"placeholder": "2025-12-31"},
    Kind.BOOLEAN: {"list": "values-yes-or-no"},
}


class QueryField(forms.JSONField):
    """A query as JSON; empty where there is none."""

    def prepare_value(self, value: object) -> str:
        """The text to show."""
        return "" if value is None else super().prepare_value(value)


class ConditionsMixin(forms.Form):
    """Fields for conditions; `query` is what they say once the form is valid."""

    condition_fields: ClassVar[frozenset[str]] = frozenset(
        {
            "match",
            "where",
            *(
                f"{part}-{row}"
                for row in range(1, MOST_ROWS + 1)
                for part in ("field", "op", "value")
            ),
        }
    )

    match = forms.ChoiceField(
        label=_("Items for which"),
        choices=[
            ("all", _("all of these hold")),
            ("any", _("any of these holds")),
            ("none", _("none of these holds")),
        ],
        initial="all",
    )
    where = QueryField(
        label=_("Or the query as JSON"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_('Any nesting of {"all": […]}, {"any": […]}, {"not": …} and comparisons.'),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Each row offers the fields that items have now, and the comparisons that fit the field chosen."""
        super().__init__(*args, **kwargs)
        self._schema = self.known_fields()
        if not self.is_bound:
            self.initial = _in_rows(self.initial)
        self._rows = range(1, self._wanted_rows() + 1)
        words = self.field_words()
        fields = [("", "—"), *((name, words.get(name, name)) for name in self._schema)]
        for row in self._rows:
            self._add_row(row, fields)

    def _wanted_rows(self) -> int:
        """As many rows as were filled or asked for, at least one."""
        given = self.data if self.is_bound else self.initial
        filled = [
            int(found[1]) for key in given if (found := _NUMBERED.fullmatch(key)) and given[key]
        ]
        asked = str(given.get("rows", ""))
        filled.append(int(asked) if asked.isdecimal() and len(asked) < 3 else 1)
        return min(max(filled), MOST_ROWS)

    def _add_row(self, row: int, fields: list[tuple[str, Any]]) -> None:
        chosen = str((self.data if self.is_bound else self.initial).get(f"field-{row}", ""))
        kind = self._schema.get(chosen)
        every = sorted({op for ops in OPERATORS.values() for op in ops})
        words = [(op, OPERATOR_WORDS.get(op, op.replace("_", " "))) for op in every]
        field = forms.ChoiceField(
            label=_("Field %(row)d") % {"row": row}, choices=fields, required=False
        )
        op = forms.ChoiceField(
            label=_("Comparison %(row)d") % {"row": row}, choices=words, required=False
        )
        if kind is not None:
            op.widget.choices = [(each, OPERATOR_WORDS.get(each, each)) for each in OPERATORS[kind]]
        value = forms.CharField(
            label=_("Value %(row)d") % {"row": row}, required=False, max_length=_MOST_TYPED
        )
        value.widget.attrs |= _HINTS.get(kind, {}) if kind else {}
        if kind is Kind.TAGS:
            value.widget.attrs["list"] = f"values-{chosen}"
        for name, each in (("field", field), ("op", op), ("value", value)):
            each.widget.attrs["aria-label"] = each.label
            self.fields[f"{name}-{row}"] = each

    def known_fields(self) -> Mapping[str, Kind]:
        """The fields that may be named."""
        return schema()

    def field_words(self) -> Mapping[str, StrPromise | str]:
        """What the fields are called."""
        return ITEM_WORDS

    def read_query(self, data: object) -> Query:
        """Read what was written; raises `QueryError`."""
        return parse(data, self._schema)

    def condition_rows(self) -> list[list[forms.BoundField]]:
        """The fields row by row."""
        return [[self[f"{part}-{row}"] for part in ("field", "op", "value")] for row in self._rows]

    @property
    def next_rows(self) -> int | None:
        """How many rows there would be with one more; None where there are as many as can be."""
        return len(self._rows) + 1 if len(self._rows) < MOST_ROWS else None

    def query(self) -> Query:
        """The query that was written."""
        return self._query

    def read(self) -> Query | None:
        """The query, where it could be read, whatever else is wrong with the form."""
        return getattr(self, "_query", None)

    def clean(self) -> dict[str, Any]:
        """Read the rows, or the JSON where it was given."""
        data = super().clean() or self.cleaned_data
        if "where" in self.errors:
            return data
        if not data.get("where") and self._too_many():
            text = _("At most %(most)d conditions stand in rows; write more as JSON.")
            self.add_error("match", text % {"most": MOST_ROWS})
            return data
        try:
            self._query = self.read_query(data.get("where") or self._of_rows(data))
        except QueryError as error:
            self.add_error("where" if data.get("where") else "match", str(error))
        return data

    def _too_many(self) -> bool:
        numbers = (found for key in self.data if (found := _NUMBERED.fullmatch(key)))
        return any(int(found[1]) > MOST_ROWS and self.data[found[0]] for found in numbers)

    def _of_rows(self, data: dict[str, Any]) -> dict[str, Any]:
        rows = [self._comparison(data, row) for row in self._rows if data.get(f"field-{row}")]
        if not rows:
            raise QueryError("", "empty", str(_("Give at least one condition.")))
        return (
            {"not": {"any": rows}}
            if data.get("match") == "none"
            else {data.get("match", "all"): rows}
        )

    def _comparison(self, data: dict[str, Any], row: int) -> dict[str, Any]:
        name, op, text = (data.get(f"{part}-{row}") or "" for part in ("field", "op", "value"))
        comparison: dict[str, Any] = {"field": name, "op": op}
        if op not in _WITHOUT_VALUE:
            comparison["value"] = _value(self._schema[name], op, text.strip())
        return comparison


def _in_rows(initial: Mapping[str, Any]) -> dict[str, Any]:
    """Initial values with a plain query as rows; what rows cannot say stays JSON."""
    shown = _plain(initial.get("where"))
    if shown is None:
        return dict(initial)
    match, parts = shown
    rows: dict[str, Any] = {"match": match}
    for row, part in enumerate(parts, 1):
        rows |= {f"field-{row}": part["field"], f"op-{row}": part["op"]}
        rows[f"value-{row}"] = _shown(part.get("value"))
    return {**initial, "where": None, **rows}


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
    return as_typed and no_commas and len(_shown(value)) <= _MOST_TYPED


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
