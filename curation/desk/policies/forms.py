"""The form that takes a file of decisions."""

from __future__ import annotations

from typing import Final

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.utils.translation import gettext_lazy as _

MOST_BYTES: Final = 5 * 1024 * 1024


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
