"""A blend's weights as sliders: each scorer's fields, its share of the sum, and how far it can be moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django import forms
from django.utils import timezone

from curation.desk.decisions.forms import BlendForm
from curation.field_words import scorer_called
from curation.fusion.blending import inherited_scale
from curation.fusion.policy import Blend
from curation.fusion.standing import precedence
from curation.models import Decision, Surface
from curation.policies.loading import load_policy

LEAST_RANGE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Slider:
    """One scorer's row: its fields, the scale where none is chosen, its share in percent, how far the slider goes."""

    scorer: str
    weight: forms.BoundField
    scale: forms.BoundField
    inherited: str
    share: float
    top: float

    @property
    def title(self) -> str:
        """What the scorer is called."""
        return scorer_called(self.scorer)


def below(surface: Surface | None, decision: Decision | None = None) -> list[Blend]:
    """The blends that hold on a surface for everybody now, the strongest first: a decision inherits from them."""
    if surface is None:
        return []
    now = timezone.now()
    own = decision.pk if decision else None
    held = [
        each
        for each in load_policy(surface, now).blends
        if each.lineage != own and each.window.holds(now) and _for_everybody(each)
    ]
    return sorted(held, key=precedence)


def _for_everybody(blend: Blend) -> bool:
    return not (blend.scope.segment or blend.scope.member or blend.who.conditions)


def sliders_of(form: BlendForm, held: Sequence[Blend]) -> list[Slider]:
    """One row for each live scorer, as the weights stand in the form, above the blends that hold."""
    weights = _weights(form)
    total = sum(weights.values())
    top = max([LEAST_RANGE, *(math.ceil(2 * each) for each in weights.values())])
    return [
        Slider(
            scorer=name,
            weight=form[f"weight-{name}"],
            scale=form[f"scale-{name}"],
            inherited=str(inherited_scale(name, held)),
            share=weight / total * 100 if total else 0.0,
            top=top,
        )
        for name, weight in weights.items()
    ]


def total_of(form: BlendForm) -> float:
    """The sum of the weights as they stand in the form."""
    return sum(_weights(form).values())


def _weights(form: BlendForm) -> dict[str, float]:
    return {name: _number(form[f"weight-{name}"].value()) for name in form.scorers}


def _number(value: object) -> float:
    """What stands in a field, as far as it is a weight."""
    try:
        found = float(str(value))
    except ValueError:
        return 0.0
    return found if math.isfinite(found) and found > 0 else 0.0
