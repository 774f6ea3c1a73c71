"""What a file of decisions may say, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework import serializers

from curation.bodies.fields import Flag, Number, QueryField, StrictSerializer, Text, Whole
from curation.bodies.serializers import KINDS, WhoSerializer
from curation.decisions.specs import PARAMETERS
from curation.fusion.effects import Fallback
from curation.fusion.policy import Scale
from curation.queries.likeness_keys import MOST, MOST_KEPT, key_of

MOST_DECISIONS: Final = 10_000


class NameSerializer(StrictSerializer):
    """An item or a member as it is known outside."""

    id = Text(max_length=255)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, with the one whose name the framework keeps for itself."""
        return {**super().get_fields(), "source": Text(max_length=50)}


class PinContentSerializer(StrictSerializer):
    """The content of a pin."""

    slot = Whole(min_value=1, max_value=200)


class BlockContentSerializer(StrictSerializer):
    """The content of a block."""

    safety = Flag()


class BlendContentSerializer(StrictSerializer):
    """The content of a blend."""

    weights = serializers.DictField(child=Number(), allow_empty=False)
    scales = serializers.DictField(
        child=serializers.ChoiceField(choices=[str(each) for each in Scale])
    )
    beta = Number(allow_null=True)


class RuleContentSerializer(StrictSerializer):
    """The content of a rule: an effect with all of its parameters, and what it is about."""

    effect = serializers.ChoiceField(choices=list(PARAMETERS))
    where = QueryField()
    strength = Number(required=False, min_value=0, max_value=2)
    at_most = Whole(required=False, min_value=0, max_value=200)
    at_least = Whole(required=False, min_value=1, max_value=200)
    first = Whole(required=False, min_value=1, max_value=200)
    attribute = Text(required=False, allow_blank=True, max_length=64)
    fallback = serializers.ChoiceField(required=False, choices=[str(each) for each in Fallback])
    fallback_items = serializers.ListField(child=NameSerializer(), required=False, max_length=1000)
    slot = Whole(required=False, min_value=1, max_value=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each effect has its own parameters, all of them and no others."""
        own, given = set(PARAMETERS[attrs["effect"]]), attrs.keys() - {"effect", "where"}
        values = {"effect": attrs["effect"]}
        errors = {
            name: _("%(effect)s takes no %(name)s.") % {**values, "name": name}
            for name in given - own
        } | {
            name: _("%(effect)s needs %(name)s.") % {**values, "name": name} for name in own - given
        }
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


class FileWhoSerializer(WhoSerializer):
    """In which situations a decision of a file holds."""

    anchors = serializers.ListField(child=NameSerializer(), required=False, max_length=100)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields: a file says a query in one way, as JSON."""
        fields = super().get_fields()
        del fields["members_text"]
        return fields


CONTENTS: Final[Mapping[str, type[StrictSerializer]]] = {
    "pin": PinContentSerializer,
    "block": BlockContentSerializer,
    "blend": BlendContentSerializer,
    "rule": RuleContentSerializer,
}


class RowSerializer(StrictSerializer):
    """One decision of a file."""

    kind = serializers.ChoiceField(choices=KINDS)
    surface = Text(allow_null=True, max_length=50)
    item = NameSerializer(allow_null=True, default=None)
    segment = Text(allow_null=True, default=None, max_length=50)
    member = NameSerializer(allow_null=True, default=None)
    content = serializers.DictField()
    who = FileWhoSerializer(default=dict)
    priority = Whole(default=100, min_value=-1_000_000, max_value=1_000_000)
    until = serializers.DateTimeField(allow_null=True, default=None, default_timezone=UTC)
    review_on = serializers.DateField(allow_null=True, default=None)
    holdback = Number(
        default=0.0,
        min_value=0,
        max_value=0.999999,
        help_text="The share of members to spare. Nobody is spared unless it is named: a file says all there is.",
    )
    traffic = Number(default=1.0, min_value=1e-6, max_value=1)
    reason = Text(default="", allow_blank=True, max_length=2000)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, with the one whose name Python keeps for itself."""
        starts = serializers.DateTimeField(
            allow_null=True, default=None, source="starts_at", default_timezone=UTC
        )
        return {**super().get_fields(), "from": starts}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The content is that of the kind, and pins and blocks are about an item."""
        read = CONTENTS[attrs["kind"]](data=attrs["content"])
        if not read.is_valid():
            raise serializers.ValidationError({"content": read.errors})
        about_item = attrs["kind"] in ("pin", "block")
        if about_item != (attrs["item"] is not None):
            text = _("It names an item.") if about_item else _("It names no item of its own.")
            raise serializers.ValidationError({"item": text})
        return attrs


class TextSerializer(StrictSerializer):
    """A text that queries of the file ask the like of, by the key that they name it by."""

    key = Text(max_length=60)
    text = Text(max_length=MOST)
    encoder = Text(max_length=160)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """A text on one line, and the key that is made of it and the encoder, here as there."""
        if attrs["text"] != " ".join(attrs["text"].split()):
            told = _("It is not on one line.")
            raise serializers.ValidationError({"text": serializers.ErrorDetail(told, "bad_text")})
        if attrs["key"] != key_of(attrs["text"], attrs["encoder"]):
            told = _("It is not the key of this text by this encoder.")
            raise serializers.ValidationError({"key": serializers.ErrorDetail(told, "other_key")})
        return attrs


class DocumentSerializer(StrictSerializer):
    """A file of decisions; its format and version are looked at before all else."""

    format = Text()
    version = Whole()
    decisions = serializers.ListField(child=RowSerializer(), max_length=MOST_DECISIONS)
    likenesses = serializers.ListField(child=TextSerializer(), required=False, max_length=MOST_KEPT)
