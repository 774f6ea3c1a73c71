"""Segments that a program proposes."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from curation.models import User
from recsys.models.jobs import WatchedJob
from recsys.models.versions import ModelVersion


class Clustering(WatchedJob):
    """Members put into clusters by what they do: each is shown, and a segment only once a curator keeps it.

    `version` is the model whose factors were asked, null where behaviour alone was. `model` is what
    puts a member into a cluster (scaling and centres), `report` what is told of the clusters: their
    traits, how many members each has, and the criterion by number of clusters.
    """

    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    most = models.PositiveSmallIntegerField(_("at most so many segments"), default=8)
    seed = models.PositiveIntegerField(_("seed"), default=1)
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("model")
    )
    model = models.JSONField(default=dict)
    report = models.JSONField(default=dict)

    class Meta(WatchedJob.Meta):
        verbose_name = _("clustering")
        verbose_name_plural = _("clusterings")
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.requested_at), "DATETIME_FORMAT")
