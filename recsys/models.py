"""Runs, the model versions that they produce, slates and the workers that make them: data only."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id
from curation.models import Surface, User


class Job(models.Model):
    """Work that must happen: claimed by lease, kept by heartbeat, fenced (see `leases`)."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    worker = models.CharField(_("worker"), max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    error = models.TextField(_("error"), blank=True)
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.FSM(
                name="job_state",
                field="state",
                transitions=[
                    ("queued", "running"),
                    ("queued", "cancelled"),
                    ("queued", "failed"),
                    ("running", "queued"),
                    ("running", "succeeded"),
                    ("running", "failed"),
                    ("running", "cancelled"),
                ],
            )
        ]


class Run(Job):
    """One training job of one family."""

    family = models.CharField(_("family"), max_length=40)
    parameters = models.JSONField(_("parameters"), default=dict)
    options = models.JSONField(_("options"), default=dict)
    note = models.TextField(_("note"), blank=True)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    cancelled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("cancelled by")
    )
    snapshot = models.JSONField(_("data"), default=dict)
    report = models.JSONField(_("evaluation"), default=dict)

    class Meta(Job.Meta):
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-requested_at"]
        indexes = [
            models.Index(
                fields=["requested_at"],
                name="run_open",
                condition=models.Q(state__in=["queued", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.requested_at:%Y-%m-%d %H:%M}"


class RunProgress(models.Model):
    """Where a run stands, written at most once a second; narrow: an update stays in its page."""

    run = models.OneToOneField(
        Run, on_delete=models.CASCADE, primary_key=True, related_name="progress"
    )
    stage = models.CharField(_("stage"), max_length=40)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    curve = models.JSONField(default=list)
    log = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.stage} {self.done}/{self.total}"


class ModelVersion(models.Model):
    """What a run produced: an artifact on disk, known by its digest, with its evaluation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    family = models.CharField(_("family"), max_length=40)
    number = models.PositiveIntegerField(_("version"))
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="version")
    artifact = models.CharField(_("artifact"), max_length=255)
    digest = models.CharField(_("digest"), max_length=64)
    report = models.JSONField(_("evaluation"), default=dict)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["family", "number"], name="model_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.number}"


@pghistory.track(append_only=True)
class LiveModel(models.Model):
    """The pointer from a family to the version that serves, and to the one that it replaced."""

    family = models.CharField(primary_key=True, max_length=40)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="live")
    promoted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    promoted_at = models.DateTimeField(auto_now=True)
    reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.family}: {self.version_id}"


class Promotion(models.Model):
    """Every flip of a live pointer, so that a roll back knows where to go."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    family = models.CharField(max_length=40)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="promotions")
    replaced = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )
    rolls_back = models.BooleanField(default=False)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.family} to {self.version_id}"


class Slate(models.Model):
    """A fused slate: its trace and, where kept, the inputs that replay it to the same bytes.

    `trace` and `inputs` are zlib streams of what `curation.fusion.codec` writes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    surface = models.ForeignKey(Surface, on_delete=models.PROTECT, related_name="+")
    subject = models.UUIDField(null=True)
    context = models.JSONField(default=dict)
    versions = models.JSONField(default=dict)
    engine = models.CharField(max_length=20)
    trace = models.BinaryField()
    inputs = models.BinaryField(null=True)
    fused_at = models.DateTimeField()

    class Meta:
        verbose_name = _("slate")
        verbose_name_plural = _("slates")
        indexes = [
            models.Index(fields=["subject", "-fused_at"], name="slate_subject"),
            BrinIndex(fields=["fused_at"], name="slate_fused_at", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.surface_id} {self.fused_at:%Y-%m-%d %H:%M}"


class Fallback(models.Model):
    """The non-personal slate of a surface and context, for when no personal one comes in time."""

    key = models.CharField(primary_key=True, max_length=255)
    surface = models.ForeignKey(Surface, on_delete=models.PROTECT, related_name="+")
    slate = models.ForeignKey(Slate, on_delete=models.PROTECT, related_name="+")
    versions = models.JSONField(default=dict)
    body = models.BinaryField()
    renewed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.key


class Refusing(Job):
    """Re-fusing a surface: its fallbacks renewed, then the slates of its active members."""

    surface = models.ForeignKey(Surface, on_delete=models.CASCADE, related_name="+")
    cause = models.CharField(max_length=40)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)

    class Meta(Job.Meta):
        verbose_name = _("re-fusing")
        verbose_name_plural = _("re-fusings")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["surface"], name="refusing_queued_once", condition=models.Q(state="queued")
            )
        ]

    def __str__(self) -> str:
        return f"{self.surface_id} {self.state}"


class Heartbeat(models.Model):
    """One living process of a role, seen lately: the models that it holds, and what ails it."""

    name = models.CharField(primary_key=True, max_length=160)
    role = models.CharField(max_length=20)
    pid = models.IntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    loaded = ArrayField(models.UUIDField(), default=list)
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name
