"""The forms in which curators say what slates are expected to hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from curation.actions import Expected, read_claim
from curation.desk.pickers import ItemField, MemberField, name_of
from curation.desk.queries.forms import ConditionsMixin
from curation.field_words import DEVICES
from curation.fusion.expectations import MOST_SLOTS, Way
from curation.models import Expectation, Segment, Surface
from curation.problems import Invalid
from curation.queries.items import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrPromise

_ANY: Final = ("", _("any"))


class ExpectationForm(ConditionsMixin, forms.Form):
    """What is expected: how many items of a kind, in which slots, of whose slates, and whether that stops a publish."""

    condition_fields: ClassVar[frozenset[str]] = ConditionsMixin.condition_fields

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("Read by whoever is stopped by it: “No horror for children”."),
    )
    surface = forms.ModelChoiceField(Surface.objects.all(), label=_("Surface"), empty_label=None)
    way = forms.ChoiceField(
        label=_("A slate holds"),
        choices=[
            (str(Way.NEVER), _("never one of these")),
            (str(Way.AT_MOST), _("at most so many of these")),
            (str(Way.AT_LEAST), _("at least so many of these")),
        ],
    )
    count = forms.IntegerField(
        label=_("So many"), required=False, min_value=1, max_value=MOST_SLOTS
    )
    first = forms.IntegerField(
        label=_("In the first"),
        required=False,
        min_value=1,
        max_value=MOST_SLOTS,
        help_text=_("Slots. Empty: anywhere in the slate."),
    )
    who = forms.ChoiceField(label=_("Whose slates"), choices=Expectation.Who.choices)
    member = MemberField(label=_("Member (id)"), required=False, max_length=255)
    segment = forms.ModelChoiceField(
        Segment.objects.filter(archived_at=None),
        label=_("Segment"),
        required=False,
        empty_label=_("none"),
        help_text=_("Up to twenty of its members are looked at."),
    )
    device = forms.ChoiceField(label=_("Device"), required=False, choices=[_ANY, *DEVICES.items()])
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[_ANY, *settings.LANGUAGES]
    )
    anchor = ItemField(
        label=_("Similar to (id or title)"),
        required=False,
        help_text=_("For similar items alone. Empty: the one that most have rated."),
    )
    blocks = forms.BooleanField(
        label=_("It stops a publish and a promotion; otherwise it warns"),
        required=False,
        initial=True,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        help_text=_("Why: your colleagues, and you in a month, will read it."),
    )
    base = forms.IntegerField(widget=forms.HiddenInput, required=False)

    what: ClassVar = ("name", "surface", "way", "count", "first")
    whose: ClassVar = ("who", "member", "segment", "device", "language", "anchor")
    effect: ClassVar = ("blocks", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """An anchor is looked up when it is saved, not as one types."""
        super().__init__(*args, **kwargs)
        self.fields["anchor"].widget.attrs.clear()

    def field_words(self) -> Mapping[str, StrPromise | str]:
        """What the fields of items are called, attributes by their labels."""
        return {**super().field_words(), **labels()}

    def groups(self) -> list[tuple[StrPromise, list[forms.BoundField]]]:
        """The fields in groups, those of the conditions left out."""
        titles = (_("What is expected"), self.what), (_("Of whom"), self.whose)
        return [(title, [self[name] for name in names]) for title, names in titles]

    def effect_fields(self) -> list[forms.BoundField]:
        """What comes of it, and why."""
        return [self[name] for name in self.effect]

    def expected(self) -> Expected:
        """The content for an action."""
        return self._expected

    def clean(self) -> dict[str, Any]:
        """The parts must go together; an error stands at the field that is at fault.

        What the form hides for a choice does not count, whatever was typed there before.
        """
        data = super().clean() or self.cleaned_data
        if data.get("way") == Way.NEVER:
            data["count"] = None
        for name in ("member", "segment"):
            if data.get("who") != name:
                data[name] = None
        what = self.read()
        if self.errors or what is None:
            return data
        plain = ("name", "surface", "who", "member", "segment", "device", "language", "anchor")
        try:
            claim = read_claim(data["way"], what, data["count"], data["first"])
            given = {name: data[name] for name in (*plain, "blocks", "reason")}
            self._expected = Expected(claim=claim, **given)
        except Invalid as problem:
            for error in problem.errors:
                self.add_error(error["field"], error["message"])
        return data


class RetireForm(forms.Form):
    """Why something is no longer expected."""

    reason = forms.CharField(label=_("Reason"), max_length=1000)


def initial_of(row: Expectation) -> dict[str, Any]:
    """An expectation as its form shows it."""
    plain = ("name", "who", "device", "language", "blocks", "reason")
    return {
        **{name: getattr(row, name) for name in plain},
        **{name: row.claim[name] or None for name in ("way", "count", "first", "where")},
        "surface": row.surface_id,
        "member": row.member.outside_id if row.member else "",
        "segment": row.segment_id,
        "anchor": name_of(row.anchor) if row.anchor else "",
        "base": row.number,
    }
