"""Where decisions stand: the state of each lineage, derived and never stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from curation.fusion.writing import text_of
from curation.models import Decision, PolicyEntry, Revision, Surface


class State(TextChoices):
    """Where a decision stands at an instant."""

    LIVE = "live", _("live")
    SCHEDULED = "scheduled", _("scheduled")
    OVER = "over", _("over")
    DRAFT = "draft", _("draft")
    ENDED = "ended", _("ended")
    DISCARDED = "discarded", _("discarded")


def with_state(at: datetime) -> QuerySet[Decision]:
    """All decisions, each with its `state` at an instant and the id of the revision in force, if any.

    Everything that `as_json` needs comes along in a fixed number of queries.
    """
    here = {"decision": OuterRef("pk")}
    entries = PolicyEntry.objects.filter(
        revision__decision=OuterRef("pk"), version__number=F("version__surface__policy_version")
    ).order_by("pk")
    standing = Revision.objects.filter(**here, withdrawal=None)
    drafts = standing.filter(change_set__published_at=None, change_set__discarded_at=None)
    published = standing.filter(change_set__published_at__isnull=False)
    rows = Decision.objects.annotate(
        in_force=Exists(entries) | Q(block__isnull=False, block__ended_at=None),
        in_force_revision=Subquery(entries.values("revision_id")[:1]),
        begins=Coalesce(Subquery(entries.values("revision__starts_at")[:1]), F("block__starts_at")),
        closes=Coalesce(Subquery(entries.values("revision__until")[:1]), F("block__until")),
        state=Case(
            When(in_force=True, closes__lte=at, then=Value(State.OVER)),
            When(in_force=True, begins__gt=at, then=Value(State.SCHEDULED)),
            When(in_force=True, then=Value(State.LIVE)),
            When(Exists(published), then=Value(State.ENDED)),
            When(Exists(drafts), then=Value(State.DRAFT)),
            default=Value(State.DISCARDED),
            output_field=CharField(),
        ),
    )
    related = ("item", "segment", "member", "author", "change_set", "withdrawal")
    revisions = (f"revisions__{name}" for name in related)
    return cast(
        "QuerySet[Decision]",
        rows.select_related("author").prefetch_related(*revisions).order_by("-created_at", "-pk"),
    )


def named() -> QuerySet[Revision]:
    """Revisions with all that their words name."""
    related = ("item", "segment", "member", "author", "change_set", "withdrawal")
    return Revision.objects.select_related("decision__surface", *related)


def now_in_force() -> QuerySet[Revision]:
    """The revisions in a current policy version or behind a block in force, with all that their words name."""
    current = PolicyEntry.objects.filter(
        revision=OuterRef("pk"), version__number=F("version__surface__policy_version")
    )
    published = Revision.objects.filter(withdrawal=None, change_set__published_at__isnull=False)
    newer = published.filter(decision=OuterRef("decision"), number__gt=OuterRef("number"))
    blocks = Q(
        decision__block__isnull=False,
        decision__block__ended_at=None,
        change_set__published_at__isnull=False,
        withdrawal=None,
        ends=False,
    )
    return named().filter(Exists(current) | (blocks & ~Exists(newer)))


def in_version(surface: Surface, number: int) -> QuerySet[Revision]:
    """The revisions that a policy version of a surface holds."""
    here = {"entries__version__surface": surface, "entries__version__number": number}
    return named().filter(**here).order_by("pk")


def shown(decision: Decision) -> Revision:
    """The revision that stands for a decision: the one in force, else the newest with content."""
    every = sorted(decision.revisions.all(), key=lambda row: row.number)
    revisions = [row for row in every if not hasattr(row, "withdrawal")] or every
    in_force = getattr(decision, "in_force_revision", None)
    for row in reversed(revisions):
        published = row.change_set.published_at is not None
        if row.pk == in_force or (in_force is None and published and not row.ends):
            return row
    return revisions[-1]


def as_json(decision: Decision) -> dict[str, Any]:
    """A decision from `with_state`, for the API."""
    row = shown(decision)
    return {
        "id": str(decision.pk),
        "kind": decision.kind,
        "state": str(vars(decision)["state"]),
        "surface": decision.surface_id,
        "segment": row.segment.slug if row.segment else None,
        "member": row.member.outside_id if row.member else None,
        "item": row.item.outside_id if row.item else None,
        "who": row.who,
        "content": row.spec,
        "where_text": text_of(row.spec["where"]) if "where" in row.spec else None,
        "priority": row.priority,
        "from": row.starts_at,
        "until": row.until,
        "review_on": row.review_on,
        "holdback": row.holdback,
        "traffic": row.traffic,
        "reason": row.reason,
        "author": decision.author.username,
        "created_at": decision.created_at,
        "revision": row.number,
        "change_set": {"id": str(row.change_set_id), "name": row.change_set.name},
    }
