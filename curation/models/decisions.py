"""What curators decided: lineages of immutable revisions, drafted in change sets.

A pin, rule or blend is live on a surface when the surface's current policy version holds one of its
revisions and the instant lies in the revision's window. Blocks live outside versions: effective
from their own publish until their own end, whatever is rolled back.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.given import reading
from curation.ids import new_id
from curation.models.audit import NEVER_DELETED, ONLY_ADDED, audited
from curation.models.catalogue import Item, Surface
from curation.models.people import Member, User
from curation.models.segments import Segment


@audited()
class ChangeSet(models.Model):
    """A named collection of drafts that are published together."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=120)
    given = models.JSONField(
        _("name in each language"), default=dict, blank=True, db_default={}, editable=False
    )
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    discarded_at = models.DateTimeField(_("discarded"), null=True, blank=True, editable=False)
    publish_at = models.DateTimeField(_("to be published"), null=True, blank=True, editable=False)
    zone = models.CharField(
        _("time zone"), max_length=64, blank=True, db_default="", editable=False
    )
    scheduled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True, editable=False)
    refusal = models.JSONField(_("why it was refused"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("change set")
        verbose_name_plural = _("change sets")
        ordering = ["-created_at"]
        triggers = [NEVER_DELETED]
        indexes = [
            models.Index(
                fields=["publish_at"],
                name="change_set_due",
                condition=models.Q(publish_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return reading(self.given, self.name)


@audited()
class Decision(models.Model):
    """The lineage of one decision: its content is in its revisions; it is ended, never edited."""

    class Kind(models.TextChoices):
        PIN = "pin", _("pin")
        BLOCK = "block", _("block")
        RULE = "rule", _("rule")
        BLEND = "blend", _("blend")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    surface = models.ForeignKey(
        Surface,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("surface"),
        help_text=_("Empty means everywhere."),
    )
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-created_at"]
        triggers = [ONLY_ADDED]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.id)[-8:]}"


@audited()
class Revision(models.Model):
    """One immutable state of a decision; `ends` marks the revision that takes it out of force."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(_("revision"))
    change_set = models.ForeignKey(ChangeSet, on_delete=models.PROTECT, related_name="revisions")
    ends = models.BooleanField(_("ends the decision"), default=False)
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    spec = models.JSONField(_("content"), default=dict)
    who = models.JSONField(_("in which situations"), default=dict, blank=True, db_default={})
    priority = models.IntegerField(_("priority"), default=100)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    review_on = models.DateField(_("review on"), null=True, blank=True)
    holdback = models.FloatField(_("holdback share"), default=0.0)
    traffic = models.FloatField(_("share of traffic"), default=1.0)
    reason = models.TextField(_("reason"), blank=True)
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["decision", "number"]
        triggers = [ONLY_ADDED]
        constraints = [
            models.UniqueConstraint(fields=["decision", "number"], name="revision_number_once"),
            models.CheckConstraint(
                condition=models.Q(until__isnull=True)
                | models.Q(starts_at__isnull=True)
                | models.Q(until__gt=models.F("starts_at")),
                name="revision_window_not_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(holdback__gte=0, holdback__lt=1, traffic__gt=0, traffic__lte=1),
                name="revision_shares_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} revision {self.number}"


@audited()
class Withdrawal(models.Model):
    """A draft taken out of its change set before the set was published; the draft stays readable."""

    revision = models.OneToOneField(
        Revision, on_delete=models.PROTECT, primary_key=True, related_name="withdrawal"
    )
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        triggers = [ONLY_ADDED]

    def __str__(self) -> str:
        return f"withdrawal of {self.revision_id}"


@audited()
class PolicyVersion(models.Model):
    """What is in force on a surface from one publish to the next; immutable."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    surface = models.ForeignKey(Surface, on_delete=models.PROTECT, related_name="versions")
    number = models.BigIntegerField(_("version"))
    restores = models.BigIntegerField(_("restores version"), null=True, blank=True)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(_("published"))
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["surface", "-number"]
        triggers = [ONLY_ADDED]
        constraints = [
            models.UniqueConstraint(fields=["surface", "number"], name="policy_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.surface_id} {self.number}"


@audited(listed=False)
class PolicyEntry(models.Model):
    """One revision in force in one policy version, and the instant of its own publish."""

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="entries")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="entries")
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "revision"], name="policy_entry_once")
        ]
        triggers = [ONLY_ADDED]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.revision_id}"


@audited()
class Block(models.Model):
    """A block in force: what every read of a slate checks, so kept flat and indexed by item."""

    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, primary_key=True, related_name="block"
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="blocks")
    surface = models.ForeignKey(
        Surface, on_delete=models.PROTECT, null=True, blank=True, related_name="blocks"
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    safety = models.BooleanField(_("safety block"), default=False)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ["-published_at"]
        triggers = [NEVER_DELETED]
        indexes = [
            models.Index(
                fields=["item"], name="block_live_item", condition=models.Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"block of {self.item_id}"


class Inspection(models.Model):
    """What lint found on a surface when it was last looked over by itself."""

    surface = models.OneToOneField(
        Surface, on_delete=models.CASCADE, primary_key=True, related_name="inspection"
    )
    at = models.DateTimeField(_("inspected"))
    findings = models.JSONField(_("findings"), default=list)

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")

    def __str__(self) -> str:
        return f"{self.surface_id} at {self.at}"
