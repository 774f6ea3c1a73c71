"""The blend that holds on a surface for somebody of whom nothing is known, and how it is inherited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.utils import timezone

from curation.decisions.recurrence import clock
from curation.fusion.blending import DEFAULT_BETA, DEFAULT_SCALE
from curation.fusion.context import Context
from curation.fusion.standing import standing
from curation.models import Surface
from curation.policies.loading import load_policy


def blend_of(surface: Surface, scorers: Iterable[str]) -> dict[str, Any]:
    """The weights of these scorers, their scales and β, and the `decision` that says so.

    Where no blend holds, or none of these scorers has weight in it, all weigh alike and `decision` is None.
    """
    now = timezone.now()
    policy = load_policy(surface, now)
    only_blends = replace(policy, rules=(), pins=(), blocks=())
    clocks = {zone: clock(zone, now) for zone in only_blends.zones}
    blends = standing(only_blends, Context(surface.slug, now, clocks=clocks)).blends
    names = sorted(scorers)
    weights = {name: blends[0].weights.get(name, 0.0) if blends else 0.0 for name in names}
    holds = any(weights.values())
    scales = {
        name: next((each.scales[name] for each in blends if name in each.scales), DEFAULT_SCALE)
        for name in names
    }
    return {
        "decision": str(blends[0].lineage) if holds else None,
        "weights": weights if holds else dict.fromkeys(names, 1.0),
        "scales": {name: str(scale) for name, scale in scales.items()},
        "beta": next((each.beta for each in blends if each.beta is not None), DEFAULT_BETA),
    }
