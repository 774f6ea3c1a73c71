"""What a program proposes, blends and decisions, and what curators said of it."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id
from curation.models import Decision, Item, Segment, Surface, User
from curation.models.audit import ONLY_ADDED
from recsys.models.jobs import WatchedJob


class BlendProposal(WatchedJob):
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
    versions = models.JSONField(default=dict)
    present = models.JSONField(default=dict)
    blend = models.JSONField(default=dict)
    report = models.JSONField(default=dict)

    class Meta(WatchedJob.Meta):
        verbose_name = _("blend proposal")
        verbose_name_plural = _("blend proposals")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["surface"], name="proposal_queued_once", condition=Q(state="queued")
            )
        ]

    def __str__(self) -> str:
        when = date_format(timezone.localtime(self.requested_at), "DATETIME_FORMAT")
        return f"{self.surface_id} {when}"


class ProposalRound(WatchedJob):
    """One look through the evidence for decisions to propose.

    `simulated` says whether simulated members count too; `report` counts what was looked at and what came of it.
    """

    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    simulated = models.BooleanField(_("with simulated members"), default=False)
    report = models.JSONField(default=dict)

    class Meta(WatchedJob.Meta):
        verbose_name = _("round of proposals")
        verbose_name_plural = _("rounds of proposals")
        ordering = ["-requested_at"]
        constraints = [
            # All rows that wait have one state, so one of them waits.
            models.UniqueConstraint(
                fields=["state"], name="round_queued_once", condition=Q(state="queued")
            )
        ]

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.requested_at), "DATETIME_FORMAT")


class DecisionProposal(models.Model):
    """A decision that evidence speaks for: it is shown, and never made by itself.

    A bury or boost is of an `item` for a `segment`, an end is of a `decision`; a `surface` of null is everywhere.
    `evidence` holds the figures, `weight` how many votes or slates they rest on, `counted_at` when that was.
    Where it stands is derived from what was said last (`recsys.proposed.standing`).
    """

    class Kind(models.TextChoices):
        BURY = "bury", _("bury an item")
        BOOST = "boost", _("boost an item")
        END = "end", _("end a decision")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    surface = models.ForeignKey(
        Surface, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("surface")
    )
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("item")
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("segment")
    )
    decision = models.ForeignKey(
        Decision, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("decision")
    )
    evidence = models.JSONField(_("evidence"), default=dict)
    weight = models.IntegerField()
    drafted_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    counted_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("decision proposal")
        verbose_name_plural = _("decision proposals")
        ordering = ["-drafted_at"]
        indexes = [models.Index(fields=["kind", "item", "segment"], name="proposal_target")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="end", decision__isnull=False, item=None, segment=None)
                | Q(kind__in=["bury", "boost"], decision=None)
                & Q(item__isnull=False, segment__isnull=False),
                name="proposal_has_a_target",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id or self.decision_id}"


@pghistory.track(append_only=True)
class ProposalVerdict(models.Model):
    """What was said of a proposal, of a blend or of a decision; the last that was said holds.

    An accepted one names the draft that it became, a snoozed one when it comes `back`. Without an actor it was the
    program that withdrew it, and `reason` is a code of `recsys.proposed.standing`.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        SNOOZED = "snoozed", _("snoozed")
        REOPENED = "reopened", _("reopened")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    proposal = models.ForeignKey(
        BlendProposal, on_delete=models.PROTECT, null=True, related_name="verdicts"
    )
    of_decision = models.ForeignKey(
        DecisionProposal, on_delete=models.PROTECT, null=True, related_name="verdicts"
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    back = models.DateTimeField(_("comes back"), null=True)
    edited = models.BooleanField(_("edited"), default=False, db_default=False)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [ONLY_ADDED]
        constraints = [
            models.CheckConstraint(
                condition=Q(proposal=None, of_decision__isnull=False)
                | Q(proposal__isnull=False, of_decision=None),
                name="verdict_of_one_proposal",
            ),
            models.CheckConstraint(
                condition=Q(outcome="snoozed", back__isnull=False)
                | ~Q(outcome="snoozed") & Q(back=None),
                name="verdict_snoozed_comes_back",
            ),
            models.CheckConstraint(
                condition=Q(outcome="withdrawn") | Q(actor__isnull=False),
                name="verdict_has_an_actor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id or self.of_decision_id} {self.outcome}"
