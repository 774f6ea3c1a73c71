"""Work that must happen, as rows."""

from __future__ import annotations

from typing import Final

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id


class Job(models.Model):
    """Work that must happen: claimed by lease, kept by heartbeat, fenced (see `leases`).

    `failure` is a code of `recsys.jobs.failures`, `error` what the program said.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        SKIPPED = "skipped", _("skipped")

    OPEN: Final = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    worker = models.CharField(_("worker"), max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    failure = models.CharField(_("failure"), max_length=30, blank=True, db_default="")
    error = models.TextField(_("error"), blank=True)
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.FSM(
                name="job_state",
                field="state",
                transitions=[
                    ("queued", "running"),
                    ("queued", "cancelled"),
                    ("queued", "failed"),
                    ("running", "queued"),
                    ("running", "succeeded"),
                    ("running", "failed"),
                    ("running", "cancelled"),
                    ("running", "skipped"),
                ],
            )
        ]


class WatchedJob(Job):
    """A job that a page follows while it is at work: what it does, and how much of that is done."""

    stage = models.CharField(max_length=20, blank=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)

    class Meta(Job.Meta):
        abstract = True
