"""The conditions of a rule in a form: three views of one query, as rows, as text and as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.desk.queries.rows import MOST_ROWS, MOST_TYPED, of_rows, without_row
from curation.desk.queries.views import FIELDS, VIEWS, data_in, shown_in, view_of, without_query
from curation.field_words import ITEM_WORDS, OPERATOR_WORDS
from curation.fusion.columns import Kind
from curation.fusion.parsing import QueryError, parse
from curation.fusion.query import OPERATORS, Query, to_json
from curation.fusion.reading import MOST_WRITTEN, parse_text
from curation.queries import known_values
from curation.queries.faults import in_words
from curation.queries.items import is_likeness, likeness_names, likenesses_offered, schema
from curation.queries.likeness_uses import LIKE

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

_PARTS: Final = ("field", "op", "value")
_NUMBERED: Final = re.compile(r"field-([1-9][0-9]?)")
_HINTS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.NUMBER: {"inputmode": "decimal"},
    Kind.DATE: {"placeholder": "2025-12-31"},
    Kind.BOOLEAN: {"list": "values-yes-or-no"},
}
_AS_TYPED: Final = {
    "rows": 3,
    "spellcheck": "false",
    "autocapitalize": "off",
    "autocomplete": "off",
    "dir": "ltr",
    "aria-describedby": "id_where_text_helptext query-fault",
}


class QueryField(forms.JSONField):
    """A query as JSON; empty where there is none."""

    def prepare_value(self, value: object) -> str:
        """The text to show; what somebody typed stays as it was typed."""
        if isinstance(value, str):
            return value
        return "" if value is None else super().prepare_value(value)


class ConditionsMixin(forms.Form):
    """Fields for conditions; `query` is what they say once the form is valid.

    One `view` of the query is shown and read. A form that is not bound turns what it was given into the view that
    `switch` asks for; where it cannot, it stays in the view that it came from, and `fault` says why; a `note`
    says why it stands in another view than the one that was asked for.
    """

    condition_fields: ClassVar[frozenset[str]] = frozenset(
        {
            *("match", "where", "where_text"),
            *(f"{part}-{row}" for row in range(1, MOST_ROWS + 1) for part in _PARTS),
        }
    )
    example: ClassVar[str] = (
        'title contains "war" and (published_on >= 1980-01-01 or not stats.ratings < 20)'
    )
    views: ClassVar = VIEWS

    match = forms.ChoiceField(
        label=_("Items for which"),
        choices=[
            ("all", _("all of these hold")),
            ("any", _("any of these holds")),
            ("none", _("none of these holds")),
        ],
        initial="all",
    )
    where_text = forms.CharField(
        label=_("The query as text"),
        required=False,
        strip=False,
        max_length=MOST_WRITTEN,
        widget=forms.Textarea(attrs=_AS_TYPED),
    )
    where = QueryField(
        label=_("The query as JSON"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_('Any nesting of {"all": […]}, {"any": […]}, {"not": …} and comparisons.'),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Each row offers the fields that items have now, and the comparisons that fit the field chosen."""
        super().__init__(*args, **kwargs)
        self._schema = self.known_fields()
        self.note: StrPromise | str = ""
        self.fault = ""
        self.view = view_of(self.data if self.is_bound else self.initial)
        if not self.is_bound:
            self.initial = without_row(self.initial)
            self._arrange()
        for view, name in FIELDS.items():
            if view != self.view:
                del self.fields[name]
        self._rows = range(1, self._wanted_rows() + 1) if self.view == "rows" else range(0)
        words = self.field_words()
        used = likeness_names(self._likenesses_named())
        offered = (name for name in self._schema if not is_likeness(name) or name in used)
        fields = [("", "—"), *((name, used.get(name) or words.get(name, name)) for name in offered)]
        for row in self._rows:
            self._add_row(row, fields)

    def _likenesses_named(self) -> set[str]:
        """The likenesses that rows of the form name; of all others there may be very many."""
        given = self.data if self.is_bound else self.initial
        chosen = (str(given[key]) for key in given if _NUMBERED.fullmatch(key))
        return {name for name in chosen if is_likeness(name)}

    def _arrange(self) -> None:
        """Turn what was given into the view that was asked for, or what is stored into the plainest one."""
        asked, query = self.initial.get("switch"), self.initial.get("where")
        if asked in VIEWS:
            try:
                query = self._switched()
            except QueryError as error:
                self.fault = in_words(error)
                return
            self.view = str(asked)
        elif not isinstance(query, Mapping) or "view" in self.initial:
            return
        values: dict[str, Any] = {}
        if query is not None:
            start = self.view if asked else "rows"
            self.view, values, self.note = shown_in(start, query)
            self.note = self.note if asked else ""
        self.initial = without_query(self.initial) | values

    def _switched(self) -> dict[str, Any] | None:
        """The query that the view holds that is left; raises `QueryError`."""
        if self.view == "text":
            typed = str(self.initial.get("where_text") or "")
            return to_json(self.read_text(typed)) if typed.strip() else None
        data = data_in(self.view, self.initial, self._schema)
        return None if data is None else to_json(self.read_query(data))

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
            label=_("Value %(row)d") % {"row": row}, required=False, max_length=MOST_TYPED
        )
        value.widget.attrs |= _HINTS.get(kind, {}) if kind else {}
        if kind is Kind.TAGS:
            value.widget.attrs["list"] = f"values-{chosen}"
        for name, each in (("field", field), ("op", op), ("value", value)):
            each.widget.attrs["aria-label"] = each.label
            self.fields[f"{name}-{row}"] = each

    def known_fields(self) -> Mapping[str, Kind]:
        """Read the fields that may be named; `schema` are those that were read for this form."""
        return schema()

    @property
    def schema(self) -> Mapping[str, Kind]:
        """The fields that may be named in this form, with their kinds."""
        return self._schema

    def offered_fields(self, typed: str, before: str) -> Mapping[str, Kind]:
        """The fields to be offered in a text, after the one `before`: likenesses once their name is begun."""
        begun = typed.lower().startswith(LIKE[:3])
        shown = {before, *(likenesses_offered() if begun else ())}
        return {
            name: kind
            for name, kind in self.schema.items()
            if name in shown or not is_likeness(name)
        }

    def field_words(self) -> Mapping[str, StrPromise | str]:
        """What the fields are called."""
        return ITEM_WORDS

    def known_values(self, field: str, typed: str) -> list[str]:
        """The values of a field that hold what was typed, the most usual first."""
        return known_values.of_items(field, self._schema.get(field), typed)

    def read_query(self, data: object) -> Query:
        """Read what was written as JSON; raises `QueryError`."""
        return parse(data, self._schema)

    def read_text(self, text: str) -> Query:
        """Read what was written as text; raises `QueryError`."""
        return parse_text(text, self._schema)

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
        """Read the view that was filled."""
        data = super().clean() or self.cleaned_data
        name = FIELDS[self.view]
        if name in self.errors:
            return data
        if self.view == "rows" and self._too_many():
            text = _("At most %(most)d conditions stand in rows; write more as text.")
            self.add_error(name, text % {"most": MOST_ROWS})
            return data
        try:
            self._query = self._read(data)
        except QueryError as error:
            self.add_error(name, in_words(error))
        return data

    def _too_many(self) -> bool:
        numbers = (found for key in self.data if (found := _NUMBERED.fullmatch(key)))
        return any(int(found[1]) > MOST_ROWS and self.data[found[0]] for found in numbers)

    def _read(self, data: Mapping[str, Any]) -> Query:
        given = of_rows(data, self._schema) if self.view == "rows" else data.get(FIELDS[self.view])
        if self.view == "text" and str(given).strip():
            return self.read_text(str(given))
        if not given or self.view == "text":
            raise QueryError("", "empty", str(_("Give at least one condition.")))
        return self.read_query(given)
