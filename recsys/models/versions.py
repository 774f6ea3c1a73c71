"""What runs produced, and which of it serves."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id
from curation.models import User
from curation.models.audit import audited
from recsys.models.runs import Run


@audited("family", "number", "run", "digest", "pruned_at")
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
    pruned_at = models.DateTimeField(_("files deleted"), null=True)

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


@pghistory.track(append_only=True)
class Promotion(models.Model):
    """Every flip of a live pointer, so that a roll back knows where to go."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    family = models.CharField(_("family"), max_length=40)
    version = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        related_name="promotions",
        verbose_name=_("goes live"),
    )
    replaced = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("replaces"),
    )
    rolls_back = models.BooleanField(_("roll back"), default=False)
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("actor")
    )
    reason = models.TextField(_("reason"), blank=True)
    at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.family} to {self.version_id}"
