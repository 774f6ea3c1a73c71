"""The conditions of a rule in a form: rows of field, comparison and value, or the query written out as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.fusion.columns import Kind
from curation.fusion.parsing import QueryError, parse
from curation.fusion.query import OPERATORS, Query
from curation.queries import schema

ROWS: Final = 3
_LABELS: Final = {
    "eq": _("is"),
    "ne": _("is not"),
    "lt": _("is below"),
    "le": _("is at most"),
    "gt": _("is above"),
    "ge": _("is at least"),
    "in": _("is one of"),
    "has": _("has"),
    "contains": _("contains"),
    "starts": _("starts with"),
    "exists": _("is given"),
    "missing": _("is missing"),
}
_WITHOUT_VALUE: Final = frozenset({"exists", "missing"})
_WITH_LIST: Final = frozenset({"in"})


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
            *(f"{part}-{row}" for row in range(1, ROWS + 1) for part in ("field", "op", "value")),
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
        """Each row offers the fields that items have now."""
        super().__init__(*args, **kwargs)
        self._schema = self.known_fields()
        fields = [("", "—"), *((name, name) for name in self._schema)]
        operators = sorted({op for ops in OPERATORS.values() for op in ops})
        words = [(op, _LABELS.get(op, op.replace("_", " "))) for op in operators]
        for row in range(1, ROWS + 1):
            self.fields[f"field-{row}"] = forms.ChoiceField(
                label=_("Field %(row)d") % {"row": row}, choices=fields, required=False
            )
            self.fields[f"op-{row}"] = forms.ChoiceField(
                label=_("Comparison %(row)d") % {"row": row}, choices=words, required=False
            )
            self.fields[f"value-{row}"] = forms.CharField(
                label=_("Value %(row)d") % {"row": row}, required=False, max_length=200
            )

    def known_fields(self) -> Mapping[str, Kind]:
        """The fields that may be named."""
        return schema()

    def read_query(self, data: object) -> Query:
        """Read what was written; raises `QueryError`."""
        return parse(data, self._schema)

    def condition_rows(self) -> list[list[forms.BoundField]]:
        """The fields row by row."""
        rows = range(1, ROWS + 1)
        return [[self[f"{part}-{row}"] for part in ("field", "op", "value")] for row in rows]

    def query(self) -> Query:
        """The query that was written."""
        return self._query

    def clean(self) -> dict[str, Any]:
        """Read the rows, or the JSON where it was given."""
        data = super().clean() or self.cleaned_data
        if "where" in self.errors:
            return data
        try:
            self._query = self.read_query(data.get("where") or self._of_rows(data))
        except QueryError as error:
            self.add_error("where" if data.get("where") else "match", str(error))
        return data

    def _of_rows(self, data: dict[str, Any]) -> dict[str, Any]:
        rows = [
            self._comparison(data, row) for row in range(1, ROWS + 1) if data.get(f"field-{row}")
        ]
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
