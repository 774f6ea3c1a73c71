"""The forms of the catalogue: its filters, which live in the URL, and what is done to the items chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.actions import SPARED, Terms, open_change_set
from curation.desk.catalogue.browsing import Choices, Wanted
from curation.fusion.columns import Kind
from curation.fusion.effects import Boost, Bury, BuryToBottom, Effect
from curation.fusion.parsing import QueryError, parse
from curation.models import Surface, User
from curation.queries.faults import in_words

_SPAN: Final = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:-|–|\.\.|…)\s*(-?\d+(?:\.\d+)?)\s*")
_TAG: Final = "tag-"

ORDERS: Final = [
    ("", _("best match, or title")),
    ("title", _("title")),
    ("newest", _("newest first")),
    ("added", _("added last")),
    ("rated", _("most ratings")),
    ("best", _("highest mean rating")),
    ("shown", _("shown most")),
]


class FilterForm(forms.Form):
    """Which items, in which order."""

    q = forms.CharField(label=_("Words"), required=False, max_length=200)
    active = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all")), ("yes", _("active")), ("no", _("inactive"))],
    )
    provider = forms.ChoiceField(label=_("Provider"), required=False)
    field = forms.ChoiceField(label=_("Attribute"), required=False)
    value = forms.CharField(label=_("Its value"), required=False, max_length=200)
    without = forms.ChoiceField(
        label=_("Without"),
        required=False,
        choices=[("", "–"), ("embedding", _("embedding")), ("ratings", _("ratings"))],
    )
    decided = forms.ChoiceField(
        label=_("Decided"),
        required=False,
        choices=[("", "–"), ("blocked", _("blocked")), ("pinned", _("pinned"))],
    )
    order = forms.ChoiceField(label=_("Order"), required=False, choices=ORDERS)

    def __init__(self, given: Mapping[str, Any], offered: Choices, providers: list[str]) -> None:
        """Offer the providers, tags and attributes that there are."""
        super().__init__(given, use_required_attribute=False, label_suffix="")
        self._kinds = offered.kinds
        names = [("", _("all")), *((each, each) for each in providers)]
        self.fields["provider"].choices = names  # type: ignore[attr-defined]
        self._tags = [key for key, values in offered.tags.items() if values]
        for key in self._tags:
            values = [("", _("all")), *((each, each) for each in offered.tags[key])]
            self.fields[_TAG + key] = forms.ChoiceField(
                label=offered.labels[key], required=False, choices=values
            )
        others = [key for key in offered.kinds if key not in self._tags]
        names = [("", "–"), *((key, offered.labels[key]) for key in others)]
        self.fields["field"].choices = names  # type: ignore[attr-defined]

    def rows(self) -> list[forms.BoundField]:
        """The fields in the order in which they stand; those without a choice are left out."""
        order = ("active", *(_TAG + key for key in self._tags), "provider", "field", "value")
        without = {"provider"} if len(self.fields["provider"].choices) < 2 else set()  # type: ignore[attr-defined]
        if len(self.fields["field"].choices) < 2:  # type: ignore[attr-defined]
            without |= {"field", "value"}
        return [self[name] for name in (*order, "without", "decided") if name not in without]

    def wanted(self) -> Wanted:
        """What is asked for, once the form is valid."""
        data = self.cleaned_data
        return Wanted(
            words=data["q"].strip(),
            active={"yes": True, "no": False}.get(data["active"]),
            provider=data["provider"],
            query=self._query,
            without=data["without"],
            decided=data["decided"],
            order=data["order"],
        )

    def clean(self) -> dict[str, Any]:
        """Read the tags and the attribute as a query."""
        data = super().clean() or self.cleaned_data
        parts: list[dict[str, Any]] = [
            {"field": key, "op": "has", "value": data[_TAG + key]}
            for key in self._tags
            if data.get(_TAG + key)
        ]
        if data.get("field") and data.get("value"):
            parts += _comparisons(data["field"], self._kinds[data["field"]], data["value"].strip())
        try:
            self._query = parse({"all": parts}, self._kinds) if parts else None
        except QueryError as error:
            self._query = None
            self.add_error("value", in_words(error))
        return data


def _comparisons(name: str, kind: Kind, text: str) -> list[dict[str, Any]]:
    """A value as somebody types it: a number or a span of numbers, a day or its beginning, words, yes or no."""
    if kind is Kind.NUMBER:
        span = _SPAN.fullmatch(text)
        low, high = span.groups() if span else (text, text)
        ends = (("ge", _number(low)), ("le", _number(high)))
        return [{"field": name, "op": op, "value": end} for op, end in ends]
    if kind is Kind.BOOLEAN:
        value: object = {"yes": True, "true": True, "no": False, "false": False}.get(
            text.lower(), text
        )
        return [{"field": name, "op": "eq", "value": value}]
    op = {Kind.TEXT: "contains", Kind.TAGS: "has"}.get(kind, "eq")
    return [{"field": name, "op": op, "value": text}]


def _number(text: str) -> float | str:
    """A number, or the text for the parser to refuse."""
    try:
        return float(text)
    except ValueError:
        return text


ACTS: Final = [
    ("block", _("block")),
    ("boost", _("boost")),
    ("bury", _("bury")),
    ("bury_to_bottom", _("bury to the bottom")),
    ("deactivate", _("deactivate")),
    ("activate", _("activate")),
]
SWITCHES: Final = ("activate", "deactivate")


class ActForm(forms.Form):
    """What is done to the items chosen: the act, where, how strongly, live or drafted, and why."""

    act = forms.ChoiceField(label=_("What to do"), choices=ACTS, widget=forms.HiddenInput)
    surface = forms.ModelChoiceField(
        Surface.objects.all(), label=_("Surface"), required=False, empty_label=_("everywhere")
    )
    strength = forms.FloatField(
        label=_("Strength"),
        initial=1,
        min_value=0.01,
        max_value=2,
        help_text=_("In logits: 1 means e times the odds."),
    )
    holdback = forms.FloatField(
        label=_("Holdback share"),
        required=False,
        initial=SPARED,
        min_value=0,
        max_value=0.99,
        help_text=_("This share of members is spared, so that the effect can be measured."),
    )
    change_set = forms.CharField(
        label=_("Keep as draft in"),
        required=False,
        max_length=120,
        help_text=_("The name of a change set. Left empty, it goes live at once."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        help_text=_("Why: your colleagues, and you in a month, will read it."),
    )

    def __init__(self, act: str, data: Mapping[str, Any] | None = None) -> None:
        """Ask only what the act needs."""
        super().__init__(data, initial={"act": act}, label_suffix="")
        if act in SWITCHES:
            del self.fields["surface"], self.fields["change_set"]
        if act not in ("boost", "bury"):
            del self.fields["strength"]
        if act == "block" or act in SWITCHES:
            del self.fields["holdback"]

    def terms(self, actor: User) -> Terms:
        """Why, where it is drafted, and whom a rule spares: nobody is spared from a block."""
        data = self.cleaned_data
        name = data["change_set"].strip()
        home = open_change_set(actor=actor, name=name) if name else None
        return Terms(reason=data["reason"], change_set=home, holdback=data.get("holdback", 0.0))

    def clean_holdback(self) -> float:
        """The usual share where none is named."""
        typed: float | None = self.cleaned_data["holdback"]
        return SPARED if typed is None else typed

    def effect(self) -> Effect:
        """The effect of the rule over the items."""
        act = self.cleaned_data["act"]
        if act == "bury_to_bottom":
            return BuryToBottom()
        kind = Boost if act == "boost" else Bury
        return kind(self.cleaned_data["strength"])
