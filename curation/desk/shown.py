"""What the desk shows: decisions in words, by surface, by draft, by version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from curation.decisions.lineages import in_version, named
from curation.decisions.sentences import Titles, headline_and_words, titles_of
from curation.models import Block, ChangeSet, Decision, PolicyVersion, Revision, Surface
from curation.policies.comparisons import compare
from curation.policies.loading import drafts_of, in_force, live_blocks, revisions_of
from curation.queries.items import Schema, schema

_VERSIONS_SHOWN: Final = 5
_VERSIONS_LISTED: Final = 50
_CLOSED_SHOWN: Final = 30


@dataclass(frozen=True)
class Line:
    """A decision in one line: what it says, where it stands in time, its revision, and what it is called."""

    revision: Revision
    words: str
    state: str
    title: str


def overview() -> list[dict[str, Any]]:
    """Each surface with the number of its decisions in force, and its open drafts."""
    open_sets = _open_sets()
    return [
        {
            "surface": surface,
            "lines": in_version(surface, surface.policy_version).count(),
            "blocks": live_blocks([surface]).count(),
            "drafts": [home for home in open_sets if _touches(home, surface)],
        }
        for surface in Surface.objects.all()
    ]


def of_surface(surface: Surface) -> dict[str, Any]:
    """The decisions, blocks, drafts and versions of a surface."""
    blocks, known = revisions_of(live_blocks([surface])), schema()
    return {
        "lines": lines(in_version(surface, surface.policy_version), known),
        "blocks": lines(named().filter(pk__in=[row.pk for row in blocks]), known),
        "drafts": [home for home in _open_sets() if _touches(home, surface)],
        "versions": PolicyVersion.objects.filter(surface=surface)
        .select_related("published_by")
        .order_by("-number")[:_VERSIONS_SHOWN],
    }


def blend_of(surface: Surface) -> Revision | None:
    """The blend that holds on a surface for everybody, where one does: the last published of the highest priority."""
    held = in_version(surface, surface.policy_version).filter(
        decision__kind=Decision.Kind.BLEND, segment=None, member=None
    )
    return held.order_by("-priority", "-entries__published_at").first()


def versions(surface: Surface, below: int | None = None) -> dict[str, Any]:
    """A page of a surface's versions, newest first, and where the next one begins; the two newest are chosen."""
    rows = PolicyVersion.objects.filter(surface=surface).select_related("published_by")
    if below is not None:
        rows = rows.filter(number__lt=below)
    found = list(rows.order_by("-number")[: _VERSIONS_LISTED + 1])
    now = surface.policy_version
    return {
        "versions": found[:_VERSIONS_LISTED],
        "older": found[_VERSIONS_LISTED - 1].number if len(found) > _VERSIONS_LISTED else None,
        "before": now - 1,
        "after": now,
    }


def safety_blocks() -> list[Line]:
    """The safety blocks in force, on every surface."""
    rows = revisions_of(Block.objects.filter(ended_at=None, safety=True))
    return lines(named().filter(pk__in=[row.pk for row in rows]).order_by("decision_id"))


def of_decision(decision: Decision) -> dict[str, Any]:
    """The revisions of a decision, newest first, and whether it is in force or drafted."""
    rows = named().filter(decision=decision).order_by("-number")
    newest = newest_of(decision)
    home = newest.change_set
    waits = _state(newest, timezone.now()) != "withdrawn" and home.published_at is None
    return {
        "lines": lines(rows),
        "in_force": in_force(decision),
        "draft": home if waits else None,
        "newest": newest,
    }


def newest_of(decision: Decision) -> Revision:
    """The newest revision that nobody has thrown away, or where all are gone the newest."""
    rows = named().filter(decision=decision).order_by("-number")
    standing = rows.filter(withdrawal=None, change_set__discarded_at=None)
    return standing.first() or rows[0]


def change_sets() -> dict[str, Any]:
    """The open change sets with the number of their drafts, and those closed last."""
    rows = ChangeSet.objects.select_related("author", "scheduled_by")
    drafts = Count("revisions__decision", filter=Q(revisions__withdrawal=None), distinct=True)
    is_open = {"published_at": None, "discarded_at": None}
    closed = rows.exclude(**is_open).order_by("-created_at")
    return {
        "open": rows.filter(**is_open).annotate(drafts=drafts).order_by("publish_at", "name"),
        "closed": closed[:_CLOSED_SHOWN],
    }


def drafts(home: ChangeSet, known: Schema | None = None) -> list[Line]:
    """The drafts of a change set; `known` is the schema of items, if read already."""
    keys = [row.pk for row in drafts_of(home).values()]
    return lines(named().filter(pk__in=keys).order_by("decision_id"), known)


def comparison(surface: Surface, before: int, after: int) -> dict[str, Any]:
    """What differs between two versions of a surface, in words and field by field."""
    found = compare(surface, before, after)
    newer = lines(after for _before, after, _changes in found.changed)
    return {
        "added": lines(found.added),
        "removed": lines(found.removed),
        "changed": [
            {"line": line, "changes": changes}
            for line, (_old, _new, changes) in zip(newer, found.changed, strict=True)
        ],
    }


def lines(revisions: Iterable[Revision], known: Schema | None = None) -> list[Line]:
    """Revisions in words; `known` is the schema of items, if read already."""
    now, kinds = timezone.now(), schema() if known is None else known
    rows = list(revisions)
    titles = titles_of(rows)
    return [_line(row, kinds, titles, now) for row in rows]


def _line(row: Revision, kinds: Schema, titles: Titles, now: datetime) -> Line:
    title, words = headline_and_words(row, kinds, titles)
    return Line(row, words, _state(row, now), title)


def newest_lines(decisions: QuerySet[Decision]) -> list[Line]:
    """Decisions, each by its newest revision."""
    rows = named().filter(decision__in=decisions).order_by("decision_id", "-number")
    return lines(rows.distinct("decision_id"))


def words_of(decisions: Mapping[UUID, int]) -> dict[str, str]:
    """What decisions say, in the revision that is named for each; those that are not there are left out."""
    kinds = schema() if decisions else {}
    rows = list(named().filter(decision__in=decisions))
    titles = titles_of(rows)
    return {
        str(row.decision_id): headline_and_words(row, kinds, titles)[1]
        for row in rows
        if row.number == decisions[row.decision_id]
    }


def _state(revision: Revision, now: datetime) -> str:
    if hasattr(revision, "withdrawal") or revision.change_set.discarded_at:
        return "withdrawn"
    if revision.starts_at and revision.starts_at > now:
        return "scheduled"
    if revision.until and revision.until <= now:
        return "over"
    return "live"


def _open_sets() -> list[ChangeSet]:
    rows = ChangeSet.objects.filter(published_at=None, discarded_at=None)
    drafts = Revision.objects.filter(withdrawal=None).select_related("decision")
    return list(rows.select_related("author").prefetch_related(Prefetch("revisions", drafts)))


def _touches(home: ChangeSet, surface: Surface) -> bool:
    places = {revision.decision.surface_id for revision in home.revisions.all()}
    return bool(places & {None, surface.slug})
