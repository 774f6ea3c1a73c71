"""What draws members: what was learned of all of them, and of each."""

from __future__ import annotations

from typing import Final

from django.db import models

from curation.ids import new_id
from curation.models import Member


class PreferenceFit(models.Model):
    """One learning of preferences: which features there were, and what members have in common in them.

    `features` are those of `recsys.profiles.item_features`; `mean` and `deviation` of members' weights stand in the
    same order. It was learned from so many `choices` of so many `members` since `since`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    made_at = models.DateTimeField(auto_now_add=True)
    since = models.DateTimeField()
    members = models.IntegerField()
    choices = models.IntegerField()
    features = models.JSONField(default=list)
    mean = models.JSONField(default=list)
    deviation = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.members} members, {self.choices} choices"


class Preference(models.Model):
    """What draws one member, as a fit found it; it goes with the member, and never to another one.

    `theta` and `deviation` stand in the order of the fit's features, and are empty where the member's `choices`
    among `impressions` are too few to tell. `interests` are tags with the likes that carry them, of `likes` in all,
    and their lift. `covers` is the feedback version of the member that all this was made from.
    """

    LEAST: Final = 10
    """Choices that it takes to tell what draws a member."""

    member = models.OneToOneField(
        Member, on_delete=models.CASCADE, primary_key=True, to_field="subject",
        db_column="subject", related_name="+",
    )  # fmt: skip
    fit = models.ForeignKey(PreferenceFit, on_delete=models.CASCADE, related_name="+")
    covers = models.BigIntegerField(default=0)
    impressions = models.IntegerField(default=0)
    choices = models.IntegerField(default=0)
    theta = models.JSONField(default=list)
    deviation = models.JSONField(default=list)
    likes = models.IntegerField(default=0)
    interests = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.member_id}: {self.choices} choices"
