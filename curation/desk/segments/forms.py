"""The forms in which curators write segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from curation import actions
from curation.actions import MOST_LISTED
from curation.desk.queries.fields import MATCHES
from curation.desk.queries.forms import ConditionsMixin
from curation.field_words import MEMBER_WORDS
from curation.fusion.columns import Kind
from curation.fusion.query import Query
from curation.models import Segment
from curation.queries import known_values
from curation.queries import members as member_queries

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

_MOST_TEXT: Final = MOST_LISTED * 257


class NameForm(forms.Form):
    """What every segment has: a name and, once, a slug."""

    name = forms.CharField(label=_("Name"), max_length=120)
    slug = forms.SlugField(
        label=_("Slug"),
        max_length=50,
        help_text=_("How the API names it; it stays. Letters, digits and hyphens."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000, required=False)
    base = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)

    def __init__(self, *args: Any, segment: Segment | None = None, **kwargs: Any) -> None:
        """Of a segment that there is, the slug is not asked; `base` is the change that is shown."""
        super().__init__(*args, **kwargs)
        self.segment = segment
        if segment is not None:
            del self.fields["slug"]
            self.fields["name"].initial = segment.name
            self.fields["base"].initial = actions.segment_number(segment)

    def slug_given(self) -> str:
        """The slug, of the segment that there is or the new one."""
        return self.segment.slug if self.segment else str(self.cleaned_data["slug"])

    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that are no conditions."""
        names = ("name", "slug", "reason")
        return [self[name] for name in names if name in self.fields]

    def clean_slug(self) -> str:
        """A new segment has a slug of its own."""
        slug = str(self.cleaned_data["slug"])
        if Segment.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("There is a segment of this slug already."))
        return slug


class MembersConditions(ConditionsMixin):
    """Conditions on members."""

    condition_fields: ClassVar[frozenset[str]] = frozenset()
    example: ClassVar[str] = 'ratings >= 20 and (idle_days < 30 or not language = "en")'

    match = forms.ChoiceField(label=_("Members for whom"), choices=MATCHES, initial="all")

    def known_fields(self) -> Mapping[str, Kind]:
        """What may be asked of members."""
        return member_queries.schema()

    def field_words(self) -> Mapping[str, StrPromise | str]:
        """What the fields of members are called."""
        return MEMBER_WORDS

    def read_query(self, data: object) -> Query:
        """Read a query over members."""
        return member_queries.read(data, self._schema)

    def read_text(self, text: str) -> Query:
        """Read a query over members from text."""
        return member_queries.read_text(text, self._schema)

    def known_values(self, field: str, typed: str) -> list[str]:
        """The values that several members share."""
        return known_values.of_members(field, self._schema.get(field), typed)


class QueryForm(MembersConditions, NameForm):
    """A segment by query."""

    confirmed = forms.BooleanField(
        label=_("Save it although it holds everybody or nobody"), required=False
    )

    def __init__(self, *args: Any, segment: Segment | None = None, **kwargs: Any) -> None:
        """Show the query of a segment that there is."""
        if segment is not None:
            kwargs["initial"] = {"where": segment.query, **(kwargs.get("initial") or {})}
        super().__init__(*args, segment=segment, **kwargs)


class CountForm(MembersConditions):
    """Conditions to count, as they are being written."""


class ListForm(forms.Form):
    """Members to put into a segment by hand, or to take out."""

    ids = forms.CharField(
        label=_("Outside ids"),
        max_length=_MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("One to a line, or separated by commas; at most 10,000."),
    )
    way = forms.ChoiceField(
        label=_("What to do"),
        choices=[("add", _("put them in")), ("remove", _("take them out"))],
    )
    source = forms.CharField(label=_("Source"), max_length=64, initial=settings.DEFAULT_SOURCE)
    reason = forms.CharField(label=_("Reason"), max_length=1000, required=False)

    def clean_ids(self) -> list[str]:
        """The ids, in their order."""
        parts = str(self.cleaned_data["ids"]).replace(",", "\n").splitlines()
        ids = [part.strip() for part in parts if part.strip()]
        if len(ids) > MOST_LISTED:
            raise forms.ValidationError(
                _("These are %(n)d ids; at most %(most)d at once."),
                params={"n": len(ids), "most": MOST_LISTED},
            )
        return ids


class ArchiveForm(forms.Form):
    """Why a segment is taken out of use, knowing who uses it."""

    reason = forms.CharField(label=_("Reason"), max_length=1000)
    confirmed = forms.BooleanField(
        label=_("I know that these decisions will be for nobody"), required=False
    )
