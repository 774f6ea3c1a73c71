"""Runs and model versions as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from recsys.ml.registry import FAMILIES
from recsys.models import LiveModel, ModelVersion, Run


class StrictSerializer(serializers.Serializer[Any]):
    """A body in which an unknown field is an error, since it is most often a misspelt one."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - whatever JSON the caller sent
        """The checked values; raises ValidationError naming every unknown field."""
        if isinstance(data, dict) and (unknown := sorted(data.keys() - self.fields.keys())):
            raise serializers.ValidationError(
                {name: [_("There is no such field.")] for name in unknown}
            )
        return super().to_internal_value(data)


class RunRequestSerializer(StrictSerializer):
    """What to train, and how."""

    family = serializers.ChoiceField(choices=list(FAMILIES))
    parameters = serializers.DictField(child=serializers.JSONField(), required=False)
    options = serializers.DictField(child=serializers.JSONField(), required=False)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class ReasonSerializer(StrictSerializer):
    """Why the live model changes."""

    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class ProgressSerializer(serializers.Serializer[Any]):
    """Where a run stands: `done` of `total` steps of a stage, and the loss so far."""

    stage = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    curve = serializers.ListField(child=serializers.JSONField())


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run with its state, its progress and, once it is over, its evaluation."""

    parameters = serializers.DictField(child=serializers.JSONField())
    options = serializers.DictField(child=serializers.JSONField())
    progress = serializers.SerializerMethodField()
    report = serializers.DictField(child=serializers.JSONField())
    model = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields = [
            "id", "family", "state", "parameters", "options", "note", "attempt", "cancel_requested", "error",
            "requested_at", "started_at", "finished_at", "progress", "report", "model",
        ]  # fmt: skip

    @extend_schema_field(ProgressSerializer(allow_null=True))
    def get_progress(self, run: Run) -> dict[str, Any] | None:
        """How far the run is; null before a worker has taken it."""
        progress = getattr(run, "progress", None)
        return ProgressSerializer(progress).data if progress else None

    @extend_schema_field(OpenApiTypes.UUID | None)
    def get_model(self, run: Run) -> str | None:
        """The model version that the run produced."""
        version = getattr(run, "version", None)
        return str(version.id) if version else None


class VersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A model version, its evaluation, and whether it is the one that serves."""

    run = serializers.PrimaryKeyRelatedField[Run](read_only=True)
    report = serializers.DictField(child=serializers.JSONField())
    live = serializers.BooleanField(source="is_live")

    class Meta:
        model = ModelVersion
        fields = ["id", "family", "number", "run", "digest", "report", "created_at", "live"]


class LiveSerializer(serializers.ModelSerializer[LiveModel]):
    """Which version of a family serves, since when and why."""

    version = serializers.PrimaryKeyRelatedField[ModelVersion](read_only=True)
    number = serializers.IntegerField(source="version.number")

    class Meta:
        model = LiveModel
        fields = ["family", "version", "number", "promoted_at", "reason"]
