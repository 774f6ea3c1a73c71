"""The form that snoozes a proposal: for a while, or until a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SPANS: Final[Mapping[str, timedelta]] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
DAY: Final = "date"


class SnoozeForm(forms.Form):
    """Until when a proposal is put aside."""

    span = forms.ChoiceField(
        label=_("For how long"),
        choices=[
            ("day", _("1 day")),
            ("week", _("1 week")),
            ("month", _("1 month")),
            (DAY, _("until the day below")),
        ],
        initial="week",
    )
    day = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Within a year; it comes back by itself on that day."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000, required=False)

    def clean(self) -> dict[str, Any]:
        """A day is named where one was asked for."""
        data = super().clean() or self.cleaned_data
        if data.get("span") == DAY and not data.get("day") and "day" not in self.errors:
            self.add_error("day", _("Name the day."))
        return data

    def back(self) -> datetime:
        """The instant at which the proposal comes back: the beginning of the day, on the clock of whoever asks."""
        if self.cleaned_data["span"] == DAY:
            return timezone.make_aware(datetime.combine(self.cleaned_data["day"], time.min))
        return timezone.now() + SPANS[self.cleaned_data["span"]]
