"""The people: users who sign in, members who are recommended to, segments of members."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id, new_subject
from curation.models.audit import audited


@audited("username", "is_active", "is_staff", "is_superuser")
class User(AbstractUser):  # type: ignore[django-manager-missing]
    """A sign-in. What a user may do follows from the groups (roles) that they are in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=settings.LANGUAGES,
        blank=True,
        default="",
        help_text=_("Empty follows the browser."),
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")

    @cached_property
    def roles(self) -> frozenset[str]:
        """The names of the groups that the user is in, read once for each request's user."""
        return frozenset(self.groups.values_list("name", flat=True))


@audited(obj=False)
class UserRole(User.groups.through):  # type: ignore[name-defined,misc]
    """One role of one user, tracked so that every grant and removal is kept."""

    class Meta:
        proxy = True


class Member(models.Model):
    """The person recommended to: outside known by (source, outside id), inside by the subject."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(_("source"), max_length=64)
    outside_id = models.CharField(_("outside id"), max_length=255)
    subject = models.UUIDField(_("subject"), unique=True, default=new_subject, editable=False)
    user = models.OneToOneField(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="member",
        verbose_name=_("user"),
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged"
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    simulated = models.BooleanField(
        _("simulated"),
        default=False,
        help_text=_("A script plays this member: their feedback stays out of training."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "outside_id"], name="member_source_outside_id"
            ),
            models.CheckConstraint(
                condition=~models.Q(merged_into=models.F("id")),
                name="member_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.outside_id


@audited()
class Segment(models.Model):
    """A named set of members, by a query over their number of ratings, language and time zone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    query = models.JSONField(
        _("query"), help_text=_('For example {"field": "ratings", "op": "ge", "value": 20}.')
    )

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MemberStats(models.Model):
    """What feedback says of a member for segments to ask, written in feedback's transaction."""

    subject = models.UUIDField(primary_key=True)
    ratings = models.IntegerField(_("ratings"), default=0)

    class Meta:
        verbose_name = _("member statistics")
        verbose_name_plural = _("member statistics")

    def __str__(self) -> str:
        return f"statistics of {self.subject}"


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
