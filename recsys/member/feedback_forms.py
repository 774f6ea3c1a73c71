"""The forms that a member's page sends."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from feedback.folding.said import Aspect
from feedback.intake.parsing import MAX_COMMENT, RANGES, written
from feedback.models import Kind
from recsys.member.arrangement import unpack
from recsys.screens.shelf_kinds import HOME, KINDS, ShelfKind

_ACTS = {
    "rating": Kind.RATING,
    "like": Kind.LIKE,
    "dislike": Kind.DISLIKE,
    "favourite": Kind.FAVOURITE,
    "not_interested": Kind.NOT_INTERESTED,
    "share": Kind.SHARE,
}
_TAKEN_BACK = {
    "not_rating": Aspect.STARS,
    "not_like": Aspect.THUMB,
    "not_dislike": Aspect.THUMB,
    "not_favourite": Aspect.FAVOURITE,
    "not_never": Aspect.NEVER,
}
MOST_DIGITS = 6
MOST_PACKED = 4_000
NONCE = r"^[\w-]{6,40}$"


class FeedbackForm(forms.Form):
    """One act on one item, or the taking back of one; without a button's name, it is the stars that were set.

    `signed` says that the page was made for somebody who had signed in.
    """

    kind = forms.ChoiceField(
        choices=[(name, name) for name in (*_ACTS, *_TAKEN_BACK)], required=False
    )
    stars = forms.IntegerField(min_value=1, max_value=5, required=False)
    nonce = forms.RegexField(NONCE)
    impression = forms.UUIDField(required=False)
    signed = forms.BooleanField(required=False)

    def clean(self) -> dict[str, object]:
        """A rating needs its stars; every other act leaves them alone."""
        data = super().clean() or self.cleaned_data
        data["kind"] = data.get("kind") or "rating"
        if data["kind"] != "rating":
            data["stars"] = None
        elif not data.get("stars") and "stars" not in self.errors:
            self.add_error("stars", _("Choose one to five stars."))
        return data

    @property
    def takes_back(self) -> Aspect | None:
        """What it takes back of what was said, if it does."""
        return _TAKEN_BACK.get(self.cleaned_data["kind"])

    @property
    def act(self) -> Kind:
        """The kind of interaction that this is."""
        return _ACTS[self.cleaned_data["kind"]]


class ViewForm(forms.Form):
    """How long the item's page was looked at, in seconds."""

    seconds = forms.FloatField(min_value=RANGES[Kind.VIEW][0], max_value=RANGES[Kind.VIEW][1])
    nonce = forms.RegexField(NONCE)
    impression = forms.UUIDField(required=False)


class PlaceForm(forms.Form):
    """Where on a page an act was made: which shelf, of what item, what it shows, and whether among others.

    `without` is what stands elsewhere on the page, which it is not to show as well.
    """

    shelf = forms.ChoiceField(choices=[(name, name) for name in KINDS], required=False)
    of = forms.UUIDField(required=False)
    shown = forms.CharField(max_length=MOST_PACKED, required=False)
    without = forms.CharField(max_length=MOST_PACKED, required=False)
    row = forms.BooleanField(required=False)

    @property
    def kind(self) -> ShelfKind:
        """The kind of shelf; the home page's where none was named."""
        return KINDS.get(self.cleaned_data.get("shelf") or "", HOME)

    @property
    def items(self) -> list[UUID]:
        """What the page shows of it."""
        return unpack(self.cleaned_data.get("shown") or "")

    @property
    def elsewhere(self) -> list[UUID]:
        """What the page shows on other shelves."""
        return unpack(self.cleaned_data.get("without") or "")


class CommentForm(forms.Form):
    """A comment, and whether everybody may read it."""

    text = forms.CharField(
        label=_("Your comment"),
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    public = forms.BooleanField(
        label=_("Show it to everybody"),
        required=False,
        help_text=_("Otherwise only you and the people who run this site can read it."),
    )
    nonce = forms.RegexField(NONCE, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        """The text as the door of feedback takes it."""
        text = written(self.cleaned_data["text"])
        if text is None:
            raise forms.ValidationError(_("A comment takes letters, not control characters."))
        return text


class UndoForm(forms.Form):
    """Take back the event that a receipt named."""

    event = forms.CharField(max_length=255)
    item = forms.UUIDField()


def number_of(text: str | None) -> int:
    """The number of a page in an address; the first for anything else."""
    return (
        int(text) if text and text.isascii() and text.isdigit() and len(text) < MOST_DIGITS else 1
    )
