"""The forms that a member's page sends."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from feedback.models import Kind
from feedback.parsing import MAX_COMMENT, RANGES, written

_ACTS = {
    "rating": Kind.RATING,
    "like": Kind.LIKE,
    "dislike": Kind.DISLIKE,
    "favourite": Kind.FAVOURITE,
    "not_interested": Kind.NOT_INTERESTED,
    "share": Kind.SHARE,
}
NONCE = r"^[\w-]{6,40}$"


class FeedbackForm(forms.Form):
    """One act on one item; without a button's name, it is the stars that were set."""

    kind = forms.ChoiceField(choices=[(name, name) for name in _ACTS], required=False)
    stars = forms.IntegerField(min_value=1, max_value=5, required=False)
    nonce = forms.RegexField(NONCE)
    impression = forms.UUIDField(required=False)

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
    def act(self) -> Kind:
        """The kind of interaction that this is."""
        return _ACTS[self.cleaned_data["kind"]]


class ViewForm(forms.Form):
    """How long the item's page was looked at, in seconds."""

    seconds = forms.FloatField(min_value=RANGES[Kind.VIEW][0], max_value=RANGES[Kind.VIEW][1])
    nonce = forms.RegexField(NONCE)
    impression = forms.UUIDField(required=False)


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
