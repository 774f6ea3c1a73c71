"""What slates are expected to hold, and what was found when that was last checked."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.ids import new_id
from curation.models.audit import NEVER_DELETED, audited
from curation.models.catalogue import Item, Surface
from curation.models.decisions import ChangeSet
from curation.models.people import Member, User
from curation.models.segments import Segment


@audited()
class Expectation(models.Model):
    """What the slates of a surface must hold, or must not, for somebody; retired, never deleted.

    `claim` is the content (see `curation.decisions.specs.claim_spec`), `number` counts its changes. Where it
    `blocks`, a publish or a promotion that would not meet it is stopped; otherwise it warns.
    """

    class Who(models.TextChoices):
        ANYONE = (
            "anyone",
            _("anyone: a newcomer, a regular, somebody of each segment, nobody known"),
        )
        NOBODY = "nobody", _("whoever is not known yet")
        MEMBER = "member", _("one member")
        SEGMENT = "segment", _("members of a segment")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=120)
    surface = models.ForeignKey(
        Surface, on_delete=models.PROTECT, related_name="expectations", verbose_name=_("surface")
    )
    who = models.CharField(_("for whom"), max_length=7, choices=Who.choices, default=Who.ANYONE)
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    device = models.CharField(_("device"), max_length=32, blank=True, default="")
    language = models.CharField(_("language"), max_length=35, blank=True, default="")
    anchor = models.ForeignKey(
        Item,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("similar to"),
    )
    claim = models.JSONField(_("what is expected"))
    blocks = models.BooleanField(_("stops a publish"), default=True)
    reason = models.TextField(_("reason"), blank=True, default="")
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    number = models.PositiveIntegerField(_("revision"), default=1)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta:
        verbose_name = _("expectation")
        verbose_name_plural = _("expectations")
        ordering = ["surface", "name"]
        triggers = [NEVER_DELETED]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(who="member", member__isnull=False, segment__isnull=True)
                | models.Q(who="segment", segment__isnull=False, member__isnull=True)
                | models.Q(who__in=["anyone", "nobody"], member__isnull=True, segment__isnull=True),
                name="expectation_of_one_kind",
            ),
            models.UniqueConstraint(
                fields=["name"],
                name="expectation_name_once",
                condition=models.Q(retired_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExpectationReport(models.Model):
    """What a worker found when it fused slates and held expectations against them.

    With the drafts of a `change_set`, with a model `version` in the place of its family's live one, or,
    with neither, as things stand. `basis` tells what it was found with: `drafts` (revisions), `planned`
    (the set's instant), `surfaces` (slug to policy and blocks version), `models` (the live set's
    version), `expectations` (id to number). `results` holds one for each expectation.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    change_set = models.ForeignKey(
        ChangeSet, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    version = models.UUIDField(null=True)
    checked_at = models.DateTimeField(_("checked"))
    instant = models.DateTimeField(_("as of"))
    basis = models.JSONField(default=dict)
    results = models.JSONField(default=list)

    class Meta:
        verbose_name = _("report of expectations")
        verbose_name_plural = _("reports of expectations")
        ordering = ["-id"]
        indexes = [models.Index(fields=["change_set", "version", "-id"], name="report_of_what")]

    def __str__(self) -> str:
        return f"expectations at {self.checked_at}"
