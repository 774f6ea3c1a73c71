"""The part of a decision's form that says in which situations it holds: on what device, whose, and at which hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from typing import Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from curation.decisions import audiences
from curation.decisions.audiences import LANGUAGES, minutes, who_of, zones
from curation.desk.pickers import ItemField, name_of
from curation.field_words import DEVICES
from curation.fusion.parsing import QueryError
from curation.fusion.query import Query, to_json
from curation.fusion.reading import MOST_WRITTEN
from curation.fusion.writing import text_of
from curation.models import Item
from curation.problems import Conflict, Invalid
from curation.queries import members as member_queries
from curation.queries.faults import in_words

_FIELDS: Final = ("devices", "languages", "anchor", "members_text")
_HOURS: Final = ("weekdays", "hours_from", "hours_until", "hours_zone")
_AT: Final = {
    "devices": "devices",
    "languages": "languages",
    "anchors": "anchor",
    "members": "members_text",
    "hours.zone": "hours_zone",
    "hours.until": "hours_until",
}
"""The fields that say a part of `who`; the rest of the hours stands at their beginning."""
_MIDNIGHT: Final = time()
_DAYS: Final = [(number, name) for number, name in enumerate(WEEKDAYS.values(), start=1)]
_TYPED: Final = {
    "rows": 2,
    "spellcheck": "false",
    "autocapitalize": "off",
    "autocomplete": "off",
    "dir": "ltr",
    "aria-describedby": "id_members_text_helptext",
}


def _choices(label: Any, choices: Any) -> forms.MultipleChoiceField:  # noqa: ANN401 - lazy texts
    widget = forms.CheckboxSelectMultiple
    return forms.MultipleChoiceField(label=label, required=False, choices=choices, widget=widget)


class SituationMixin(forms.Form):
    """Fields for situations; `who` is what they say once the form is valid, empty where they ask nothing."""

    situation_names: ClassVar[Sequence[str]] = (*_FIELDS, *_HOURS)
    members_example: ClassVar = 'ratings < 5 or language = "en"'

    devices = _choices(_("Devices"), list(DEVICES.items()))
    languages = _choices(_("Languages"), settings.LANGUAGES)
    anchor = ItemField(
        label=_("Beside the item (id or title)"),
        required=False,
        help_text=_("For similar items: only where they are shown beside this one."),
    )
    members_text = forms.CharField(
        label=_("Members of whom this holds"),
        required=False,
        max_length=MOST_WRITTEN,
        widget=forms.Textarea(attrs=_TYPED),
    )
    weekdays = _choices(_("Days of the week"), _DAYS)
    hours_from = forms.TimeField(
        label=_("Hours from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    hours_until = forms.TimeField(
        label=_("Hours until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("00:00 is the end of the day; before “from”, it is on the next day."),
    )
    hours_zone = forms.ChoiceField(
        label=_("On the clocks of"),
        required=False,
        choices=lambda: [(name, name) for name in sorted(zones())],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Hours are on the clocks of whoever writes, unless they say otherwise."""
        super().__init__(*args, **kwargs)
        # Looked up when it is saved: only one field of a form finds items as one types.
        self.fields["anchor"].widget.attrs.clear()
        self.fields["hours_zone"].initial = timezone.get_current_timezone_name()
        self._members: Query | None = None

    def situation_fields(self) -> Iterator[forms.BoundField]:
        """The fields beside the query and the hours."""
        return (self[name] for name in ("devices", "languages", "anchor"))

    def hour_fields(self) -> Iterator[forms.BoundField]:
        """The fields of the recurring hours."""
        return (self[name] for name in _HOURS)

    @property
    def asks_situations(self) -> bool:
        """Whether any of the fields says something, or is at fault."""
        names = (name for name in self.situation_names if name != "hours_zone")
        return any(self[name].value() or name in self.errors for name in names)

    def asked_of_members(self) -> Query | None:
        """The query over members, if one was written."""
        return self._members

    def clean_members_text(self) -> str:
        """A query over members that can be read."""
        text: str = self.cleaned_data["members_text"].strip()
        if text:
            try:
                self._members = member_queries.read_text(text)
            except QueryError as error:
                raise forms.ValidationError(in_words(error)) from error
        return text

    def clean(self) -> dict[str, Any]:
        """Hours begin and end; weekdays alone are whole days."""
        data = super().clean() or self.cleaned_data
        begins, ends = data.get("hours_from"), data.get("hours_until")
        if (begins is None) != (ends is None):
            name = "hours_from" if begins is None else "hours_until"
            if name not in self.errors:
                self.add_error(name, _("Hours have a beginning and an end."))
        timed = begins is not None and ends is not None
        if (timed or data.get("weekdays")) and not data.get("hours_zone"):
            self.add_error("hours_zone", _("Say on which clocks."))
        if not set(self.situation_names) & self.errors.keys():
            self._check()
        return data

    def _check(self) -> None:
        """Say beside the field at fault what a decision would be refused for."""
        who = self.who()
        try:
            audiences.check("", who, member_queries.schema() if "members" in who else {})
        except Invalid as problem:
            part = str(problem.errors[0]["field"]).removeprefix("who.")
            self.add_error(_AT.get(part, "hours_from"), str(problem))

    def who(self) -> dict[str, Any]:
        """The conditions as a decision keeps them."""
        data = self.cleaned_data
        anchor: Item | None = data["anchor"]
        return who_of(
            devices=data["devices"],
            languages=data["languages"],
            anchors=[anchor.pk] if anchor else [],
            members=to_json(self._members) if self._members is not None else None,
            hours=self._hours(),
        )

    def _hours(self) -> dict[str, Any] | None:
        data = self.cleaned_data
        days = [int(day) for day in data["weekdays"]]
        begins, ends = data["hours_from"], data["hours_until"]
        if begins is None and not days:
            return None
        return {
            "zone": data["hours_zone"],
            "weekdays": days,
            "from": f"{begins or _MIDNIGHT:%H:%M}",
            "until": f"{ends:%H:%M}" if ends not in (None, _MIDNIGHT) else "24:00",
        }


def fields_of(who: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields that say a `who`; raises `Conflict` where they cannot."""
    anchors = who.get("anchors", ())
    members = text_of(who["members"]) if "members" in who else ""
    gone = set(who.get("languages", ())) - LANGUAGES.keys()
    if len(anchors) > 1 or len(members) > MOST_WRITTEN or gone:
        text = gettext("Conditions as many as these are revised by the API.")
        raise Conflict("beyond_the_form", text)
    found = Item.objects.filter(pk__in=anchors).first()
    return {
        "devices": who.get("devices", []),
        "languages": who.get("languages", []),
        "anchor": name_of(found) if found else "",
        "members_text": members,
        **(_fields_of_hours(who["hours"]) if "hours" in who else {}),
    }


def _fields_of_hours(hours: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "weekdays": [str(day) for day in hours.get("weekdays", ())],
        "hours_from": _time(hours["from"]),
        "hours_until": _time(hours["until"]),
        "hours_zone": hours["zone"],
    }


def _time(text: str) -> time:
    hour, minute = divmod(minutes(text) % 1440, 60)
    return time(hour, minute)
