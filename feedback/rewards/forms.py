"""The form of the reward table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from feedback.models import Kind
from feedback.rewards.tables import BY_KIND, Rewards

_LONGEST_S: Final = 86_400
_STEPS: Final = (1, 2)
_DAYS: Final = [("7", _("last 7 days")), ("28", _("last 28 days")), ("365", _("last year"))]


def _reward(label: Any) -> forms.FloatField:  # noqa: ANN401 - a text, perhaps yet to be translated
    return forms.FloatField(
        label=label, min_value=0, max_value=1, widget=forms.NumberInput(attrs={"step": "0.05"})
    )


class RewardForm(forms.Form):
    """What each kind of feedback is worth, from 0 (unwanted) over 0.5 (says nothing) to 1 (wanted)."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    stars_1 = _reward(_("1 star"))
    stars_2 = _reward(_("2 stars"))
    stars_3 = _reward(_("3 stars"))
    stars_4 = _reward(_("4 stars"))
    stars_5 = _reward(_("5 stars"))
    view_0 = _reward(_("view, however short"))
    view_1_from = forms.FloatField(
        label=_("a longer view begins at (s)"), min_value=0.1, max_value=_LONGEST_S
    )
    view_1 = _reward(_("longer view"))
    view_2_from = forms.FloatField(
        label=_("a long view begins at (s)"), min_value=0.1, max_value=_LONGEST_S
    )
    view_2 = _reward(_("long view"))
    days = forms.ChoiceField(
        label=_("preview over"), choices=[*_DAYS, ("", _("everything"))], required=False
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, given: Mapping[str, Any] | None, start: Rewards, base: int) -> None:
        """Begin with a version: the one in force, or an older one that is to come back."""
        super().__init__(given, initial=_initial(start) | {"base": base, "days": "28"})
        for kind in BY_KIND:
            self.fields[kind.name.lower()] = _reward(kind.label)
            self.initial[kind.name.lower()] = start.kinds[kind]
        self.order_fields(
            [*(n for n in self.fields if n not in {"days", "reason"}), "days", "reason"]
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a long view that begins before a longer one."""
        told: dict[str, Any] = super().clean() or {}
        first, second = told.get("view_1_from"), told.get("view_2_from")
        if first is not None and second is not None and second <= first:
            self.add_error("view_2_from", _("A long view must begin after a longer one."))
        return told

    def rewards(self) -> Rewards:
        """The table that the valid form says, numbered as the version that it would be."""
        told = self.cleaned_data
        steps = [(told[f"view_{step}_from"], told[f"view_{step}"]) for step in _STEPS]
        return Rewards(
            number=told["base"] + 1,
            stars=tuple(told[f"stars_{stars}"] for stars in range(1, 6)),
            views=((0.0, told["view_0"]), *steps),
            kinds={kind: told[kind.name.lower()] for kind in BY_KIND},
        )

    def since(self) -> datetime | None:
        """From when on the preview looks."""
        days = self.cleaned_data["days"]
        return timezone.now() - timedelta(days=int(days)) if days else None

    def values(self) -> Iterator[forms.BoundField]:
        """The fields of the table itself."""
        return (self[name] for name in self.fields if name not in {"base", "days", "reason"})


def _initial(start: Rewards) -> dict[str, float]:
    found = {f"stars_{stars}": reward for stars, reward in enumerate(start.stars, 1)}
    for step, (since, reward) in enumerate(start.views):
        found |= {f"view_{step}_from": since, f"view_{step}": reward}
    return found


def _stars(n: int) -> str:
    return ngettext("%(stars)d star", "%(stars)d stars", n) % {"stars": n}


def rows_of(rewards: Rewards) -> list[tuple[str, float]]:
    """A version for people: what, and its reward."""
    stars = [(_stars(n), reward) for n, reward in enumerate(rewards.stars, 1)]
    views = [
        (str(_("view of %(seconds)s s or more") % {"seconds": f"{since:g}"}), reward)
        for since, reward in rewards.views
    ]
    return [*stars, *views, *((str(Kind(kind).label), rewards.kinds[kind]) for kind in BY_KIND)]
