"""Finding a slate that was made: the latest ones, of a member or on a surface, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import Func, IntegerField, Q
from django.utils.translation import gettext_lazy as _

from curation.desk.pickers import MemberField
from curation.models import Member, Surface
from feedback.models import Impression
from recsys.models import Slate
from recsys.screens.staff_pages import PAGE


class SlatesForm(forms.Form):
    """Whose slates, where, and from which one on back in time."""

    member = MemberField(label=_("Member (id)"), required=False)
    surface = forms.ModelChoiceField(
        Surface.objects.all(), label=_("Surface"), required=False, empty_label=_("all surfaces")
    )
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)


@dataclass(frozen=True, slots=True)
class Row:
    """A slate as the list shows it; `served` is how it was served last, None where it never was."""

    slate: Slate
    member: str
    served: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of slates, newest first; `older` is where the next page begins, if there is one."""

    rows: Sequence[Row]
    older: UUID | None = None


NONE: Final = Found(())


def latest(form: SlatesForm) -> Found:
    """The latest slates that a form asks for: four queries, however many they are."""
    asked = form.cleaned_data
    rows = Slate.objects.select_related("surface").defer("trace", "inputs")
    rows = rows.annotate(kept=Q(inputs__isnull=False))
    if asked["member"]:
        rows = rows.filter(subject=_person(asked["member"]).subject)
    if asked["surface"]:
        rows = rows.filter(surface=asked["surface"])
    if asked["before"]:
        rows = rows.filter(pk__lt=asked["before"])
    # Ids are made in the order of time.
    found = list(rows.order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    return Found(_rows(shown), shown[-1].pk if len(found) > PAGE else None)


def _person(member: Member) -> Member:
    return member.merged_into or member


def _rows(slates: Sequence[Slate]) -> list[Row]:
    subjects = {slate.subject for slate in slates if slate.subject}
    names = dict(Member.objects.filter(subject__in=subjects).values_list("subject", "outside_id"))
    served = _served(slates, subjects)
    return [
        Row(slate, names.get(slate.subject, "") if slate.subject else "", served.get(slate.pk))
        for slate in slates
    ]


def _served(slates: Sequence[Slate], subjects: set[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """How each slate was served last: found by the member, since impressions have no index by slate."""
    if not subjects:
        return {}
    size = Func("items", function="cardinality", output_field=IntegerField())
    rows = Impression.objects.filter(
        subject__in=subjects,
        slate__in=[slate.pk for slate in slates],
        served_at__gte=min(slate.fused_at for slate in slates),
    )
    rows = rows.order_by("slate", "-served_at").distinct("slate").annotate(size=size)
    told = rows.values("slate", "mode", "served_at", "size")
    return {row["slate"]: row for row in told if row["slate"]}
