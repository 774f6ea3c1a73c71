"""A blend as it stands in its form before anybody saves it, checked like one that is saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms

from curation.decisions.specs import blend_spec
from curation.desk.decisions.forms import BlendForm
from curation.models import Decision, Surface


class TrialForm(BlendForm):
    """A blend to try: no reason is asked for yet; `decision` is what it would revise, if anything."""

    decision = forms.ModelChoiceField(
        Decision.objects.filter(kind=Decision.Kind.BLEND), required=False
    )
    view_surface = forms.ModelChoiceField(Surface.objects.all(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The form without what only saving needs."""
        super().__init__(*args, **kwargs)
        for name in ("reason", "change_set", "review_on", "then"):
            del self.fields[name]
        for name in ("priority", "holdback", "traffic"):
            self.fields[name].required = False

    def seen_on(self) -> Surface:
        """The surface to look at: the blend's own, else the one that is chosen, else the first there is."""
        self.full_clean()
        data = self.cleaned_data
        revised = data.get("decision")
        chosen = (revised.surface if revised else None) or data.get("surface")
        found = chosen or data.get("view_surface") or Surface.objects.first()
        if found is None:
            raise forms.ValidationError("no surface")
        return found

    def asked(self) -> dict[str, Any]:
        """The blend as a worker is told of it: see `previewer.both`."""
        data = self.cleaned_data
        revised = data["decision"]
        surface = revised.surface if revised else data["surface"]
        return {
            "decision": str(revised.pk if revised else uuid4()),
            "surface": surface.pk if surface else None,
            "segment": str(data["segment"].pk) if data["segment"] else None,
            "member": str(data["member"].pk) if data["member"] else None,
            "spec": blend_spec(self.weights(), self.scales(), data["beta"]),
            "who": self.who(),
            "priority": _or(data["priority"], 100),
            "starts_at": _said(data["starts_at"]),
            "until": _said(data["until"]),
            "holdback": _or(data["holdback"], 0.0),
            "traffic": _or(data["traffic"], 1.0),
        }


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _said(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
