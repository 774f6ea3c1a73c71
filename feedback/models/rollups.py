"""What is added up of interactions and impressions, so that screens and rules need not read them all.

Every row is counted again from what it counts whenever that changes (`feedback.rollups.tallies`), except where
`archived`: its month has left the database, and the figure is all that is left of it here.
"""

from __future__ import annotations

from django.db import models

from feedback.models.told import Kind


class Arrival(models.Model):
    """Rows that a statement wrote and no roll-up has counted yet: a range of ids and of instants.

    Written by the database in the same transaction, so that none is missed however late it commits.
    """

    impressions = models.BooleanField()
    first = models.UUIDField()
    last = models.UUIDField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


class Tally(models.Model):
    """How many interactions of a kind stand in a quarter of an hour.

    `surface` is that of the impression they answer, '' without one; `stars` are those of a rating, to
    the half star, 0 for other kinds.
    """

    pk = models.CompositePrimaryKey("since", "surface", "kind", "stars", "simulated", "archived")
    since = models.DateTimeField()
    surface = models.CharField(max_length=50)
    kind = models.SmallIntegerField()
    stars = models.FloatField()
    simulated = models.BooleanField()
    archived = models.BooleanField()
    count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{Kind(self.kind).label} {self.since:%Y-%m-%d %H:%M}: {self.count}"


class SlotTally(models.Model):
    """How the placements that were served in a quarter of an hour in one slot were answered."""

    pk = models.CompositePrimaryKey("since", "surface", "slot", "simulated", "archived")
    since = models.DateTimeField()
    surface = models.CharField(max_length=50)
    slot = models.SmallIntegerField()
    simulated = models.BooleanField()
    archived = models.BooleanField()
    served = models.BigIntegerField()
    curated = models.BigIntegerField()
    clicked = models.BigIntegerField()
    liked = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.surface} {self.slot} {self.since:%Y-%m-%d %H:%M}: {self.served}"


class ItemTally(models.Model):
    """How many interactions of a kind with an item stand in a UTC day; simulated ones do not count."""

    pk = models.CompositePrimaryKey("item_id", "day", "kind", "archived")
    item_id = models.UUIDField()
    day = models.DateField()
    kind = models.SmallIntegerField()
    archived = models.BooleanField()
    count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{Kind(self.kind).label} {self.item_id} {self.day}: {self.count}"


class ItemShown(models.Model):
    """How often an item was shown in slates served in a UTC day; simulated members do not count."""

    pk = models.CompositePrimaryKey("item_id", "day", "archived")
    item_id = models.UUIDField()
    day = models.DateField()
    archived = models.BooleanField()
    count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.item_id} {self.day}: {self.count}"
