"""The filters of reports: the same on every page, and all of them in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from curation.models import Segment, Surface
from feedback.models import Kind
from feedback.partitions import EARLIEST
from feedback.reporting.spans import Span

MOST_DAYS: Final = 1100
USUAL: Final = "28d"
PERIODS: Final = {
    "7d": _("last 7 days"),
    "28d": _("last 28 days"),
    "month": _("this month"),
}
COMPARISONS: Final = {
    "previous": _("the days before"),
    "month": _("same days, month before"),
    "none": _("nothing"),
}
_KINDS: Final = {kind.name.lower(): kind.label for kind in Kind if kind is not Kind.UNDO}


def days_of(period: str) -> tuple[date, date]:
    """The first and the last day of a named period, which ends today."""
    today = timezone.localdate()
    if period == "month":
        return today.replace(day=1), today
    return today - timedelta(days=6 if period == "7d" else 27), today


class Filters(forms.Form):
    """From which day to which, on which surface, of whom and which kind, compared to what."""

    start = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    end = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    compare = forms.ChoiceField(label=_("Compared to"), required=False, choices=COMPARISONS)
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
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices={"": _("all kinds"), **_KINDS}
    )
    simulated = forms.BooleanField(label=_("with simulated members"), required=False)

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Fill in what the URL leaves out: the last four weeks, compared to the four before."""
        self.given = given
        self.period = str(given.get("period") or ("" if _is_dated(given) else USUAL))
        start, end = days_of(self.period or USUAL)
        usual = {"start": start.isoformat(), "end": end.isoformat(), "compare": "previous"}
        told = {name: given[name] for name in self.base_fields if given.get(name)}
        super().__init__(usual | told, use_required_attribute=False, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order, days without feedback, more of them than a chart can show."""
        told: dict[str, Any] = super().clean() or {}
        if self.period and self.period not in PERIODS:
            self.add_error(None, _("There is no such period: choose 7d, 28d or month."))
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

    def span(self) -> Span | None:
        """What the report is about; None where the filters make no sense."""
        if not self.is_valid():
            return None
        told = self.cleaned_data
        return Span(
            told["start"],
            told["end"],
            surface=told["surface"].pk if told["surface"] else None,
            simulated=told["simulated"],
            segment=told["segment"].pk if told["segment"] else None,
            kind=Kind[told["kind"].upper()] if told["kind"] else None,
            compare=told["compare"] or "previous",
        )

    def query(self, **other: str | None) -> str:
        """The filters as the query of a URL, some of them changed; None takes one away."""
        names = ("period", *self.base_fields)
        given = {name: str(self.given[name]) for name in names if self.given.get(name)}
        kept = {name: value for name, value in {**given, **other}.items() if value}
        return urlencode(kept)

    def fixed(self) -> str:
        """The same with the days by name, so that a link shows the same figures tomorrow."""
        told = {name: str(self.data[name]) for name in self.base_fields if self.data.get(name)}
        return urlencode(told)

    def periods(self) -> list[tuple[str, object, bool]]:
        """The named periods as links: query, words, whether it is the one in force."""
        return [
            (self.query(period=name, start=None, end=None), words, name == self.period)
            for name, words in PERIODS.items()
        ]

    def set_names(self) -> set[str]:
        """Which filters narrow the figures down."""
        told = self.cleaned_data if self.is_valid() else {}
        narrowed = {name for name in ("surface", "segment", "kind") if told.get(name)}
        return narrowed | (
            {"compare"} if self.given.get("compare") not in (None, "", "none") else set()
        )


def _is_dated(given: Mapping[str, Any]) -> bool:
    return bool(given.get("start") or given.get("end"))
