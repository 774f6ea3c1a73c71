"""The reward table: what each kind of feedback is worth to learning."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.models.audit import ONLY_ADDED, audited


@audited()
class RewardTable(models.Model):
    """One version of the table, never changed; the newest is in force. `table` is `Rewards.told()`.

    Version 1 is the one that the product brings and has no row.
    """

    number = models.PositiveIntegerField(_("version"), primary_key=True)
    table = models.JSONField(_("table"))
    reason = models.CharField(_("reason"), max_length=500)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    made_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("reward table")
        verbose_name_plural = _("reward tables")
        ordering = ["-number"]
        triggers = [ONLY_ADDED]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"
