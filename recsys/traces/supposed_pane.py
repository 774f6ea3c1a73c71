"""The part of a trace's page that tells of decisions which had no part in the slate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from curation.desk import shown as desk
from curation.fusion.codec import CodecError
from curation.models import ChangeSet
from recsys.models import Slate
from recsys.traces.supposing import suppose
from recsys.traces.tables import supposed_rows


class SupposeForm(forms.Form):
    """Whose drafts are let into a slate that was made without them."""

    change_set = forms.ModelChoiceField(
        ChangeSet.objects.filter(published_at=None, discarded_at=None),
        label=_("With the drafts of"),
        required=False,
        empty_label=_("none"),
    )


def supposed_pane(request: HttpRequest, slate: Slate) -> dict[str, Any]:
    """The form, and the decisions in words; None where the inputs of the slate are not there to be fused again."""
    form = SupposeForm(request.GET, label_suffix="")
    chosen = form.cleaned_data["change_set"] if form.is_valid() else None
    try:
        told = suppose(slate, chosen)
    except CodecError:
        told = None
    if told is None:
        return {"form": form, "supposed": None}
    words = desk.words_of({UUID(each.decision): each.revision for each in told})
    return {"form": form, "supposed": supposed_rows(told, words)}
