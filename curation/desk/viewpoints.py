"""Through whose eyes a slate is looked at: a member, a device, a language, an instant, and which drafts are let in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.desk.pickers import ItemField, MemberField
from curation.field_words import DEVICES
from curation.models import (
    ChangeSet,
    Item,
    Member,
    MemberStats,
    Segment,
    SegmentMembership,
    Surface,
)

VIEW: Final = "view"
"""Before the names of the fields where they stand in another form."""
SIZES: Final = (10, 20, 50)
FEW: Final = 20
MOST_SEGMENTS: Final = 8
REGULAR: Final = (20, 60)
"""So many ratings has somebody whom scorers know and who is not the most active of all."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A member who was picked to be different from the others, and how they differ: in words, and by kind."""

    member: Member
    words: str
    kind: str
    segment: str = ""


def picks() -> list[Pick]:
    """A newcomer, a regular, the most active, and somebody of each segment: three queries, however many."""
    segments = dict(
        Segment.objects.filter(archived_at=None).values_list("pk", "name")[:MOST_SEGMENTS]
    )
    words = dict(_KINDS) | {str(key): name for key, name in segments.items()}
    first, *others = (rows[:1] for rows in _one_of_each(segments))
    found = dict(first.union(*others).values_list("pick", "subject"))
    members = Member.objects.filter(subject__in=found.values(), merged_into=None)
    known = {member.subject: member for member in members}
    return [
        _picked(name, known[found[name]], str(words[name]))
        for name in words
        if found.get(name) in known
    ]


_KINDS: Final = (
    ("regular", gettext_lazy("a regular")),
    ("newcomer", gettext_lazy("a newcomer")),
    ("most active", gettext_lazy("the most active")),
)


def _picked(name: str, member: Member, words: str) -> Pick:
    if name in dict(_KINDS):
        return Pick(member, words, name)
    return Pick(member, _("somebody of %(segment)s") % {"segment": words}, "segment", words)


def _one_of_each(segments: Iterable[UUID]) -> Iterator[QuerySet[Any, Any]]:
    """The subjects to pick from, one query for each kind; which of several is always the same."""
    stats = MemberStats.objects.values("subject")
    yield _named(stats.filter(ratings=0).order_by("subject"), "newcomer")
    yield _named(stats.filter(ratings__range=REGULAR).order_by("subject"), "regular")
    yield _named(stats.filter(ratings__gt=0).order_by("-ratings", "subject"), "most active")
    for key in segments:
        rows = SegmentMembership.objects.filter(segment=key).values("subject")
        # From the other end: the first of a segment may well be the regular above.
        yield _named(rows.order_by("-subject"), str(key))


def _named(rows: QuerySet[Any, Any], name: str) -> QuerySet[Any, Any]:
    return cast("QuerySet[Any, Any]", rows.annotate(pick=Value(name)).values("pick", "subject"))


def first_anchor() -> Item | None:
    """The item that similar items start from where none is named: the one that most have rated, else any."""
    active = Item.objects.filter(active=True)
    rated = active.filter(stats__isnull=False).order_by("-stats__ratings", "pk")
    return rated.first() or active.order_by("pk").first()


class ViewpointForm(forms.Form):
    """Whose slates are fused, how long a part of them is shown, and with which drafts beside them."""

    who = forms.ChoiceField(label=gettext_lazy("Member"), required=False)
    member = MemberField(
        label=gettext_lazy("or by id"), required=False, max_length=255, empty_value=""
    )
    device = forms.CharField(
        label=gettext_lazy("Device"),
        required=False,
        max_length=32,
        widget=forms.Select(choices=[("", gettext_lazy("any")), *DEVICES.items()]),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("any")), *settings.LANGUAGES],
    )
    at = forms.DateTimeField(
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    anchor = ItemField(label=gettext_lazy("Similar to (id or title)"), required=False)
    change_set = forms.ModelChoiceField(
        ChangeSet.objects.filter(published_at=None, discarded_at=None),
        label=gettext_lazy("Drafts of"),
        required=False,
        empty_label=gettext_lazy("none"),
    )
    size = forms.TypedChoiceField(
        label=gettext_lazy("Slots"),
        required=False,
        coerce=int,
        initial=FEW,
        choices=[(size, size) for size in SIZES],
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, surface: Surface, prefix: str | None = None
    ) -> None:
        """The form for a surface; what it has no use for is left out."""
        super().__init__(data, label_suffix="", prefix=prefix)
        self.surface = surface
        self.picks: dict[str, Pick] = {}
        for pick in picks():
            self.picks.setdefault(pick.member.outside_id, pick)
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)  # noqa: S101 - it is declared as one
        who.choices = [
            ("", _("nobody in particular")),
            *((key, f"{pick.words} ({key})") for key, pick in self.picks.items()),
        ]
        zone = timezone.get_current_timezone_name()
        self.fields["at"].label = _("At (%(zone)s; empty: now)") % {"zone": zone}
        who.initial = next(iter(self.picks), "")
        if surface.kind != Surface.Kind.SIMILAR:
            del self.fields["anchor"]
        else:
            # Looked up when the slates are asked for, not as one types: the slates answer to each change.
            self.fields["anchor"].widget.attrs.clear()

    def clean(self) -> dict[str, Any]:
        """A member by id counts before one that was picked; a surface of similar items has an item to start from."""
        data = super().clean() or self.cleaned_data
        picked = self.picks.get(data.get("who") or "")
        member = data.get("member") or (picked.member if picked else None)
        data["size"] = data.get("size") or FEW
        data["whose"] = (member.merged_into or member) if member else None
        if "anchor" in self.fields and not data.get("anchor"):
            data["anchor"] = first_anchor()
        return data

    def asked(self) -> dict[str, Any]:
        """What a worker is asked for, as plain JSON values: see `recsys.previews.worker`."""
        data = self.cleaned_data
        anchor = data.get("anchor")
        return {
            "surface": self.surface.slug,
            "subject": str(data["whose"].subject) if data["whose"] else None,
            "at": data["at"].isoformat() if data["at"] else None,
            "size": data["size"],
            "change_set": str(data["change_set"].pk) if data.get("change_set") else None,
            "situation": {
                "device": data["device"],
                "language": data["language"],
                "anchor": str(anchor.pk) if anchor else "",
            },
        }
