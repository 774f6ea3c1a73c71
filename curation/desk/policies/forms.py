"""The forms that take a file of decisions and the settings of a surface."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.utils.translation import gettext_lazy as _

from curation.models import Surface

MOST_BYTES: Final = 5 * 1024 * 1024
SURFACE_SETTINGS: Final = (
    *("name", "depth", "reserve", "explore_every", "temperature", "repeat", "max_shown"),
    *("diversity", "pin_budget", "stale_limit_s", "replay_share"),
    *("approval", "approval_share"),
)


class ImportForm(forms.Form):
    """A file, and where its decisions go."""

    file = forms.FileField(label=_("File"), help_text=_("As it was exported, at most 5 MB."))
    change_set = forms.CharField(
        label=_("Change set"),
        max_length=120,
        help_text=_("The drafts are kept under this name; it is opened if need be."),
    )
    live = forms.BooleanField(label=_("Publish it at once"), required=False)
    dry_run = forms.BooleanField(
        label=_("Only check it"), required=False, help_text=_("Nothing is kept.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000)

    def clean_file(self) -> SimpleUploadedFile | TemporaryUploadedFile:
        """A file that can be read at once."""
        file: SimpleUploadedFile | TemporaryUploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MB."))
        return file


class SurfaceForm(forms.ModelForm):  # type: ignore[type-arg]
    """The settings of a surface, on top of the version that is shown."""

    version = forms.IntegerField(label=_("version"), widget=forms.HiddenInput)

    class Meta:
        model = Surface
        fields = SURFACE_SETTINGS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show the version that is in force."""
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.policy_version

    def clean_version(self) -> int:
        """Settings that somebody changed since are not overwritten by those of an older page."""
        seen, here = int(self.cleaned_data["version"]), self.instance
        if seen != here.policy_version:
            text = _("You looked at version %(seen)d of %(surface)s, which is at %(now)d by now.")
            values = {"seen": seen, "surface": here.slug, "now": here.policy_version}
            raise forms.ValidationError(text, code="stale_version", params=values)
        return seen
