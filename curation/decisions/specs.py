"""What the JSON of a revision says: the content of each kind of decision, written and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from curation.fusion import policy as fusion
from curation.fusion.columns import Schema
from curation.fusion.effects import (
    Boost,
    Bury,
    BuryToBottom,
    Cap,
    Effect,
    Exclude,
    Fallback,
    Only,
    PinMatch,
    Quota,
)
from curation.fusion.expectations import Claim, Way
from curation.fusion.parsing import parse
from curation.fusion.query import Query, to_json

EFFECTS: Final[Mapping[str, type[Effect]]] = {
    "boost": Boost,
    "bury": Bury,
    "bury_to_bottom": BuryToBottom,
    "exclude": Exclude,
    "only": Only,
    "cap": Cap,
    "quota": Quota,
    "pin_match": PinMatch,
}
PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {
    "boost": {"strength": "strength"},
    "bury": {"strength": "strength"},
    "bury_to_bottom": {},
    "exclude": {},
    "only": {"fallback": "fallback", "fallback_items": "items"},
    "cap": {"at_most": "limit", "first": "first", "attribute": "field"},
    "quota": {"at_least": "least", "first": "first"},
    "pin_match": {"slot": "slot"},
}
"""Effect to its parameters: as people write them, and as the engine calls them."""

_NAMES: Final = {effect: name for name, effect in EFFECTS.items()}


def make_effect(name: str, parameters: Mapping[str, Any]) -> Effect:
    """Make an effect of parameters as people write them; `ValueError` where one is out of range."""
    names = PARAMETERS[name]
    given = {names[key]: value for key, value in parameters.items()}
    if "fallback" in given:
        given["fallback"] = Fallback(given["fallback"])
    if "items" in given:
        given["items"] = tuple(UUID(str(item)) for item in given["items"])
    return EFFECTS[name](**given)


def rule_spec(effect: Effect, what: Query) -> dict[str, Any]:
    """The content of a rule."""
    name = _NAMES[type(effect)]
    values = {key: getattr(effect, field) for key, field in PARAMETERS[name].items()}
    if "fallback_items" in values:
        values["fallback_items"] = [str(item) for item in values["fallback_items"]]
        values["fallback"] = str(values["fallback"])
    return {"effect": name, **values, "where": to_json(what)}


def blend_spec(
    weights: Mapping[str, float], scales: Mapping[str, str], beta: float | None
) -> dict[str, Any]:
    """The content of a blend."""
    return {"weights": dict(weights), "scales": dict(scales), "beta": beta}


def pin_spec(slot: int) -> dict[str, Any]:
    """The content of a pin; its item stands in the revision."""
    return {"slot": slot}


def block_spec(*, safety: bool) -> dict[str, Any]:
    """The content of a block; its item stands in the revision."""
    return {"safety": safety}


def make_rule(spec: Mapping[str, Any], schema: Schema, **rest: Any) -> fusion.Rule:
    """The engine's rule of a stored content."""
    names = PARAMETERS[spec["effect"]]
    effect = make_effect(spec["effect"], {key: spec[key] for key in names})
    return fusion.Rule(effect=effect, what=parse(spec["where"], schema), **rest)


def make_blend(spec: Mapping[str, Any], **rest: Any) -> fusion.Blend:
    """The engine's blend of a stored content."""
    scales = {scorer: fusion.Scale(scale) for scorer, scale in spec["scales"].items()}
    return fusion.Blend(weights=spec["weights"], scales=scales, beta=spec["beta"], **rest)


def claim_spec(claim: Claim) -> dict[str, Any]:
    """The content of an expectation."""
    return {
        "way": str(claim.way),
        "count": claim.count,
        "first": claim.first,
        "where": to_json(claim.what),
    }


def make_claim(spec: Mapping[str, Any], schema: Schema) -> Claim:
    """The claim of a stored content; `ValueError` where its query cannot be read any more."""
    what = parse(spec["where"], schema)
    return Claim(Way(spec["way"]), what, spec["count"], spec["first"])
