"""What waits to go out: tasks to announce and mail to send, written in the transaction that makes them necessary."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from curation.ids import new_id


class Outbox(models.Model):
    """A task to publish by name once the transaction that wrote this row has committed."""

    id = models.BigAutoField(primary_key=True)
    task = models.CharField(max_length=120)
    queue = models.CharField(max_length=40)
    arguments = models.JSONField(default=list)
    request = models.CharField(max_length=64, blank=True, default="", db_default="")
    """The id of the web request that this follows from, if any: it stands in the logs of both."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"{self.task} on {self.queue}"


class Mail(models.Model):
    """A message to send: kept until a worker has handed it over, then gone, since it may hold a secret link."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sender = models.CharField(max_length=320)
    to = ArrayField(models.EmailField(max_length=320))
    subject = models.CharField(max_length=998)
    text = models.TextField()
    html = models.TextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(auto_now_add=True)
    problem = models.TextField(blank=True, default="")

    class Meta:
        verbose_name_plural = "mail"

    def __str__(self) -> str:
        return f"{self.subject} ({self.pk})"
