"""Decisions as the API takes them: read, checked, and handed to the action of their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework.request import Request

from curation import actions
from curation.actions import Draft, Terms
from curation.bodies.references import Source, refused, segment_named, surface_named
from curation.bodies.serializers import TermsSerializer
from curation.decisions import specs
from curation.decisions.specs import PARAMETERS, make_effect
from curation.fusion.effects import Effect
from curation.models import Decision, User


@dataclass(frozen=True)
class Body:
    """A decision as it was sent: whose, and what."""

    actor: User
    source: Source
    values: dict[str, Any]

    def terms(self) -> Terms:
        """The terms for an action."""
        values = self.values
        name = values.get("change_set")
        plain = ("reason", "priority", "starts_at", "until", "review_on", "holdback", "traffic")
        return Terms(
            segment=segment_named(values.get("segment")),
            member=self.source.member(values.get("member")),
            who=self.source.situations(values.get("who", {})),
            change_set=actions.open_change_set(actor=self.actor, name=name) if name else None,
            **{key: values[key] for key in plain if key in values},
        )

    def common(self) -> dict[str, Any]:
        """What every drafting action takes."""
        return {
            "actor": self.actor,
            "surface": surface_named(self.values["surface"]),
            "terms": self.terms(),
        }


def _pin(body: Body) -> Draft:
    item = body.source.item(body.values["item"])
    return actions.pin_item(item=item, slot=body.values["slot"], **body.common())


def _block(body: Body) -> Draft:
    item = body.source.item(body.values["item"])
    return actions.block_item(item=item, safety=body.values["safety"], **body.common())


def _blend(body: Body) -> Draft:
    content = {name: body.values[name] for name in ("weights", "scales", "beta")}
    return actions.set_blend(**content, **body.common())


def _rule(body: Body) -> Draft:
    return actions.add_rule(
        effect=_effect(body), what=body.source.query(body.values), **body.common()
    )


def _effect(body: Body) -> Effect:
    name = body.values["effect"]
    given = {key: body.values[key] for key in PARAMETERS[name] if key in body.values}
    if "fallback_items" in given:
        given["fallback_items"] = body.source.item_ids(given["fallback_items"], "fallback_items")
    return make_effect(name, given)


def _pin_content(body: Body) -> dict[str, Any]:
    item = body.source.item(body.values["item"])
    return {"item": item, "spec": specs.pin_spec(body.values["slot"])}


def _block_content(body: Body) -> dict[str, Any]:
    item = body.source.item(body.values["item"])
    return {"item": item, "spec": specs.block_spec(safety=body.values["safety"])}


def _blend_content(body: Body) -> dict[str, Any]:
    names = ("weights", "scales", "beta")
    return {"spec": specs.blend_spec(*(body.values[name] for name in names))}


def _rule_content(body: Body) -> dict[str, Any]:
    return {"spec": specs.rule_spec(_effect(body), body.source.query(body.values))}


MAKERS: Final[Mapping[str, Callable[[Body], Draft]]] = {
    "pin": _pin,
    "block": _block,
    "blend": _blend,
    "rule": _rule,
}
CONTENTS: Final[Mapping[str, Callable[[Body], dict[str, Any]]]] = {
    "pin": _pin_content,
    "block": _block_content,
    "blend": _blend_content,
    "rule": _rule_content,
}
"""Kind to what drafts it, and to its content as a revision holds it."""


def read(request: Request, by_kind: Mapping[str, type[TermsSerializer]]) -> dict[str, Any]:
    """The checked body of a request, by the serializer of its kind; or `Invalid`."""
    data = request.data
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in by_kind:
        text = _("A decision is an object with a kind: %(kinds)s.")
        raise refused("kind", "unknown_kind", text % {"kinds": ", ".join(by_kind)})
    serializer = by_kind[kind](data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def check_place(row: Decision, values: Mapping[str, Any]) -> None:
    """A decision keeps its kind and its surface: another one is another decision."""
    for name, kept in (("kind", row.kind), ("surface", row.surface_id)):
        if values[name] != kept:
            text = _("A decision keeps its %(name)s: %(kept)s.")
            raise refused(name, "fixed", text % {"name": name, "kept": kept})
