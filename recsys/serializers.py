"""Runs and model versions as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from curation.fields import StrictSerializer, Text
from recsys.ml.registry import FAMILIES
from recsys.models import LiveModel, ModelVersion, Run


class LaunchSerializer(StrictSerializer):
    """What to train, and how."""

    family = serializers.ChoiceField(choices=list(FAMILIES))
    parameters = serializers.DictField(child=serializers.JSONField(), required=False)
    options = serializers.DictField(child=serializers.JSONField(), required=False)
    note = Text(max_length=1000, required=False, allow_blank=True)


class ReasonSerializer(StrictSerializer):
    """Why the live model changes."""

    reason = Text(max_length=1000, required=False, allow_blank=True)


class PromotionSerializer(ReasonSerializer):
    """Why a version goes live, and whether although it ranked worse than the live one."""

    despite = serializers.BooleanField(required=False)


class ProgressSerializer(serializers.Serializer[Any]):
    """Where a run stands: `done` of `total` steps of a stage, and the loss so far."""

    stage = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    curve = serializers.ListField(child=serializers.JSONField())


@extend_schema_field({"type": "object"})
class Facts(serializers.JSONField):
    """Named values of any kind."""


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run with its state, its progress and, once it is over, its evaluation."""

    parameters = Facts()
    options = Facts()
    progress = serializers.SerializerMethodField()
    report = Facts()
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

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_model(self, run: Run) -> str | None:
        """The model version that the run produced."""
        version = getattr(run, "version", None)
        return str(version.id) if version else None


class VersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A model version, its evaluation, and whether it is the one that serves."""

    run = serializers.PrimaryKeyRelatedField[Run](read_only=True)
    report = Facts()
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
