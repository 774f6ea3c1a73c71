"""The forms of runs: what to train with which settings, and why the live model changes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.models import Surface
from recsys.ml.configuration import ConfigError, Setting, settings_of
from recsys.ml.families.options import TrainingOptions
from recsys.ml.families.registry import FAMILIES, Family
from recsys.models import Job, Schedule
from recsys.runs.setting_words import label_of, plain

OPTION: Final = "option-"


class LaunchForm(forms.Form):
    """The settings of one family and the options of the run, with their ranges."""

    own = gettext_lazy("This run")
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("For whoever reads the run later."),
    )

    place = forms.ChoiceField(
        label=gettext_lazy("Place in the queue"),
        choices=[
            ("usual", gettext_lazy("as usual: before those of schedules")),
            ("first", gettext_lazy("before all others")),
            ("last", gettext_lazy("when nothing else waits")),
        ],
        initial="usual",
        help_text=gettext_lazy("It can be moved while it waits."),
    )
    skip_unchanged = forms.BooleanField(
        label=gettext_lazy("Skip if nothing changed"),
        required=False,
        initial=False,
        help_text=gettext_lazy(
            "Ends at once where the same data, settings and code made a version already."
        ),
    )

    def __init__(self, family: Family, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings = {each.name: field_of(each) for each in family.settings}
        options = {OPTION + each.name: field_of(each) for each in settings_of(TrainingOptions)}
        self.fields = {**settings, **self.fields, **options}
        self._names = tuple(settings)

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as a page sets them: what is learnt, this run, how it is computed."""
        options = [name for name in self.fields if name.startswith(OPTION)]
        others = [name for name in self.fields if name not in {*self._names, *options}]
        titles = {
            _("What it learns"): self._names,
            self.own: others,
            _("How it is computed"): options,
        }
        return [(str(title), [self[name] for name in names]) for title, names in titles.items()]

    def parameters(self) -> dict[str, Any]:
        """The settings of the family as typed."""
        return {name: self.cleaned_data[name] for name in self._names}

    def options(self) -> dict[str, Any]:
        """The options of the run as typed."""
        names = [each.name for each in fields(TrainingOptions)]
        return {name: self.cleaned_data[OPTION + name] for name in names}

    def held(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Settings and options as the form holds them, typed or to begin with; what cannot be is left out."""
        if self.is_bound:
            self.is_valid()
            told = self.cleaned_data
        else:
            told = {
                name: self.get_initial_for_field(each, name) for name, each in self.fields.items()
            }
        options = [each.name for each in fields(TrainingOptions)]
        return (
            {name: told[name] for name in self._names if name in told},
            {name: told[OPTION + name] for name in options if OPTION + name in told},
        )

    def refuse(self, error: ConfigError) -> None:
        """Show at each field what is wrong with it."""
        for problem in error.problems:
            name = problem.field if problem.field in self.fields else OPTION + problem.field
            self.add_error(name if name in self.fields else None, str(problem))


class ReasonForm(forms.Form):
    """Why the live model changes."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept with the change, for whoever asks why."),
    )


class PromoteForm(ReasonForm):
    """Why a version goes live, and whether although it ranked worse, or does not meet what is expected."""

    despite = forms.BooleanField(
        label=gettext_lazy("It ranked worse than the live version; promote it all the same"),
        help_text=gettext_lazy("Say in the reason what it is good for."),
    )
    override = forms.BooleanField(
        label=gettext_lazy("Promote it although slates would not hold what is expected"),
        required=False,
        help_text=gettext_lazy("Say in the reason why; both are kept."),
    )

    def __init__(self, *args: Any, worse: bool, may_override: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, asked in (("despite", worse), ("override", may_override)):
            if not asked:
                del self.fields[name]


class AcceptForm(ReasonForm):
    """Why a proposed blend is taken up, and in which change set it is drafted."""

    change_set = forms.CharField(
        label=gettext_lazy("Change set"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("The name of an open one, or of a new one. Empty: a new one."),
    )


class SurfaceForm(forms.Form):
    """For which surface a blend is to be proposed."""

    surface = forms.ModelChoiceField(
        Surface.objects.order_by("slug"), label=gettext_lazy("Surface"), empty_label=None
    )


class RunFilterForm(forms.Form):
    """Which runs a list shows; what is left empty leaves nothing out."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("any")), *Job.State.choices],
    )
    family = forms.ChoiceField(
        label=gettext_lazy("Family"),
        required=False,
        choices=[("", gettext_lazy("any")), *((name, name) for name in FAMILIES)],
    )
    schedule = forms.ModelChoiceField(
        Schedule.objects.order_by("name"),
        label=gettext_lazy("Schedule"),
        required=False,
        empty_label=gettext_lazy("any or none"),
    )

    def conditions(self) -> dict[str, Any]:
        """What was asked for and can be, as conditions on runs."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def field_of(setting: Setting) -> forms.Field:
    """The form field of one setting, with its help, its range and its `unit`."""
    field = _bare_field(setting)
    setattr(field, "unit", _(setting.unit) if setting.unit else "")  # noqa: B010 - Django's fields know no unit
    return field


def _bare_field(setting: Setting) -> forms.Field:
    shared: dict[str, Any] = {
        "label": label_of(setting.name),
        "initial": setting.default,
        "help_text": _help(setting),
    }
    if setting.choices:
        return forms.ChoiceField(choices=[(each, each) for each in setting.choices], **shared)
    if setting.kind is bool:
        return forms.BooleanField(required=False, **shared)
    if setting.kind is int:
        low, high = _whole(setting.low), _whole(setting.high)
        return forms.IntegerField(min_value=low, max_value=high, **shared)
    shared |= {"min_value": setting.low, "max_value": setting.high, "widget": _PlainNumber()}
    return forms.FloatField(**shared)


class _PlainNumber(forms.NumberInput):
    """A number that is shown as people write it."""

    def format_value(self, value: Any) -> str | None:  # noqa: ANN401 - of any type, by Django's promise
        shown: str | None = super().format_value(
            plain(value) if isinstance(value, float) else value
        )
        return shown


def _help(setting: Setting) -> str:
    if setting.low is None or setting.high is None:
        return _(setting.help)
    bounds = {"low": plain(setting.low), "high": plain(setting.high)}
    span = _("From %(low)s to %(high)s.") % bounds
    return f"{_(setting.help)} {span}"


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)
