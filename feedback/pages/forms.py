"""What staff say of comments and of marks."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from feedback.models import Rule


class ReasonForm(forms.Form):
    """Why somebody decides."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


class LiftForm(ReasonForm):
    """Whose marks are lifted, under which rule."""

    subject = forms.UUIDField(widget=forms.HiddenInput)
    rule = forms.TypedChoiceField(
        choices=Rule.choices, coerce=lambda value: Rule(int(value)), widget=forms.HiddenInput
    )
