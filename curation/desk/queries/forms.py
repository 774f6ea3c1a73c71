"""The conditions of a rule in a form: three views of one query, as rows, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.desk.queries.fields import (
    MATCHES,
    ShownGroup,
    home_field,
    labels_of,
    match_field,
    row_fields,
    shown,
)
from curation.desk.queries.groups import NAMES, PARTS, Group, Row, is_new, pressed, read, written
from curation.desk.queries.rows import Told
from curation.desk.queries.views import FIELDS, VIEWS, json_in, shown_in, view_of, without_query
from curation.field_words import ITEM_WORDS
from curation.fusion.columns import Kind
from curation.fusion.parsing import QueryError, parse
from curation.fusion.query import Query, to_json
from curation.fusion.reading import MOST_WRITTEN, parse_text
from curation.queries import known_values
from curation.queries.faults import in_words, message_of
from curation.queries.items import is_likeness, likeness_names, likenesses_offered, schema
from curation.queries.likeness_uses import LIKE

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

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

    condition_fields: ClassVar[frozenset[str]] = frozenset({"match", "where", "where_text", *NAMES})
    example: ClassVar[str] = (
        'title contains "war" and (published_on >= 1980-01-01 or not stats.ratings < 20)'
    )
    views: ClassVar = VIEWS

    match = forms.ChoiceField(
        label=_("Items for which"),
        choices=MATCHES,
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
        self.focus = ""
        self.view = view_of(self.data if self.is_bound else self.initial)
        if not self.is_bound:
            self._arrange()
        for view, name in FIELDS.items():
            if view != self.view:
                del self.fields[name]
        self._unread: QueryError | None = None
        self._root = self._tree() if self.view == "rows" else Group()
        self._add_fields()

    def _tree(self) -> Group:
        """The rows and groups that were given, after the button that was pressed, numbered in their order."""
        empty = Group(parts=(Row(number=1),), number=0)
        try:
            root = read(self.data if self.is_bound else self.initial)
        except QueryError as error:
            self._unread = error
            self.fault = "" if self.is_bound else in_words(error)
            return empty
        return root if self.is_bound else self._pressed(root)

    def _pressed(self, root: Group) -> Group:
        left = None
        try:
            root, left = pressed(root, self.initial)
        except QueryError as error:
            self.fault = in_words(error)
        told, moved = written(root)
        self.initial = without_query(self.initial) | told
        new = is_new(moved)
        if new is not None:
            self.focus = f"id_match-{new}" if f"match-{new}" in told else f"id_field-{new}"
        elif left is not None:
            self.focus = f"add-{moved.get(left, 0)}"
        return read(told)

    def _add_fields(self) -> None:
        if self.view != "rows":
            return
        words, used = self.field_words(), likeness_names(self._likenesses_named())
        offered = (name for name in self._schema if not is_likeness(name) or name in used)
        fields = [("", "—"), *((name, used.get(name) or words.get(name, name)) for name in offered)]
        labels, match = labels_of(self._root), self.fields["match"]
        for row in self._root.rows():
            self.fields |= row_fields(row, labels[row.number], self._schema, fields)
        for group in self._root.groups():
            name = f"match-{group.number}" if group.number else "match"
            self.fields[name] = match_field(group, match.label or "")
            if group.number:
                self.fields |= {f"in-{part.number}": home_field() for part in group.parts}
        if self.focus.removeprefix("id_") in self.fields:
            self.fields[self.focus.removeprefix("id_")].widget.attrs["autofocus"] = True

    def _likenesses_named(self) -> set[str]:
        """The likenesses that rows of the form name; of all others there may be very many."""
        return {row.field for row in self._root.rows() if is_likeness(row.field)}

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
        if self.view == "json":
            data = json_in(self.initial)
            return None if data is None else to_json(self.read_query(data))
        root = read(self.initial)
        told = Told(root, self._schema)
        try:
            return None if told.data is None else to_json(self.read_query(told.data))
        except QueryError as error:
            raise self._in_row(error, root, told) from error

    @staticmethod
    def _in_row(error: QueryError, root: Group, told: Told) -> QueryError:
        """The fault with the place of its row in the tree, where it has one."""
        number = told.number_at(error.path)
        if number is None:
            return error
        error.path = _("Condition %(row)s") % {"row": labels_of(root)[number]}
        return error

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
        """The fields row by row, in whatever groups they stand."""
        return [[self[f"{part}-{row.number}"] for part in PARTS] for row in self._root.rows()]

    def tree(self) -> ShownGroup:
        """The rows and groups, as a page shows them."""
        return shown(self, self._root)

    def query(self) -> Query:
        """The query that was written."""
        return self._query

    def read(self) -> Query | None:
        """The query, where it could be read, whatever else is wrong with the form."""
        return getattr(self, "_query", None)

    def clean(self) -> dict[str, Any]:
        """Read the view that was filled; a fault in rows stands at its row."""
        data = super().clean() or self.cleaned_data
        if self.view == "rows":
            self._clean_rows()
        elif FIELDS[self.view] not in self.errors:
            try:
                self._query = self._read(data.get(FIELDS[self.view]))
            except QueryError as error:
                self.add_error(FIELDS[self.view], in_words(error))
        return data

    def _clean_rows(self) -> None:
        if self._unread is not None:
            self.add_error("match", message_of(self._unread))
            return
        if not NAMES.union({"match"}).isdisjoint(self.errors):
            return
        told = Told(self._root, self._schema)
        try:
            if told.data is None:
                raise _nothing()
            self._query = self.read_query(told.data)
        except QueryError as error:
            number = told.number_at(error.path)
            name = self._field_at(number, error)
            self.add_error(name, in_words(error) if number is None else message_of(error))

    def _field_at(self, number: int | None, error: QueryError) -> str:
        """The field at which a fault of a row or a group stands."""
        if number is None:
            return "match"
        if f"match-{number}" in self.fields:
            return f"match-{number}"
        part = "value" if ".value" in error.path or error.path.startswith("value") else "field"
        return f"{'op' if error.code == 'unknown_operator' else part}-{number}"

    def _read(self, given: object) -> Query:
        if not given or (self.view == "text" and not str(given).strip()):
            raise _nothing()
        return self.read_text(str(given)) if self.view == "text" else self.read_query(given)


def _nothing() -> QueryError:
    return QueryError("", "empty", str(_("Give at least one condition.")))
