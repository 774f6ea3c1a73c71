"""What was said by hand, and what was put right afterwards: comments, marks, merges."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id
from feedback.models.told import Rule


class Comment(models.Model):
    """What a member wrote of an item, kept apart from the interaction that brought it: it is personal.

    Its author says whether other members may read it; a curator can hide it from them. A comment that
    is undone is gone.
    """

    interaction = models.UUIDField(primary_key=True)
    subject = models.UUIDField()
    item_id = models.UUIDField()
    text = models.TextField(_("comment"))
    public = models.BooleanField(_("for everybody"))
    written_at = models.DateTimeField(_("written"))
    hidden_at = models.DateTimeField(_("hidden"), null=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    hidden_why = models.CharField(_("reason"), max_length=500, default="")

    class Meta:
        indexes = [
            models.Index(fields=["item_id", "-written_at"], name="comment_item"),
            models.Index(fields=["subject"], name="comment_subject"),
        ]

    def __str__(self) -> str:
        return f"comment of {self.subject} on {self.item_id}"


class Mark(models.Model):
    """That a rule keeps an interaction out of training, and who lifted it; lifted once, it stays lifted."""

    interaction = models.UUIDField(primary_key=True)
    occurred_at = models.DateTimeField()
    rule = models.SmallIntegerField(_("rule"), choices=Rule.choices)
    marked_at = models.DateTimeField(_("marked"))
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    lifted_why = models.CharField(_("reason"), max_length=500, default="")

    class Meta:
        indexes = [models.Index(fields=["rule", "-marked_at"], name="mark_rule")]

    def __str__(self) -> str:
        return f"{self.get_rule_display()}: {self.interaction}"


class Merge(models.Model):
    """That one member turned out to be another: who was merged into whom, by whom and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.OneToOneField("curation.Member", on_delete=models.CASCADE, related_name="+")
    into = models.ForeignKey("curation.Member", on_delete=models.CASCADE, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=500)
    merged_at = models.DateTimeField(_("merged"))
    interactions = models.IntegerField(_("interactions"))

    def __str__(self) -> str:
        return f"{self.member} into {self.into}"
