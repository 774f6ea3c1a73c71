"""The people: users who sign in, and members who are recommended to."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id, new_subject
from curation.models.audit import audited
from curation.models.catalogue import Attribute


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


@audited(
    *("attributes", "language", "time_zone", "user", "merged_into", "simulated"),
    listed=False,
    # Feedback makes members by the thousand of whom nothing is known but an id.
    made=pgtrigger.Condition(
        "NEW.attributes <> '{}' OR NEW.language <> '' OR NEW.time_zone <> '' OR NEW.user_id IS NOT NULL"
    ),
)
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
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        verbose_name=_("merged into"),
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


class MemberAttribute(models.Model):
    """One declared attribute of members: its key in the JSON and the type of its values.

    It may be removed: a segment whose query names it then keeps the members it has, and says why.
    """

    key = models.SlugField(_("key"), primary_key=True, max_length=64)
    kind = models.CharField(_("type"), max_length=10, choices=Attribute.Kind.choices)
    label = models.CharField(_("label"), max_length=120)

    class Meta:
        verbose_name = _("attribute of members")
        verbose_name_plural = _("attributes of members")
        ordering = ["key"]

    def __str__(self) -> str:
        return f"{self.label} ({self.kind})"


class MemberStats(models.Model):
    """What feedback says of a member for segments to ask, written by feedback.

    `ratings` moves in feedback's own transaction, the rest with the roll-up: `features` by name (see
    `member_queries`), interactions by hour of the day (24) and by weekday from Monday (7) in the
    member's time zone; `covers` is the feedback version that they stand for, or below 0 to have
    them counted again. `segments` counts the
    changes of the segments that the member is in, `profile` those of the member's own row.
    """

    subject = models.UUIDField(primary_key=True)
    ratings = models.IntegerField(_("ratings"), default=0, db_default=0)
    features = models.JSONField(_("features"), default=dict, db_default={})
    hours = ArrayField(models.IntegerField(), verbose_name=_("by hour"), null=True)
    weekdays = ArrayField(models.IntegerField(), verbose_name=_("by weekday"), null=True)
    last_at = models.DateTimeField(_("last seen"), null=True)
    covers = models.BigIntegerField(default=0, db_default=0)
    segments = models.BigIntegerField(default=0, db_default=0)
    profile = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("member statistics")
        verbose_name_plural = _("member statistics")

    def __str__(self) -> str:
        return f"{self._meta.verbose_name}: {self.subject}"
