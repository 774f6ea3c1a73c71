"""What the management API answers of decisions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from curation.bodies.serializers import KINDS
from curation.decisions.lineages import State


class FindingSerializer(serializers.Serializer[Any]):
    """What lint found: level B stops a save, W is told with it."""

    level = serializers.ChoiceField(choices=["B", "W"])
    code = serializers.CharField()
    text = serializers.CharField()
    decision = serializers.UUIDField(required=False)


class ChangeSetSerializer(serializers.Serializer[Any]):
    """Where a decision was drafted."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class DecisionSerializer(serializers.Serializer[Any]):
    """A decision as it stands."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    state = serializers.ChoiceField(choices=[str(state) for state in State])
    surface = serializers.CharField(allow_null=True)
    segment = serializers.CharField(allow_null=True)
    member = serializers.CharField(allow_null=True)
    item = serializers.CharField(allow_null=True)
    content = extend_schema_field(OpenApiTypes.OBJECT)(serializers.JSONField)()
    who = extend_schema_field(OpenApiTypes.OBJECT)(serializers.JSONField)(
        help_text="In which situations it holds, as it was written; empty: in all."
    )
    where_text = serializers.CharField(
        allow_null=True, help_text="The `where` of a rule's content, as text."
    )
    priority = serializers.IntegerField()
    until = serializers.DateTimeField(allow_null=True)
    review_on = serializers.DateField(allow_null=True)
    holdback = serializers.FloatField()
    traffic = serializers.FloatField()
    reason = serializers.CharField(allow_blank=True)
    author = serializers.CharField()
    created_at = serializers.DateTimeField()
    revision = serializers.IntegerField()
    change_set = ChangeSetSerializer()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, with the one whose name Python keeps for itself."""
        return {**super().get_fields(), "from": serializers.DateTimeField(allow_null=True)}
