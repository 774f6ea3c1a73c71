"""What decisions brought and cost, measured now and then."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from curation.models import Decision, User
from recsys.models.jobs import WatchedJob


class Appraisal(WatchedJob):
    """A pin or rule measured: answers of members whom it reached against those whom it spares, and its price.

    `simulated` says whether simulated members count too. `report` holds the figures (`recsys.appraisals.worker`).
    """

    decision = models.ForeignKey(
        Decision, on_delete=models.PROTECT, related_name="+", verbose_name=_("decision")
    )
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    simulated = models.BooleanField(_("with simulated members"), default=False)
    report = models.JSONField(default=dict)

    class Meta(WatchedJob.Meta):
        verbose_name = _("appraisal")
        verbose_name_plural = _("appraisals")
        ordering = ["-requested_at"]
        indexes = [models.Index(fields=["decision", "-requested_at"], name="appraisal_of_decision")]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "simulated"],
                name="appraisal_queued_once",
                condition=models.Q(state="queued"),
            )
        ]

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.requested_at), "DATETIME_FORMAT")
