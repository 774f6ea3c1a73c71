"""The form of a schedule: when, and with which settings."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from recsys.ml.families.registry import Family
from recsys.models import Schedule
from recsys.runs.cadence import CadenceError, wall_clock
from recsys.runs.forms import OPTION, LaunchForm

DAILY, THREE_DAYS, CRON = "24", "72", "cron"
WHEN: Final = (
    (DAILY, _("Every 24 hours")),
    (THREE_DAYS, _("Every 72 hours")),
    (CRON, _("At times of a wall clock")),
)


class ScheduleForm(LaunchForm):
    """Name and times of a schedule before the settings of its family."""

    own = _("This schedule")
    name = forms.CharField(label=_("Name"), max_length=80)
    when = forms.ChoiceField(label=_("When"), choices=WHEN)
    cron = forms.CharField(
        label=_("Times"),
        required=False,
        max_length=100,
        help_text=_(
            "For a wall clock: minute, hour, day of the month, month, weekday (0 is Sunday); "
            "“30 3 * * 1-5” is half past three from Monday to Friday."
        ),
    )
    zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        initial="UTC",
        help_text=_("The place of the wall clock, such as Europe/Berlin or Asia/Shanghai."),
    )
    enabled = forms.BooleanField(label=_("Enabled"), required=False, initial=True)

    def __init__(self, family: Family, schedule: Schedule | None, *args: Any) -> None:
        super().__init__(family, *args, initial=_initial(schedule) if schedule else None)
        own = {name: self.fields.pop(name) for name in ("name", "when", "cron", "zone", "enabled")}
        for name in ("note", "place", "skip_unchanged"):
            del self.fields[name]
        self.fields = {**own, **self.fields}

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """What it is called and when it runs come first: without them there is no schedule."""
        learnt, own, computed = super().groups
        return [own, learnt, computed]

    def clean_zone(self) -> str:
        """A zone that the time zone database knows."""
        zone: str = self.cleaned_data["zone"]
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone."))
        return zone

    def clean(self) -> dict[str, Any]:
        """Times that can be read, where a wall clock is to tell."""
        told = super().clean() or self.cleaned_data
        if told.get("when") == CRON and "zone" in told:
            try:
                wall_clock(told.get("cron", ""), told["zone"])
            except CadenceError as error:
                self.add_error("cron", str(error))
        return told

    def fill(self, schedule: Schedule) -> Schedule:
        """Put what was typed into a schedule."""
        told = self.cleaned_data
        by_clock = told["when"] == CRON
        schedule.name, schedule.enabled = told["name"], told["enabled"]
        schedule.every_hours = None if by_clock else int(told["when"])
        schedule.cron = told["cron"] if by_clock else ""
        schedule.zone = told["zone"]
        schedule.parameters, schedule.options = self.parameters(), self.options()
        return schedule


def _initial(schedule: Schedule) -> dict[str, Any]:
    return {
        **schedule.parameters,
        **{OPTION + name: value for name, value in schedule.options.items()},
        "name": schedule.name,
        "when": CRON if schedule.cron else str(schedule.every_hours),
        "cron": schedule.cron,
        "zone": schedule.zone,
        "enabled": schedule.enabled,
    }
