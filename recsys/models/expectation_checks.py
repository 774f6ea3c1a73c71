"""Expectations held against slates, whenever something that moves slates has changed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from curation.models import ChangeSet, ExpectationReport
from recsys.models.jobs import WatchedJob
from recsys.models.versions import ModelVersion


class ExpectationCheck(WatchedJob):
    """Slates fused and held against what is expected: with a change set's drafts, with a model version, or as they are.

    One waits at most for each of these. `report` is what was found.
    """

    change_set = models.ForeignKey(
        ChangeSet,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("change set"),
    )
    version = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("model version"),
    )
    report = models.ForeignKey(
        ExpectationReport, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta(WatchedJob.Meta):
        verbose_name = _("check of expectations")
        verbose_name_plural = _("checks of expectations")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["change_set", "version"],
                name="expectation_check_queued_once",
                condition=models.Q(state="queued"),
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.requested_at), "DATETIME_FORMAT")
