"""The forms that a member's page sends."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from feedback.models import Kind

_ACTS = {
    "rating": Kind.RATING,
    "like": Kind.LIKE,
    "dislike": Kind.DISLIKE,
    "favourite": Kind.FAVOURITE,
    "not_interested": Kind.NOT_INTERESTED,
}


class FeedbackForm(forms.Form):
    """One act on one item; without a button's name, it is the stars that were set."""

    kind = forms.ChoiceField(choices=[(name, name) for name in _ACTS], required=False)
    stars = forms.IntegerField(min_value=1, max_value=5, required=False)
    nonce = forms.RegexField(r"^[\w-]{6,40}$")
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


class UndoForm(forms.Form):
    """Take back the event that a receipt named."""

    event = forms.CharField(max_length=255)
    item = forms.UUIDField()
