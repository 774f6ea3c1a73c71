"""Slates, what re-fuses them, and the processes that do."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id
from curation.models import Surface
from recsys.models.jobs import Job


class Slate(models.Model):
    """A fused slate: its trace and, where kept, the inputs that replay it to the same bytes.

    `trace` and `inputs` are zlib streams of what `curation.fusion.codec` writes. `arms` says of each decision that
    held and spares a share of members what became of it for this one: its revision and its outcome, by id; so
    that its effect can be measured without reading traces. Null in slates that are older than the column.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    surface = models.ForeignKey(Surface, on_delete=models.PROTECT, related_name="+")
    subject = models.UUIDField(null=True)
    context = models.JSONField(default=dict)
    versions = models.JSONField(default=dict)
    engine = models.CharField(max_length=20)
    trace = models.BinaryField()
    inputs = models.BinaryField(null=True)
    arms = models.JSONField(null=True)
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
    valid_until = models.DateTimeField(null=True)
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
    """One living process of a role, seen lately: the models and the GPU that it holds, and what ails it.

    ``room`` is how many processes may do one fit there.
    """

    name = models.CharField(primary_key=True, max_length=160)
    role = models.CharField(max_length=20)
    pid = models.IntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    loaded = ArrayField(models.UUIDField(), default=list)
    problem = models.TextField(blank=True)
    device = models.CharField(max_length=160, blank=True, db_default="")
    room = models.PositiveSmallIntegerField(db_default=1)

    def __str__(self) -> str:
        return self.name
