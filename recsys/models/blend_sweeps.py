"""Grids of blends, scored before anybody decides for one."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from curation.models import Surface, User
from recsys.models.jobs import WatchedJob


class BlendSweep(WatchedJob):
    """A grid of blends of one surface, scored on what members turned to: nothing is drafted by it.

    `versions` are the model versions that spoke, by family; `present` is the blend of that day. `report` holds the
    points (weights, β, accuracy, coverage, novelty), what they share, and how many members were asked.
    """

    surface = models.ForeignKey(
        Surface, on_delete=models.PROTECT, related_name="+", verbose_name=_("surface")
    )
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    versions = models.JSONField(default=dict)
    present = models.JSONField(default=dict)
    report = models.JSONField(default=dict)

    class Meta(WatchedJob.Meta):
        verbose_name = _("blend sweep")
        verbose_name_plural = _("blend sweeps")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["surface"],
                name="blend_sweep_queued_once",
                condition=models.Q(state="queued"),
            )
        ]

    def __str__(self) -> str:
        when = date_format(timezone.localtime(self.requested_at), "DATETIME_FORMAT")
        return f"{self.surface_id} {when}"
