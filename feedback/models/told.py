"""What people did and said, and what was served to them.

Interactions and impressions are partitioned by month: the first migration writes their tables in
SQL, and `feedback.partitions` makes a month when it is first needed.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
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
    SHARE = 8, _("share")
    VIEW = 9, _("view")
    PURCHASE = 10, _("purchase")
    COMMENT = 11, _("comment")


class Rule(models.IntegerChoices):
    """Why an interaction is kept out of training. The numbers are stored: never reuse one."""

    FLOOD = 1, _("flood")
    DWELL = 2, _("impossible dwell")
    ROBOT = 3, _("robot")


class Interaction(models.Model):
    """One thing that a member did, as it was told; append-only. Its id is made when it is received.

    Partitioned by month of `occurred_at`, so the table's key is (id, occurred_at). `value` holds the
    stars of a rating, the seconds of a view, the amount of a purchase. An undo that came before its
    event has no item. `original_at` is the instant of the source, where an import moved it. `mark` is
    the rule that keeps it out of training, if one does; a merge of members rewrites `subject`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    original_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=64)
    event = models.CharField(max_length=255)
    subject = models.UUIDField()
    item_id = models.UUIDField(null=True)
    kind = models.SmallIntegerField(choices=Kind.choices)
    value = models.FloatField(null=True)
    undoes = models.CharField(max_length=255, default="")
    impression = models.UUIDField(null=True)
    curated = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)
    mark = models.SmallIntegerField(null=True, choices=Rule.choices)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-occurred_at"], name="interaction_subject"),
            BrinIndex(fields=["occurred_at"], pages_per_range=32, name="interaction_occurred"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.event}"


class EventKey(models.Model):
    """The key of an accepted event, with a digest of what the client sent; it counts only once."""

    pk = models.CompositePrimaryKey("source", "event")
    source = models.CharField(max_length=64)
    event = models.CharField(max_length=255)
    digest = models.BinaryField()
    interaction = models.UUIDField()
    occurred_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source} {self.event}"


class Undo(models.Model):
    """An event of their own that a member took back, whether it has arrived yet or not."""

    pk = models.CompositePrimaryKey("source", "event", "subject")
    source = models.CharField(max_length=64)
    event = models.CharField(max_length=255)
    subject = models.UUIDField()
    undone_by = models.CharField(max_length=255)

    def __str__(self) -> str:
        return f"{self.source} {self.event}"


class Rating(models.Model):
    """What a member now says of an item, in eight aspects, each a fold of its own.

    `viewed` is the dwell of the last view in seconds, `purchased` the amount of the last purchase;
    either is 0 where it was not told and null where there was none.

    Beside each stands the interaction that it comes from: `_at` when it occurred, `_by` its id.
    Together they order interactions, so that one which comes late does not overrule a later one.
    """

    pk = models.CompositePrimaryKey("subject", "item_id")
    subject = models.UUIDField()
    item_id = models.UUIDField()
    stars = models.FloatField(_("stars"), null=True)
    stars_at = models.DateTimeField(null=True)
    stars_by = models.UUIDField(null=True)
    thumb = models.SmallIntegerField(
        _("thumb"), null=True, choices=[(1, _("like")), (-1, _("dislike"))]
    )
    thumb_at = models.DateTimeField(null=True)
    thumb_by = models.UUIDField(null=True)
    favourite = models.BooleanField(_("favourite"), default=False)
    favourite_at = models.DateTimeField(null=True)
    favourite_by = models.UUIDField(null=True)
    never = models.BooleanField(_("not interested"), default=False)
    never_at = models.DateTimeField(null=True)
    never_by = models.UUIDField(null=True)
    clicked = models.BooleanField(_("clicked"), default=False)
    clicked_at = models.DateTimeField(null=True)
    clicked_by = models.UUIDField(null=True)
    shared = models.BooleanField(_("shared"), default=False, db_default=False)
    shared_at = models.DateTimeField(null=True)
    shared_by = models.UUIDField(null=True)
    viewed = models.FloatField(_("viewed"), null=True)
    viewed_at = models.DateTimeField(null=True)
    viewed_by = models.UUIDField(null=True)
    purchased = models.FloatField(_("purchased"), null=True)
    purchased_at = models.DateTimeField(null=True)
    purchased_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["item_id"], name="rating_item")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stars__isnull=True) | models.Q(stars__gte=1, stars__lte=5),
                name="stars_1_to_5",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.item_id}"


class MemberState(models.Model):
    """One row per member with feedback: the version that grows with every change of it.

    `moved_to` is the subject that took over when the member was merged; feedback that still comes
    for this one goes there. `robot` is set for a member who is known to be no person.
    """

    subject = models.UUIDField(primary_key=True)
    version = models.BigIntegerField(default=0)
    ratings = models.IntegerField(default=0)
    last_at = models.DateTimeField()
    moved_to = models.UUIDField(null=True)
    robot = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"{self.subject} at {self.version}"


class Impression(models.Model):
    """A slate served once to one member: the placements as they were served, slot by slot.

    Partitioned by month of `served_at`, so the table's key is (id, served_at). It becomes shown,
    `shown_at`, when the page or the client says so.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    served_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    slate = models.UUIDField(null=True)
    subject = models.UUIDField()
    surface = models.CharField(max_length=50)
    mode = models.CharField(
        max_length=8, choices=[("fresh", "fresh"), ("stale", "stale"), ("fallback", "fallback")]
    )
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
        indexes = [
            models.Index(fields=["subject", "-served_at"], name="impression_subject"),
            BrinIndex(fields=["served_at"], pages_per_range=32, name="impression_served"),
        ]

    def __str__(self) -> str:
        return f"{self.surface} {self.served_at:%Y-%m-%d %H:%M}"
