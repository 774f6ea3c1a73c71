"""Runs, model versions and blend proposals as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from curation.bodies.fields import Flag, StrictSerializer, Text
from curation.models import Surface
from recsys.ml.families.registry import FAMILIES
from recsys.models import (
    BlendProposal,
    Job,
    LiveModel,
    ModelVersion,
    ProposalVerdict,
    Run,
    RunProgress,
)
from recsys.proposals.cards import changed_since
from recsys.runs import queueing
from recsys.runs import words as run_words


class LaunchSerializer(StrictSerializer):
    """What to train, and how; `priority` says how soon beside the others, the higher the sooner."""

    family = serializers.ChoiceField(choices=list(FAMILIES))
    parameters = serializers.DictField(child=serializers.JSONField(), required=False)
    options = serializers.DictField(child=serializers.JSONField(), required=False)
    note = Text(max_length=1000, required=False, allow_blank=True)
    skip_unchanged = Flag(required=False)
    priority = serializers.IntegerField(min_value=0, max_value=queueing.HIGHEST, required=False)


class PrioritySerializer(StrictSerializer):
    """How soon a queued run starts beside the others: the higher the sooner."""

    priority = serializers.IntegerField(min_value=0, max_value=queueing.HIGHEST)


class CheckSerializer(serializers.Serializer[Any]):
    """One thing that a training needs: whether it is there, and what to do where it is not."""

    code = serializers.CharField()
    ok = serializers.BooleanField()
    text = serializers.CharField()
    remedy = serializers.CharField()


class ReasonSerializer(StrictSerializer):
    """Why the live model changes."""

    reason = Text(max_length=1000, required=False, allow_blank=True)


class PromotionSerializer(ReasonSerializer):
    """Why a version goes live, and whether although it ranked worse, or an expectation stops it."""

    despite = Flag(required=False)
    override = Flag(required=False, help_text="An administrator's: promote what is stopped.")


class ProgressSerializer(serializers.Serializer[Any]):
    """Where a run stands: `done` of `total` steps of a stage of a part, in codes and in words; the loss so far."""

    part = serializers.CharField()
    stage = serializers.CharField()
    text = serializers.SerializerMethodField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    curve = serializers.ListField(child=serializers.JSONField())
    readings = serializers.ListField(child=serializers.JSONField())

    def get_text(self, progress: RunProgress) -> str:
        """Part and stage in words."""
        return run_words.stage_of(progress)


@extend_schema_field({"type": "object"})
class Facts(serializers.JSONField):
    """Named values of any kind."""


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run with its state, its progress and, once it is over, its evaluation."""

    parameters = Facts()
    options = Facts()
    error = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    report = Facts()
    model = serializers.SerializerMethodField()
    requested_by = serializers.CharField(
        source="requested_by.username", default=None, allow_null=True
    )
    schedule = serializers.CharField(source="schedule.name", default=None, allow_null=True)
    snapshot = Facts()
    lineage = Facts()

    class Meta:
        model = Run
        fields = [
            "id", "family", "state", "parameters", "options", "note", "attempt", "cancel_requested", "failure",
            "error", "requested_at", "started_at", "finished_at", "progress", "report", "model", "priority",
            "skip_unchanged", "same_as", "parent", "schedule", "period_start", "requested_by", "device",
            "fingerprint", "snapshot", "lineage", "pruned_at",
        ]  # fmt: skip

    def get_error(self, run: Run) -> str:
        """Why the run failed and what to do; empty where it did not."""
        return str(run_words.failure_of(run) or "")

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


class ProposeSerializer(StrictSerializer):
    """For which surface a blend is to be proposed."""

    surface = serializers.SlugRelatedField(slug_field="slug", queryset=Surface.objects.all())


class ProposalSerializer(serializers.ModelSerializer[BlendProposal]):
    """A proposal with the blend of that day, the one proposed and its gain; `stale` once other models serve."""

    surface = serializers.CharField(source="surface_id")
    versions = Facts()
    present = Facts()
    blend = Facts()
    report = Facts()
    outcome = serializers.SerializerMethodField()
    stale = serializers.SerializerMethodField()

    class Meta:
        model = BlendProposal
        fields = [
            "id", "surface", "state", "stage", "done", "total", "error", "requested_at", "finished_at",
            "versions", "present", "blend", "report", "outcome", "stale",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(ProposalVerdict.Outcome.choices, allow_null=True))
    def get_outcome(self, proposal: BlendProposal) -> str | None:
        """What a curator said of it last; null while nobody has."""
        return next((word.outcome for word in proposal.verdicts.all()), None)

    @extend_schema_field(serializers.BooleanField())
    def get_stale(self, proposal: BlendProposal) -> bool:
        """Whether other versions serve than those which it is made from."""
        return proposal.state == Job.State.SUCCEEDED and bool(changed_since(proposal))
