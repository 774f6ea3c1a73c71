"""What training must still know of interactions whose month has left the database."""

from __future__ import annotations

from django.db import models


class Remnant(models.Model):
    """A word of an archived month on an item of which its member also said what training must not see.

    `barred` words are of the latter kind, marked or simulated; the others are what training sees instead.
    Of each aspect of a pair the last of either kind in its month. `id` is the interaction's.
    """

    id = models.UUIDField(primary_key=True)
    month = models.DateTimeField()
    subject = models.UUIDField()
    item_id = models.UUIDField()
    kind = models.SmallIntegerField()
    value = models.FloatField(null=True)
    occurred_at = models.DateTimeField()
    barred = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject} on {self.item_id}"


class Decided(models.Model):
    """That an interaction answers a placement which a curator decided, where the rows no longer say so.

    `impressions` says whose archived `month` it comes from: that of the impression, else its own.
    """

    pk = models.CompositePrimaryKey("interaction", "impressions")
    interaction = models.UUIDField()
    impressions = models.BooleanField()
    month = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.interaction)
