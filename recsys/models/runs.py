"""Training jobs, how far they are, and the schedules that ask for them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id
from curation.models import User
from recsys.models.jobs import Job


class Schedule(models.Model):
    """A training that is asked for again and again: every so many hours, or at times of a wall clock.

    `every_hours` counts from `since`; `cron` is five fields, read on a clock in `zone`. Either, never both.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    family = models.CharField(_("family"), max_length=40)
    parameters = models.JSONField(_("parameters"), default=dict)
    options = models.JSONField(_("options"), default=dict)
    every_hours = models.PositiveSmallIntegerField(_("hours between runs"), null=True)
    cron = models.CharField(_("times"), max_length=100, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    enabled = models.BooleanField(_("enabled"), default=True)
    since = models.DateTimeField(_("counts from"))
    changed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="schedule_is_hours_or_cron",
                condition=models.Q(every_hours__isnull=True) ^ models.Q(cron=""),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Run(Job):
    """One training job of one family.

    Asked for by a person, or by a schedule for the period that starts at `period_start`; `parent` is the
    run that it repeats. `failure_facts` are what the words of its failure name. `fingerprint` is of all
    that makes the model: equal ones give equal models.
    """

    family = models.CharField(_("family"), max_length=40)
    parameters = models.JSONField(_("parameters"), default=dict)
    options = models.JSONField(_("options"), default=dict)
    note = models.TextField(_("note"), blank=True)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    schedule = models.ForeignKey(
        Schedule,
        on_delete=models.PROTECT,
        null=True,
        related_name="runs",
        verbose_name=_("schedule"),
    )
    period_start = models.DateTimeField(_("period"), null=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="repeats",
        verbose_name=_("repeats"),
    )
    cancelled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("cancelled by")
    )
    priority = models.PositiveSmallIntegerField(_("priority"), default=100, db_default=100)
    skip_unchanged = models.BooleanField(_("skip"), default=False, db_default=False)
    same_as = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("same as")
    )
    device = models.CharField(_("device"), max_length=160, blank=True, db_default="")
    fingerprint = models.CharField(max_length=64, blank=True, db_default="")
    lineage = models.JSONField(_("lineage"), default=dict, db_default={})
    snapshot = models.JSONField(_("data"), default=dict)
    report = models.JSONField(_("evaluation"), default=dict)
    failure_facts = models.JSONField(default=dict, db_default={})
    pruned_at = models.DateTimeField(_("files deleted"), null=True)

    class Meta(Job.Meta):
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-requested_at"]
        indexes = [
            models.Index(
                fields=["requested_at"],
                name="run_open",
                condition=models.Q(state__in=["queued", "running"]),
            ),
            models.Index(
                fields=["family", "fingerprint"],
                name="run_made",
                condition=models.Q(state="succeeded"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "period_start"], name="run_once_per_period"
            ),
            models.UniqueConstraint(
                fields=["device"],
                name="run_one_per_device",
                condition=models.Q(state="running") & ~models.Q(device=""),
            ),
        ]

    def __str__(self) -> str:
        when = date_format(timezone.localtime(self.requested_at), "DATETIME_FORMAT")
        return f"{self.family} {when}"


class RunProgress(models.Model):
    """Where a run stands, written at most once a second; narrow: an update stays in its page.

    `part` and `stage` are codes of `recsys.runs.words`, and so are the `code`s of the `log`.
    """

    run = models.OneToOneField(
        Run, on_delete=models.CASCADE, primary_key=True, related_name="progress"
    )
    part = models.CharField(_("part"), max_length=20, blank=True, db_default="")
    stage = models.CharField(_("stage"), max_length=40)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    curve = models.JSONField(default=list)
    log = models.JSONField(default=list)
    readings = models.JSONField(_("device readings"), default=list, db_default=[])
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.part} {self.stage} {self.done}/{self.total}".strip()
