"""The outbox: tasks to announce, written in the transaction that makes them necessary."""

from __future__ import annotations

from django.db import models


class Outbox(models.Model):
    """A task to publish by name once the transaction that wrote this row has committed."""

    id = models.BigAutoField(primary_key=True)
    task = models.CharField(max_length=120)
    queue = models.CharField(max_length=40)
    arguments = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"{self.task} on {self.queue}"
