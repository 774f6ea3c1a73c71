"""Bodies of the management API: what curators and clients send, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework import serializers

from curation.bodies.fields import (
    Flag,
    Number,
    QueryField,
    QueryText,
    StrictSerializer,
    Text,
    Whole,
)
from curation.decisions.lineages import State
from curation.decisions.specs import PARAMETERS
from curation.field_words import DEVICES
from curation.fusion.effects import Fallback
from curation.fusion.policy import Scale
from curation.models import Decision

KINDS: Final = [str(kind) for kind in Decision.Kind]
_OPTIONAL: Final = frozenset({"attribute", "fallback", "fallback_items"})


class HoursSerializer(StrictSerializer):
    """Recurring hours on the wall clock of a zone; `until` at or before `from` runs past midnight."""

    zone = Text(max_length=64, help_text="An IANA time zone, such as Europe/Berlin.")
    weekdays = serializers.ListField(
        child=Whole(min_value=1, max_value=7),
        required=False,
        max_length=7,
        help_text="Monday is 1; empty for all. The day is the one on which the hours began.",
    )
    until = Text(max_length=5, help_text="09:30 or 24:00.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, with the one whose name Python keeps for itself."""
        return {**super().get_fields(), "from": Text(max_length=5, help_text="09:30.")}


class WhoSerializer(StrictSerializer):
    """In which situations a decision holds, beside segment and member; all that is given must be so."""

    devices = serializers.ListField(
        child=serializers.ChoiceField(choices=list(DEVICES)),
        required=False,
        max_length=len(DEVICES),
    )
    languages = serializers.ListField(child=Text(max_length=16), required=False, max_length=20)
    anchors = serializers.ListField(
        child=Text(max_length=255),
        required=False,
        max_length=100,
        help_text="Items beside which similar ones are shown.",
    )
    members = QueryField(required=False, help_text="A query over the fields of members.")
    members_text = QueryText(required=False)
    hours = HoursSerializer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A query is written in one way."""
        if {"members", "members_text"} <= attrs.keys():
            text = _("Give members or members_text, one of them.")
            raise serializers.ValidationError({"members": text})
        return attrs


class TermsSerializer(StrictSerializer):
    """What every decision may have beside its content."""

    surface = Text(allow_null=True, max_length=50, help_text="Null means everywhere.")
    reason = Text(required=False, default="", allow_blank=True, max_length=2000)
    publish = Flag(required=False, default=False)
    change_set = Text(required=False, max_length=120, help_text="Draft it in the set of this name.")
    segment = Text(required=False, allow_null=True, max_length=50, help_text="A segment's slug.")
    member = Text(required=False, allow_null=True, max_length=255)
    priority = Whole(required=False, default=100, min_value=-1_000_000, max_value=1_000_000)
    until = serializers.DateTimeField(required=False, allow_null=True)
    review_on = serializers.DateField(required=False, allow_null=True)
    holdback = Number(
        required=False,
        default=0.0,
        min_value=0,
        max_value=0.999,
        help_text="The share of members to spare, so that the effect can be measured. Nobody is spared unless it is "
        "named; the desk suggests 0.05 for rules.",
    )
    traffic = Number(required=False, default=1.0, min_value=0.001, max_value=1)
    who = WhoSerializer(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, with the one whose name Python keeps for itself."""
        starts = serializers.DateTimeField(required=False, allow_null=True, source="starts_at")
        return {**super().get_fields(), "from": starts}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A named change set is published as a whole, by its own call."""
        if attrs["publish"] and "change_set" in attrs:
            text = _("A draft in a change set is published with it, by policy/publish.")
            raise serializers.ValidationError({"publish": text})
        return attrs


class PinSerializer(TermsSerializer):
    """A pin."""

    kind = serializers.ChoiceField(choices=["pin"])
    item = Text(max_length=255)
    slot = Whole(min_value=1, max_value=200)


class BlockSerializer(TermsSerializer):
    """A block."""

    kind = serializers.ChoiceField(choices=["block"])
    surface = Text(required=False, allow_null=True, max_length=50, default=None)
    item = Text(max_length=255)
    safety = Flag(required=False, default=False)


class BlendSerializer(TermsSerializer):
    """A blend."""

    kind = serializers.ChoiceField(choices=["blend"])
    weights = serializers.DictField(child=Number(min_value=0, max_value=100_000), allow_empty=False)
    scales = serializers.DictField(
        child=serializers.ChoiceField(choices=[str(scale) for scale in Scale]),
        required=False,
        default=dict,
    )
    beta = Number(required=False, allow_null=True, default=None, min_value=1e-6, max_value=1000)


class RuleSerializer(TermsSerializer):
    """A rule: an effect with its own parameters, on `where`, on `where_text` or on a list of `items`."""

    kind = serializers.ChoiceField(choices=["rule"])
    effect = serializers.ChoiceField(choices=list(PARAMETERS))
    where = QueryField(required=False)
    where_text = QueryText(required=False)
    items = serializers.ListField(child=Text(max_length=255), max_length=1000, required=False)
    strength = Number(required=False, min_value=0, max_value=2)
    at_most = Whole(required=False, min_value=0, max_value=200)
    at_least = Whole(required=False, min_value=1, max_value=200)
    first = Whole(required=False, min_value=1, max_value=200)
    attribute = Text(required=False, max_length=64)
    fallback = serializers.ChoiceField(required=False, choices=[str(each) for each in Fallback])
    fallback_items = serializers.ListField(
        child=Text(max_length=255), max_length=1000, required=False
    )
    slot = Whole(required=False, min_value=1, max_value=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each effect takes its own parameters and no others, and has a target."""
        attrs = super().validate(attrs)
        effect, own = attrs["effect"], set(PARAMETERS[attrs["effect"]])
        all_names = {name for names in PARAMETERS.values() for name in names}
        errors = {
            name: _("%(effect)s takes no %(name)s.") % {"effect": effect, "name": name}
            for name in (all_names - own) & attrs.keys()
        } | {
            name: _("%(effect)s needs %(name)s.") % {"effect": effect, "name": name}
            for name in own - _OPTIONAL - attrs.keys()
        }
        targets = {"where", "where_text", "items"} & attrs.keys()
        if len(targets) > 1 or not (targets or "attribute" in attrs):
            errors["where"] = _("Give where, where_text or items, one of them.")
        if attrs.get("fallback") == "list" and not attrs.get("fallback_items"):
            errors["fallback_items"] = _("The fallback list needs items.")
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


BY_KIND: Final[Mapping[str, type[TermsSerializer]]] = {
    "pin": PinSerializer,
    "block": BlockSerializer,
    "blend": BlendSerializer,
    "rule": RuleSerializer,
}


class _OnTopSerializer(StrictSerializer):
    """What a revision of a decision says besides."""

    base = Whole(min_value=1, max_value=2**31 - 1, help_text="The revision that it was written on.")


class PinRevisionSerializer(_OnTopSerializer, PinSerializer):
    """The next revision of a pin."""


class BlockRevisionSerializer(_OnTopSerializer, BlockSerializer):
    """The next revision of a block."""


class BlendRevisionSerializer(_OnTopSerializer, BlendSerializer):
    """The next revision of a blend."""


class RuleRevisionSerializer(_OnTopSerializer, RuleSerializer):
    """The next revision of a rule."""


REVISED_BY_KIND: Final[Mapping[str, type[TermsSerializer]]] = {
    "pin": PinRevisionSerializer,
    "block": BlockRevisionSerializer,
    "blend": BlendRevisionSerializer,
    "rule": RuleRevisionSerializer,
}


class EndSerializer(StrictSerializer):
    """The end of a decision."""

    reason = Text(required=False, default="", allow_blank=True, max_length=2000)
    publish = Flag(required=False, default=False)
    change_set = Text(required=False, max_length=120)


class PublishSerializer(StrictSerializer):
    """What to publish: a change set, or all open drafts of a surface."""

    surface = Text(required=False, max_length=50)
    change_set = Text(required=False, max_length=120, help_text="A change set's name or id.")
    version = Whole(
        required=False, min_value=0, max_value=2**62, help_text="The version seen last."
    )
    reason = Text(required=False, default="", allow_blank=True, max_length=2000)
    override = Flag(
        required=False,
        default=False,
        help_text="Publish although an expectation stops it: an administrator, with a reason.",
    )
    without_approval = Flag(
        required=False,
        default=False,
        help_text="Publish without a second person's approval: an administrator, with a reason.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something must be named."""
        if not {"surface", "change_set"} & attrs.keys():
            raise serializers.ValidationError({"surface": _("Name a surface or a change set.")})
        return attrs


class RollbackSerializer(StrictSerializer):
    """Which older version of a surface's policy to publish again."""

    surface = Text(max_length=50)
    version = Whole(required=False, min_value=0, max_value=2**62)
    reason = Text(required=False, default="", allow_blank=True, max_length=2000)


class DecisionQuerySerializer(serializers.Serializer[Any]):
    """Which decisions to list."""

    surface = serializers.CharField(required=False, max_length=50)
    kind = serializers.ChoiceField(choices=KINDS, required=False)
    state = serializers.ChoiceField(choices=[str(state) for state in State], required=False)
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=100_000)
