"""The filters of the audit, which live in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from curation.auditing.rows import Place, Wanted, kinds_for
from curation.auditing.words import ACTIONS, KINDS
from curation.models import User

MOST_WORDS: Final = 12
_YEARS: Final = range(1990, 2200)


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"})


class AuditForm(forms.Form):
    """Which rows: whose, what they did, to what kind of object, on which days, and with which words."""

    q = forms.CharField(label=_("Words"), required=False, max_length=200)
    actor = forms.CharField(
        label=_("Who"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"list": "actors", "autocomplete": "off"}),
    )
    action = forms.ChoiceField(label=_("What was done"), required=False)
    kind = forms.ChoiceField(label=_("To what"), required=False)
    start = forms.DateField(label=_("From"), required=False, widget=_day())
    end = forms.DateField(label=_("To"), required=False, widget=_day())
    below = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, given: Mapping[str, Any], *, people: bool) -> None:
        """Offer the kinds of objects of which the reader may know; `people`: of users, too."""
        super().__init__(given, use_required_attribute=False, label_suffix="")
        self._people = people
        acts = sorted((str(capfirst(words)), act) for act, words in ACTIONS.items())
        kinds = [(label, str(capfirst(KINDS[label]))) for label in kinds_for(people=people)]
        everything = ("", gettext("all"))
        self._offer("action", [everything, *((act, words) for words, act in acts)])
        self._offer("kind", [everything, *kinds])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def rows(self) -> list[forms.BoundField]:
        """The fields that stand in one row under the words."""
        return [self[name] for name in ("actor", "action", "kind", "start", "end")]

    def clean_actor(self) -> str | None:
        """The key of whoever is named; empty for the product itself, None for whoever it was."""
        name = self.cleaned_data["actor"].strip()
        if not name:
            return None
        key = User.objects.filter(username=name).values_list("pk", flat=True).first()
        if key is None and name.casefold() != gettext("the product").casefold():
            raise forms.ValidationError(gettext("Nobody signs in as %(name)s.") % {"name": name})
        return "" if key is None else str(key)

    def clean_start(self) -> datetime | None:
        """The instant at which the first day begins where the reader is."""
        return _midnight(self.cleaned_data["start"])

    def clean_end(self) -> datetime | None:
        """The instant at which the last day is over where the reader is."""
        return _midnight(self.cleaned_data["end"], days=1)

    def clean_below(self) -> Place | None:
        """The place of the row below which the page begins."""
        text = self.cleaned_data["below"]
        try:
            return Place.read(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(gettext("There is no such page.")) from error

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        told: dict[str, Any] = super().clean() or {}
        start, end = told.get("start"), told.get("end")
        if start and end and start >= end:
            self.add_error("start", gettext("The first day is after the last."))
        return told

    def wanted(self) -> Wanted:
        """What is asked for, once the form is valid."""
        data = self.cleaned_data
        return Wanted(
            actor=data["actor"],
            action=data["action"],
            kind=data["kind"],
            since=data["start"],
            before=data["end"],
            words=tuple(data["q"].split())[:MOST_WORDS],
            people=self._people,
        )


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    if day is None:
        return None
    if day.year not in _YEARS:
        raise forms.ValidationError(gettext("Choose a day between 1990 and 2199."))
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))
