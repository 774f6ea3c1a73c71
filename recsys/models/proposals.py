"""Blends that a program proposes, and what curators said of them."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id
from curation.models import Decision, Surface, User
from recsys.models.jobs import Job


class BlendProposal(Job):
    """A blend fitted on validation feedback for one surface: it is shown, and never switched on by itself.

    `versions` are the model versions that it is made from, by family; `present` is the blend of that day
    and `blend` the one proposed (weights, scales, beta); `report` tells the gain.
    """

    surface = models.ForeignKey(
        Surface, on_delete=models.PROTECT, related_name="+", verbose_name=_("surface")
    )
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    stage = models.CharField(max_length=20, blank=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    versions = models.JSONField(default=dict)
    present = models.JSONField(default=dict)
    blend = models.JSONField(default=dict)
    report = models.JSONField(default=dict)

    class Meta(Job.Meta):
        verbose_name = _("blend proposal")
        verbose_name_plural = _("blend proposals")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["surface"], name="proposal_queued_once", condition=models.Q(state="queued")
            )
        ]

    def __str__(self) -> str:
        when = date_format(timezone.localtime(self.requested_at), "DATETIME_FORMAT")
        return f"{self.surface_id} {when}"


@pghistory.track(append_only=True)
class ProposalVerdict(models.Model):
    """What a curator said of a proposal; an accepted one names the draft that it became."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    proposal = models.OneToOneField(BlendProposal, on_delete=models.PROTECT, related_name="verdict")
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.outcome}"
