"""The management API of policies as a whole: two versions compared, decisions as a file."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation import actions
from curation.bodies.fields import Flag, StrictSerializer, Text
from curation.bodies.references import change_set_named, surface_named
from curation.bodies.serializers import KINDS
from curation.people.access import require
from curation.policies.comparisons import compare
from curation.policies.files import export

READERS: Final = ("curator", "analyst", "operator")


class ComparedSerializer(serializers.Serializer[Any]):
    """Which two versions of a surface to compare."""

    surface = serializers.CharField(max_length=50)
    before = serializers.IntegerField(min_value=0, max_value=2**62)
    after = serializers.IntegerField(min_value=0, max_value=2**62)


class ExportedSerializer(serializers.Serializer[Any]):
    """Which decisions to export: those in force, on one surface or all, or the drafts of a set."""

    surface = serializers.CharField(required=False, max_length=50)
    change_set = serializers.CharField(required=False, max_length=120)


class ImportSerializer(StrictSerializer):
    """A file of decisions, and what becomes of it."""

    document = extend_schema_field(OpenApiTypes.OBJECT)(serializers.DictField)()
    change_set = Text(
        max_length=120, help_text="The set in which they are drafted, made if need be."
    )
    publish = Flag(required=False, default=False)
    dry_run = Flag(required=False, default=False)
    reason = Text(required=False, default="", allow_blank=True, max_length=1000)


class HeldSerializer(serializers.Serializer[Any]):
    """A decision that one of the versions holds."""

    decision = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    revision = serializers.IntegerField()


class FieldSerializer(serializers.Serializer[Any]):
    """A field that differs; its values are of any type."""

    field = serializers.CharField()
    before = extend_schema_field(OpenApiTypes.ANY)(serializers.JSONField)(allow_null=True)
    after = extend_schema_field(OpenApiTypes.ANY)(serializers.JSONField)(allow_null=True)


class ChangedSerializer(HeldSerializer):
    """A decision that both hold, in other revisions."""

    before = serializers.IntegerField(help_text="The earlier revision.")
    fields_ = FieldSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, with the one whose name the framework keeps for itself."""
        fields = super().get_fields()
        return {name.rstrip("_"): each for name, each in fields.items()}


class ComparisonSerializer(serializers.Serializer[Any]):
    """What differs between two versions."""

    added = HeldSerializer(many=True)
    removed = HeldSerializer(many=True)
    changed = ChangedSerializer(many=True)


class ImportFindingSerializer(serializers.Serializer[Any]):
    """What is to be said of an imported decision or text; `field` is its position in the file.

    What lint says has `text` and is of a `surface`.
    """

    field = serializers.CharField()
    surface = serializers.CharField(required=False)
    level = serializers.ChoiceField(choices=["B", "W"])
    code = serializers.CharField()
    text = serializers.CharField(required=False)
    message = serializers.CharField()
    decision = serializers.UUIDField(required=False)


class ImportedSerializer(serializers.Serializer[Any]):
    """What an import did."""

    decisions = serializers.IntegerField()
    change_set = serializers.UUIDField(allow_null=True)
    dry_run = serializers.BooleanField()
    versions = serializers.DictField(child=serializers.IntegerField())
    findings = ImportFindingSerializer(many=True)


@extend_schema(
    operation_id="compare_policies", parameters=[ComparedSerializer], responses=ComparisonSerializer
)
@api_view(["GET"])
def difference(request: Request) -> Response:
    """What differs between two versions of a surface's policy, field by field."""
    require(request.user, *READERS)
    asked = ComparedSerializer(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    values = asked.validated_data
    surface = surface_named(values["surface"])
    assert surface is not None  # noqa: S101 - the serializer requires one
    return Response(compare(surface, values["before"], values["after"]).as_json())


@extend_schema(
    operation_id="export_decisions",
    parameters=[ExportedSerializer],
    responses=OpenApiResponse(OpenApiTypes.OBJECT, description="A file of decisions."),
)
@api_view(["GET"])
def exported(request: Request) -> HttpResponse:
    """The decisions in force, or the drafts of a change set, as a file; the same ones give the same bytes."""
    require(request.user, *READERS)
    asked = ExportedSerializer(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    name = asked.validated_data.get("change_set")
    body = export(
        surface=surface_named(asked.validated_data.get("surface")),
        change_set=change_set_named(name) if name else None,
    )
    return HttpResponse(body, "application/json")


@extend_schema(
    operation_id="import_decisions", request=ImportSerializer, responses=ImportedSerializer
)
@api_view(["POST"])
def imported(request: Request) -> Response:
    """Draft the decisions of a file in a change set, and publish it if asked to: all of them or none."""
    actor = require(request.user, "curator")
    asked = ImportSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    values = dict(asked.validated_data)
    done = actions.import_decisions(actor=actor, live=values.pop("publish"), **values)
    return Response(
        {
            "decisions": done.decisions,
            "change_set": None if values["dry_run"] else done.change_set.pk,
            "dry_run": values["dry_run"],
            "versions": done.publication.versions if done.publication else {},
            "findings": done.findings,
        }
    )
