"""The filters of reports; they live in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from curation.models import Segment, Surface
from feedback.models import Rule
from feedback.partitions import EARLIEST

DAYS: Final = 28
MOST_DAYS: Final = 1100


class ReasonForm(forms.Form):
    """Why somebody decides."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


class LiftForm(ReasonForm):
    """Whose marks are lifted, under which rule."""

    subject = forms.UUIDField(widget=forms.HiddenInput)
    rule = forms.TypedChoiceField(
        choices=Rule.choices, coerce=lambda value: Rule(int(value)), widget=forms.HiddenInput
    )


class Filters(forms.Form):
    """From which day to which, on which surface, of whom, with or without simulated members."""

    start = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    end = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    surface = forms.ModelChoiceField(
        Surface.objects.all(), label=_("Surface"), required=False, empty_label=_("all surfaces")
    )
    segment = forms.ModelChoiceField(
        Segment.objects.filter(archived_at=None),
        label=_("Segment"),
        required=False,
        empty_label=_("everyone"),
        to_field_name="slug",
    )
    simulated = forms.BooleanField(label=_("with simulated members"), required=False)

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Fill in what the URL leaves out: the last four weeks."""
        today = timezone.localdate()
        usual = {"start": (today - timedelta(days=DAYS - 1)).isoformat(), "end": today.isoformat()}
        told = {name: given[name] for name in self.base_fields if given.get(name)}
        super().__init__(usual | told, use_required_attribute=False, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order, days without feedback, more of them than a chart can show."""
        told: dict[str, Any] = super().clean() or {}
        for name in ("start", "end"):
            day = told.get(name)
            if day and not (EARLIEST.date() <= day <= timezone.localdate() + timedelta(days=1)):
                self.add_error(name, _("Choose a day between 1990 and today."))
        start, end = told.get("start"), told.get("end")
        if isinstance(start, date) and isinstance(end, date):
            if start > end:
                self.add_error("start", _("The first day is after the last."))
            elif (end - start).days > MOST_DAYS:
                self.add_error("start", _("Choose at most three years."))
        return told
