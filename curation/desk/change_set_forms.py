"""The forms of change sets: opening one, moving a draft, planning when a set is published."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.actions import gates
from curation.decisions.instants import instant_of, zone_named
from curation.models import ChangeSet
from curation.problems import Invalid

_AT = "%Y-%m-%dT%H:%M"


class OpenForm(forms.Form):
    """The name of a change set."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("Drafts are kept under it, by anyone, until they are published together."),
    )


class ReasonForm(forms.Form):
    """The reason for ending, publishing, discarding or rolling back."""

    reason = forms.CharField(label=_("Reason"), max_length=1000)


class DraftForm(forms.Form):
    """Where a draft goes, and why."""

    to = forms.ModelChoiceField(
        ChangeSet.objects.none(), label=_("Move to"), required=False, empty_label=_("take it out")
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000)

    def __init__(self, *args: Any, home: ChangeSet, **kwargs: Any) -> None:
        """The other open change sets are on offer."""
        super().__init__(*args, **kwargs)
        rows = ChangeSet.objects.filter(published_at=None, discarded_at=None).exclude(pk=home.pk)
        self.fields["to"].queryset = rows  # type: ignore[attr-defined]


class PublishForm(forms.Form):
    """Why a change set is published; an administrator may say that it is although a gate stops it."""

    reason = forms.CharField(label=_("Reason"), max_length=1000)
    override = forms.BooleanField(
        label=_("Publish it although it does not meet what is expected"),
        required=False,
        help_text=_("Say in the reason why; both are kept."),
        widget=forms.CheckboxInput(attrs={"form": "publish-form"}),
    )
    without_approval = forms.BooleanField(
        label=_("Publish it without a second person’s approval"),
        required=False,
        help_text=_("Say in the reason why; both are kept."),
        widget=forms.CheckboxInput(attrs={"form": "publish-form"}),
    )

    def __init__(self, *args: Any, may_override: bool, **kwargs: Any) -> None:
        """Whoever may not, or need not, is not asked."""
        super().__init__(*args, **kwargs)
        if not may_override:
            del self.fields["override"], self.fields["without_approval"]

    def told(self) -> dict[str, Any]:
        """What the publish is told: why, and what it is to pass whatever it says."""
        data = self.cleaned_data
        asked = {"expectations": data.get("override"), "approval": data.get("without_approval")}
        despite = gates.ignored(**{name: bool(value) for name, value in asked.items()})
        return {"reason": data["reason"], "despite": despite}


class AnswerForm(forms.Form):
    """What a second person says of a change set, to exactly the request that they saw."""

    request = forms.UUIDField(widget=forms.HiddenInput())
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        help_text=_("What you looked at, or what is to be changed."),
    )


class AskForm(forms.Form):
    """What whoever asks for approval, or takes it back, says about it."""

    reason = forms.CharField(
        label=_("Note"),
        max_length=1000,
        required=False,
        help_text=_("What the other should look at; it may stay empty."),
    )


class ScheduleForm(forms.Form):
    """When a change set is to be published, on the wall clock of a zone."""

    at = forms.DateTimeField(
        label=_("Publish at"),
        input_formats=[_AT, f"{_AT}:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_AT),
    )
    zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name) for name in sorted(available_timezones())],
    )
    which = forms.ChoiceField(
        label=_("When clocks go back, of the hour that comes twice"),
        choices=[("", _("it does not")), ("first", _("the first")), ("second", _("the second"))],
        required=False,
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000)

    def instant(self) -> datetime:
        """The instant that was chosen."""
        return self._instant

    def clean(self) -> dict[str, Any]:
        """Clocks show some times twice and some never."""
        data = super().clean() or self.cleaned_data
        if "at" in data and "zone" in data:
            wall = data["at"].replace(tzinfo=None)
            try:
                self._instant = instant_of(wall, zone_named(data["zone"]), data.get("which") or "")
            except Invalid as problem:
                self.add_error(str(problem.errors[0]["field"]), str(problem))
        return data


class TwoVersionsForm(forms.Form):
    """Two versions to compare, and from which one on downwards they are listed."""

    before = forms.IntegerField(required=False, min_value=0)
    after = forms.IntegerField(required=False, min_value=0)
    below = forms.IntegerField(required=False, min_value=1)
