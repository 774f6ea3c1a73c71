"""The fields of rows and groups in a form of conditions, and the tree of them that a page shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.desk.queries.groups import MOST_GROUPS, MOST_LEVELS, MOST_ROWS, OUTERMOST, Group, Row
from curation.desk.queries.rows import MOST_TYPED
from curation.field_words import OPERATOR_WORDS
from curation.fusion.columns import Kind, Schema
from curation.fusion.query import OPERATORS

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

MATCHES: Final = [
    ("all", _("all of these hold")),
    ("any", _("any of these holds")),
    ("none", _("none of these holds")),
    ("not_all", _("not all of these hold")),
]
_ALONE: Final = ("not", _("the one here does not hold"))
_HINTS: Final[Mapping[str, Mapping[str, Any]]] = {
    Kind.NUMBER: {"inputmode": "decimal"},
    Kind.DATE: {"placeholder": "2025-12-31"},
    Kind.BOOLEAN: {"list": "values-yes-or-no"},
}
_EVERY: Final = sorted({op for ops in OPERATORS.values() for op in ops})


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as a page shows it; `label` is its place in the tree, such as 2.1."""

    number: int
    label: str
    home: forms.BoundField | None
    fields: Sequence[forms.BoundField]
    may_go: bool
    is_group: ClassVar = False


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group as a page shows it; the outermost has no label."""

    number: int
    label: str
    home: forms.BoundField | None
    match: forms.BoundField
    parts: Sequence[ShownRow | ShownGroup]
    may_add: bool
    may_nest: bool
    is_deepest: bool
    is_group: ClassVar = True

    @property
    def add_id(self) -> str:
        """The id of the button that adds a row."""
        return f"add-{self.number}"


def labels_of(root: Group) -> dict[int, str]:
    """Number to place in the tree, of rows and groups: 1, 2, 2.1, …"""

    def within(group: Group, start: str) -> Iterator[tuple[int, str]]:
        for at, part in enumerate(group.parts, 1):
            yield part.number, f"{start}{at}"
            if isinstance(part, Group):
                yield from within(part, f"{start}{at}.")

    return dict(within(root, ""))


def row_fields(
    row: Row, label: str, schema: Schema, offered: Sequence[tuple[str, Any]]
) -> dict[str, forms.Field]:
    """The three fields of a row: `offered` fields, the comparisons that fit the one chosen, and a value."""
    kind = schema.get(row.field)
    told = {"row": label}
    words = [(op, OPERATOR_WORDS.get(op, op.replace("_", " "))) for op in _EVERY]
    field = forms.ChoiceField(label=_("Field %(row)s") % told, choices=offered, required=False)
    op = forms.ChoiceField(label=_("Comparison %(row)s") % told, choices=words, required=False)
    if kind is not None:
        op.widget.choices = [(each, OPERATOR_WORDS.get(each, each)) for each in OPERATORS[kind]]
    value = forms.CharField(label=_("Value %(row)s") % told, required=False, max_length=MOST_TYPED)
    value.widget.attrs |= _HINTS.get(kind, {}) if kind else {}
    if kind is Kind.TAGS:
        value.widget.attrs["list"] = f"values-{row.field}"
    made = {"field": field, "op": op, "value": value}
    for each in made.values():
        each.widget.attrs["aria-label"] = each.label
    return {f"{name}-{row.number}": each for name, each in made.items()}


def home_field() -> forms.CharField:
    """In which group a row or a group stands."""
    return forms.CharField(required=False, max_length=2, widget=forms.HiddenInput)


def match_field(group: Group, label: StrPromise | str) -> forms.ChoiceField:
    """How a group joins its parts."""
    alone = [_ALONE] if group.match == _ALONE[0] else []
    return forms.ChoiceField(label=label, choices=[*MATCHES, *alone], initial="all")


def shown(form: forms.Form, root: Group) -> ShownGroup:
    """The tree with the fields of a form, and what each group may still be given."""
    labels = labels_of(root)
    rows, groups = sum(1 for _ in root.rows()), sum(1 for _ in root.groups()) - 1
    is_alone = len(root.parts) == 1

    def home(one: Row | Group) -> forms.BoundField | None:
        name = f"in-{one.number}"
        return form[name] if name in form.fields else None

    def part(one: Row | Group, level: int) -> ShownRow | ShownGroup:
        if isinstance(one, Group):
            return of_group(one, level)
        fields = [form[f"{name}-{one.number}"] for name in ("field", "op", "value")]
        may_go = not (is_alone and level == 1)
        return ShownRow(one.number, labels[one.number], home(one), fields, may_go)

    def of_group(one: Group, level: int) -> ShownGroup:
        is_root, is_deepest = one.number == OUTERMOST, level == MOST_LEVELS
        return ShownGroup(
            number=one.number,
            label="" if is_root else labels[one.number],
            home=home(one),
            match=form["match" if is_root else f"match-{one.number}"],
            parts=[part(each, level + (isinstance(each, Group))) for each in one.parts],
            may_add=rows < MOST_ROWS,
            may_nest=rows < MOST_ROWS and groups < MOST_GROUPS and not is_deepest,
            is_deepest=is_deepest,
        )

    return of_group(root, 1)
