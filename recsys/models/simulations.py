"""Change sets tried on what was asked before, ahead of their publish."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from curation.models import ChangeSet, User
from recsys.models.jobs import WatchedJob
from recsys.models.proposals import DecisionProposal


class Simulation(WatchedJob):
    """The drafts of a change set, or a proposed decision, replayed over the latest logged requests.

    Nothing is published by it.

    `asked` is how many requests at most, `simulated` whether those of simulated members count too. `drafts`
    are the revisions that it replayed, and `versions` the policy and blocks version of each surface that they
    touch, by slug. `report` tells what would change.
    """

    change_set = models.ForeignKey(
        ChangeSet,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("change set"),
    )
    proposal = models.ForeignKey(
        DecisionProposal, on_delete=models.PROTECT, null=True, related_name="simulations"
    )
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    asked = models.PositiveIntegerField(_("requests"), default=1_000)
    simulated = models.BooleanField(_("with simulated members"), default=False)
    drafts = models.JSONField(default=list)
    versions = models.JSONField(default=dict)
    report = models.JSONField(default=dict)

    class Meta(WatchedJob.Meta):
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        ordering = ["-requested_at"]
        indexes = [models.Index(fields=["change_set", "-requested_at"], name="simulation_of_set")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(change_set=None, proposal__isnull=False)
                | models.Q(change_set__isnull=False, proposal=None),
                name="simulation_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.requested_at), "DATETIME_FORMAT")
