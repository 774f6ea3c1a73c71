"""Segments: named sets of members, who is in them now, and who was in each version."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.given import given
from curation.ids import new_id
from curation.models.audit import audited
from curation.models.people import User


@audited()
class Segment(models.Model):
    """A named set of members: listed by hand, by a query over them, or learned from what they do.

    `query` is that of a segment by query; `learned` names the clustering and the cluster of a learned
    one. Archived, it holds nobody.
    """

    class Kind(models.TextChoices):
        MANUAL = "manual", _("by hand")
        QUERY = "query", _("by query")
        LEARNED = "learned", _("learned")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(
        _("kind"), max_length=10, choices=Kind.choices, default=Kind.QUERY, db_default="query"
    )
    query = models.JSONField(_("query"), null=True, blank=True)
    learned = models.JSONField(_("learned"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]

    def __str__(self) -> str:
        return given(self.name)


class SegmentState(models.Model):
    """Where a segment's membership stands: its newest version, and what ails it."""

    segment = models.OneToOneField(
        Segment, on_delete=models.CASCADE, primary_key=True, related_name="state"
    )
    version = models.IntegerField(_("version"), default=0, db_default=0)
    size = models.IntegerField(_("members"), default=0, db_default=0)
    refreshed_at = models.DateTimeField(_("refreshed"), null=True)
    problem = models.TextField(_("problem"), blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.segment_id} at {self.version}"


class SegmentVersion(models.Model):
    """One version of a segment's membership: how many were in, came and went since the one before."""

    class Cause(models.TextChoices):
        DEFINED = "defined", _("defined")
        LISTED = "listed", _("members listed by hand")
        LEARNED = "learned", _("learned")
        REFRESHED = "refreshed", _("refreshed")
        ARCHIVED = "archived", _("archived")

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField(_("version"))
    size = models.IntegerField(_("members"))
    came = models.IntegerField(_("came"))
    gone = models.IntegerField(_("gone"))
    cause = models.CharField(_("cause"), max_length=20, choices=Cause.choices)
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    reason = models.TextField(_("reason"), blank=True, default="")
    at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "number"], name="segment_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} version {self.number}"


class SegmentChange(models.Model):
    """A member (by subject) who came into a segment or left it, and the version that counts it.

    Null is the version to come. All rows up to a version, the last of each member, say who was in.
    """

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+", db_index=False)
    subject = models.UUIDField()
    came = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)
    version = models.IntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["segment", "subject", "-id"], name="segment_change"),
            models.Index(
                fields=["segment"],
                name="segment_change_to_come",
                condition=models.Q(version__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {'into' if self.came else 'out of'} {self.segment_id}"


class SegmentMembership(models.Model):
    """One member (by subject) in one segment; renewed when the member or the segment changes."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="memberships")
    subject = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "segment"], name="segment_membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} in {self.segment_id}"
