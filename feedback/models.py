"""What people did and said, and what was served to them: data only.

Interactions and impressions are partitioned by month, so Django does not manage their tables: the first migration
writes them in SQL, and `feedback.partitions` makes a month when it is first needed.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id


class Kind(models.IntegerChoices):
    """What a member did. The numbers are stored: never reuse one."""

    RATING = 1, _("rating")
    LIKE = 2, _("like")
    DISLIKE = 3, _("dislike")
    NOT_INTERESTED = 4, _("not interested")
    FAVOURITE = 5, _("favourite")
    CLICK = 6, _("click")
    UNDO = 7, _("undo")


class Interaction(models.Model):
    """One thing that a member did, as it was told; append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=64)
    event = models.CharField(max_length=255)
    subject = models.UUIDField()
    item_id = models.UUIDField()
    kind = models.SmallIntegerField(choices=Kind.choices)
    value = models.FloatField(null=True)
    undoes = models.CharField(max_length=255, null=True)
    impression = models.UUIDField(null=True)
    curated = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "feedback_interaction"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.event}"


class EventKey(models.Model):
    """The key of an event that was accepted, with a digest of what the client sent: accepted exactly once."""

    pk = models.CompositePrimaryKey("source", "event")
    source = models.CharField(max_length=64)
    event = models.CharField(max_length=255)
    digest = models.BinaryField()
    interaction = models.UUIDField()
    occurred_at = models.DateTimeField()


class Undo(models.Model):
    """An event that is undone, whether it has arrived yet or not."""

    pk = models.CompositePrimaryKey("source", "event")
    source = models.CharField(max_length=64)
    event = models.CharField(max_length=255)
    subject = models.UUIDField()
    undone_by = models.CharField(max_length=255)


class Rating(models.Model):
    """What a member now says of an item: stars, thumb, favourite and never, each the fold of its own interactions."""

    pk = models.CompositePrimaryKey("subject", "item_id")
    subject = models.UUIDField()
    item_id = models.UUIDField()
    stars = models.FloatField(_("stars"), null=True)
    thumb = models.SmallIntegerField(_("thumb"), null=True, choices=[(1, _("like")), (-1, _("dislike"))])
    favourite = models.BooleanField(_("favourite"), default=False)
    never = models.BooleanField(_("not interested"), default=False)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["item_id"], name="rating_item")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stars__isnull=True) | models.Q(stars__gte=1, stars__lte=5), name="stars_1_to_5"
            )
        ]


class MemberState(models.Model):
    """One row per member with feedback: the version that grows with every change of it."""

    subject = models.UUIDField(primary_key=True)
    version = models.BigIntegerField(default=0)
    ratings = models.IntegerField(default=0)
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.subject} at {self.version}"


class Impression(models.Model):
    """A slate served once to one member: the placements as they were served, slot by slot."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    served_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    slate = models.UUIDField(null=True)
    subject = models.UUIDField()
    surface = models.CharField(max_length=50)
    mode = models.CharField(max_length=8, choices=[("fresh", "fresh"), ("stale", "stale"), ("fallback", "fallback")])
    short = models.BooleanField(default=False)
    context = models.JSONField(default=dict)
    versions = models.JSONField(default=dict)
    items = ArrayField(models.UUIDField())
    slots = ArrayField(models.SmallIntegerField())
    propensities = ArrayField(models.FloatField(null=True))
    curated = ArrayField(models.BooleanField())
    removed = ArrayField(models.UUIDField(), default=list)
    simulated = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "feedback_impression"

    def __str__(self) -> str:
        return f"{self.surface} {self.served_at:%Y-%m-%d %H:%M}"
