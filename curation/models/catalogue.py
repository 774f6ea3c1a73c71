"""The catalogue: items, the schema of their attributes, their statistics, and the surfaces."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.given import given
from curation.ids import new_id
from curation.models.audit import NEVER_DELETED, audited


class Counter(models.Model):
    """A version that only grows: `catalogue`, `models`, `rewards` or `statistics`."""

    name = models.CharField(primary_key=True, max_length=32)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class Attribute(models.Model):
    """One declared attribute of items: its key in the JSON and the type of its values."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", _("number")
        DATE = "date", _("date")
        BOOLEAN = "boolean", _("yes or no")
        TAGS = "tags", _("tags")

    key = models.SlugField(_("key"), primary_key=True, max_length=64)
    kind = models.CharField(_("type"), max_length=10, choices=Kind.choices)
    label = models.CharField(_("label"), max_length=120)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(key__in=["title", "provider", "source", "published_on"]),
                name="attribute_key_not_built_in",
                violation_error_message=_("Every item has a field of this name already."),
            )
        ]
        # Published rules read attributes: one that vanished or changed its type would break them.
        triggers = [NEVER_DELETED, pgtrigger.ReadOnly(name="kind_stays", fields=["key", "kind"])]

    def __str__(self) -> str:
        return f"{given(self.label)} ({self.get_kind_display()})"


class Item(models.Model):
    """A thing that can be recommended, known outside by (source, outside id)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(_("source"), max_length=64)
    outside_id = models.CharField(_("outside id"), max_length=255)
    title = models.CharField(_("title"), max_length=500)
    description = models.TextField(_("description"), blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    provider = models.CharField(_("provider"), max_length=255, blank=True)
    image_url = models.URLField(_("image"), max_length=1000, blank=True)
    published_on = models.DateField(_("publication date"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints = [
            models.UniqueConstraint(fields=["source", "outside_id"], name="item_source_outside_id"),
        ]
        indexes = [
            models.Index(fields=["title"], name="item_title"),
            # Every read of a slate asks which of its items are inactive; few are.
            models.Index(fields=["id"], name="item_inactive", condition=models.Q(active=False)),
            # The words by which `curation.catalogue.searching` finds items.
            GinIndex(
                models.Func(
                    *("title", "description", "attributes", "provider"), function="curation_words"
                ),
                name="item_words",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ItemStats(models.Model):
    """What feedback says of an item, written by feedback's roll-ups for rules to read.

    Opinions (ratings, thumbs, favourites, "not interested") count members whose word stands, acts (clicks,
    shares, views, purchases) each time; members who are simulated count for neither.
    `hours` (24) and `weekdays` (7, from Monday) count interactions in the time zones of who did them.
    """

    item = models.OneToOneField(
        Item, on_delete=models.CASCADE, primary_key=True, related_name="stats"
    )
    ratings = models.IntegerField(_("ratings"), default=0)
    mean_rating = models.FloatField(_("mean rating"), null=True)
    likes = models.IntegerField(_("likes"), default=0)
    dislikes = models.IntegerField(_("dislikes"), default=0)
    clicks = models.IntegerField(_("clicks"), default=0)
    favourites = models.IntegerField(_("favourites"), default=0, db_default=0)
    not_interested = models.IntegerField(_("times not interested"), default=0, db_default=0)
    shares = models.IntegerField(_("shares"), default=0, db_default=0)
    views = models.IntegerField(_("views"), default=0, db_default=0)
    purchases = models.IntegerField(_("purchases"), default=0, db_default=0)
    shown = models.IntegerField(_("times shown"), default=0)
    hours = ArrayField(models.IntegerField(), verbose_name=_("by hour"), null=True)
    weekdays = ArrayField(models.IntegerField(), verbose_name=_("by weekday"), null=True)
    last_at = models.DateTimeField(_("last interaction"), null=True)
    computed_at = models.DateTimeField(_("computed"), auto_now=True)

    class Meta:
        verbose_name = _("item statistics")
        verbose_name_plural = _("item statistics")

    def __str__(self) -> str:
        return f"{self._meta.verbose_name}: {self.item_id}"


class Scorer(models.Model):
    """A scorer by its family name, and whether a model of it is live: what a blend may name."""

    name = models.CharField(_("name"), primary_key=True, max_length=40)
    live = models.BooleanField(_("live"), default=False)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("scorer")
        verbose_name_plural = _("scorers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@audited()
class Surface(models.Model):
    """A place that shows a slate, with the settings that every fuse for it obeys."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", _("for a member")
        SIMILAR = "similar", _("items similar to an item")

    class Repeat(models.TextChoices):
        ANYTHING = "anything", _("anything may return")
        RATED = "rated", _("not what was rated")
        INTERACTED = "interacted", _("not what was rated or interacted with")

    class Approved(models.TextChoices):
        NEVER = "never", _("never")
        ALWAYS = "always", _("always")
        ABOVE = "above", _("where more slates change than a share")

    slug = models.SlugField(_("slug"), primary_key=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.PERSONAL)
    depth = models.PositiveSmallIntegerField(
        _("depth"), default=50, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    reserve = models.PositiveSmallIntegerField(
        _("reserve"), default=50, validators=[MaxValueValidator(200)]
    )
    explore_every = models.PositiveSmallIntegerField(
        _("explore every n-th slot"),
        default=0,
        help_text=_("0 explores nowhere; 10 explores slots 10, 20, 30 …"),
    )
    temperature = models.FloatField(
        _("exploration temperature"),
        default=1.0,
        validators=[MinValueValidator(0.01), MaxValueValidator(100)],
    )
    repeat = models.CharField(
        _("repeat policy"), max_length=12, choices=Repeat.choices, default=Repeat.RATED
    )
    max_shown = models.PositiveSmallIntegerField(
        _("times shown at most"),
        default=0,
        help_text=_("Within the last seven days; 0 means no limit."),
    )
    diversity = models.FloatField(
        _("diversity"),
        default=0.0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("0 ranks by utility alone; more spreads the slate over different items."),
    )
    pin_budget = models.PositiveSmallIntegerField(_("pins at most"), default=20)
    stale_limit_s = models.PositiveIntegerField(
        _("serve a stale slate for at most (s)"), default=3600
    )
    replay_share = models.FloatField(
        _("share of slates kept for replay"),
        default=0.05,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    approval = models.CharField(
        _("a second person approves a publish"),
        max_length=6,
        choices=Approved.choices,
        default=Approved.NEVER,
        db_default="never",
        help_text=_("Blocks, endings and roll backs never wait for it."),
    )
    approval_share = models.FloatField(
        _("approval above this share of slates"),
        default=0.2,
        db_default=0.2,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("Of the slates of the newest simulation, from 0 to 1; 0.2 is every fifth."),
    )
    policy_version = models.BigIntegerField(default=0, editable=False)
    blocks_version = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("surface")
        verbose_name_plural = _("surfaces")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(depth__gte=1, depth__lte=200, reserve__lte=200),
                name="surface_depth_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(temperature__gte=0.01, temperature__lte=100),
                name="surface_temperature_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    diversity__gte=0, diversity__lte=1, replay_share__gte=0, replay_share__lte=1
                ),
                name="surface_shares_in_range",
            ),
        ]

    def __str__(self) -> str:
        return given(self.name)
