"""What a second person said of a change set, and how many slates its drafts were found to change."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id
from curation.models.audit import ONLY_ADDED, audited
from curation.models.decisions import ChangeSet
from curation.models.people import User


@audited()
class Approval(models.Model):
    """One act on the approval of a change set; rows are only added, and the newest says where the set stands.

    `drafts` are the revisions that the set held, which never change: an act tells of exactly these, so that any
    later change of the set makes it void.
    """

    class Act(models.TextChoices):
        ASKED = "asked", _("asked for")
        TAKEN_BACK = "taken_back", _("taken back")
        APPROVED = "approved", _("approved")
        SENT_BACK = "sent_back", _("sent back")
        PASSED_OVER = "passed_over", _("published without it")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    change_set = models.ForeignKey(ChangeSet, on_delete=models.PROTECT, related_name="approvals")
    act = models.CharField(_("act"), max_length=11, choices=Act.choices)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"), blank=True, default="")
    drafts = models.JSONField(_("drafts"), default=list)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-id"]
        triggers = [ONLY_ADDED]

    def __str__(self) -> str:
        return f"{self.change_set_id} {self.act}"


class SimulatedChange(models.Model):
    """What the newest simulation of a change set found, for a publish to read.

    `drafts` are the revisions that it replayed, `versions` the policy and blocks version of each surface (by slug)
    and `slates` how many requests it replayed there and how many of their slates change; `asked` is how many
    requests it was to replay.
    """

    change_set = models.OneToOneField(
        ChangeSet, on_delete=models.PROTECT, primary_key=True, related_name="simulated"
    )
    asked = models.PositiveIntegerField(_("requests"))
    drafts = models.JSONField(default=list)
    versions = models.JSONField(default=dict)
    slates = models.JSONField(default=dict)
    at = models.DateTimeField(_("simulated"), auto_now=True)

    class Meta:
        verbose_name = _("simulated change")
        verbose_name_plural = _("simulated changes")

    def __str__(self) -> str:
        return f"{self.change_set_id} at {self.at}"
