"""Loading the policy of a surface at an instant, for the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from curation.decisions.recurrence import next_edge
from curation.fusion import policy as fusion
from curation.fusion.columns import Schema
from curation.models import Block, ChangeSet, Decision, PolicyEntry, Revision, Surface
from curation.policies.making import InForce, Maker
from curation.queries.items import schema as item_schema

_RELATED = ("decision", "member__merged_into", "author", "change_set")


@dataclass(frozen=True, slots=True)
class Published:
    """What is published on some surfaces, and the attributes that items had then."""

    schema: Schema
    entries: Mapping[str, list[InForce]]
    blocks: list[Block]

    def blocks_of(self, surface: Surface) -> list[Block]:
        """The blocks of one of them and those of everywhere."""
        return [row for row in self.blocks if row.surface_id in (None, surface.slug)]


def load_policy(
    surface: Surface, at: datetime, change_set: ChangeSet | None = None
) -> fusion.Policy:
    """The policy of a surface at an instant, with a change set's drafts on top if one is given.

    It holds what is published, in its window or not; `valid_until` is the next instant at which a
    decision or its recurring hours start or end, or the next UTC midnight where the surface explores. The number of
    queries is fixed.
    """
    return policy_with(surface, at, drafts_of(change_set, surface) if change_set else {})


def policy_with(
    surface: Surface,
    at: datetime,
    drafts: Mapping[UUID, Revision],
    published: Published | None = None,
) -> fusion.Policy:
    """The policy of a surface at an instant as these drafts, by decision, would make it.

    What is published is read, unless it was for several surfaces at once.
    """
    known = published or published_on([surface])
    current = known.entries.get(surface.slug, [])
    entries = [row for row in current if row.revision.decision_id not in drafts]
    waiting = [row for row in drafts.values() if not row.ends]
    entries += [InForce(row, _since(row, at)) for row in waiting if not _blocks(row)]
    blocks = [row for row in known.blocks_of(surface) if row.decision_id not in drafts]
    drafted = [row for row in waiting if _blocks(row)]
    made = Maker(known.schema)
    decisions = [made.decision(row) for row in entries]
    return fusion.Policy(
        surface=settings_of(surface),
        version=surface.policy_version,
        blocks_version=surface.blocks_version,
        blocks=(
            *map(made.block, blocks),
            *(made.drafted_block(row, _since(row, at)) for row in drafted),
        ),
        pins=tuple(row for row in decisions if isinstance(row, fusion.Pin)),
        rules=tuple(row for row in decisions if isinstance(row, fusion.Rule)),
        blends=tuple(row for row in decisions if isinstance(row, fusion.Blend)),
        valid_until=_valid_until(
            surface, at, chain((row.revision for row in entries), drafted, blocks), decisions
        ),
    )


def _since(draft: Revision, at: datetime) -> datetime:
    """When a draft would have been published, looked at from an instant: as planned, else not before now."""
    # A blend that is only tried is in no set.
    known: UUID | None = draft.change_set_id
    planned = draft.change_set.publish_at if known else None
    return planned or max(at, timezone.now())


def planned_by(at: datetime) -> QuerySet[ChangeSet]:
    """The change sets that are to be published by an instant, in that order."""
    rows = ChangeSet.objects.filter(published_at=None, discarded_at=None, publish_at__lte=at)
    return rows.order_by("publish_at", "pk")


def planned_drafts(surface: Surface, at: datetime) -> dict[UUID, Revision]:
    """The drafts on a surface that are to be published by an instant, those of a later set above."""
    found: dict[UUID, Revision] = {}
    for home in planned_by(at):
        found |= drafts_of(home, surface)
    return found


def settings_of(surface: Surface) -> fusion.SurfaceSettings:
    """A surface as the engine sees it."""
    every = surface.explore_every
    knob = round(surface.diversity * 1000)
    kind = fusion.DiversityKind.MMR if knob else fusion.DiversityKind.NONE
    return fusion.SurfaceSettings(
        slug=surface.slug,
        depth=surface.depth,
        reserve=surface.reserve,
        exploring=frozenset(range(every, surface.depth + 1, every)) if every else frozenset(),
        temperature=surface.temperature,
        repeat=fusion.RepeatPolicy(
            rated=surface.repeat != Surface.Repeat.ANYTHING,
            interacted=surface.repeat == Surface.Repeat.INTERACTED,
            shown=surface.max_shown or None,
        ),
        diversity=fusion.Diversity(kind, knob),
        pin_budget=surface.pin_budget,
    )


def published_on(surfaces: Collection[Surface], schema: Schema | None = None) -> Published:
    """What is published on some surfaces, read at once: in their current versions, and the live blocks.

    So is what attributes items have, unless that is known already.
    """
    versions = (
        Q(version__surface=row.slug, version__number=row.policy_version) for row in surfaces
    )
    rows = PolicyEntry.objects.filter(reduce(or_, versions, Q(pk__in=())))
    rows = rows.select_related("version", *(f"revision__{name}" for name in _RELATED))
    entries: dict[str, list[InForce]] = {}
    for row in rows.order_by("revision_id"):
        found = entries.setdefault(row.version.surface_id, [])
        found.append(InForce(row.revision, row.published_at))
    return Published(schema or item_schema(), entries, list(live_blocks(surfaces)))


def live_blocks(surfaces: Collection[Surface]) -> QuerySet[Block]:
    """The blocks of some surfaces and those of everywhere, ended ones left out."""
    here = Q(surface__in=[row.slug for row in surfaces]) | Q(surface=None)
    rows = Block.objects.filter(here, ended_at=None).select_related(
        "member__merged_into", "decision__author"
    )
    return rows.order_by("decision_id")


def revisions_of(blocks: QuerySet[Block]) -> list[Revision]:
    """The revision that each of these blocks was made of."""
    rows = Revision.objects.filter(
        decision__in=blocks.order_by().values("decision"),
        change_set__published_at__isnull=False,
        withdrawal=None,
        ends=False,
    )
    newest = rows.order_by("decision_id", "-number").distinct("decision_id")
    return list(newest.select_related(*_RELATED, "segment", "item"))


def drafts_of(change_set: ChangeSet, surface: Surface | None = None) -> dict[UUID, Revision]:
    """The newest draft of each decision in a change set (that touches the surface), by decision."""
    found = newest_drafts([change_set])
    if surface is None:
        return found
    return {key: row for key, row in found.items() if touches(row, surface)}


def newest_drafts(change_sets: Iterable[ChangeSet]) -> dict[UUID, Revision]:
    """The newest draft of each decision in some change sets, by decision; what was taken out is not."""
    rows = Revision.objects.filter(change_set__in=change_sets, withdrawal=None)
    rows = rows.select_related(*_RELATED, "segment", "item").order_by("number")
    return {row.decision_id: row for row in rows}


def touches(row: Revision, surface: Surface) -> bool:
    """Whether a revision has to do with a surface: decided there, or everywhere."""
    return row.decision.surface_id in (None, surface.slug)


def _blocks(revision: Revision) -> bool:
    return revision.decision.kind == Decision.Kind.BLOCK


def _valid_until(
    surface: Surface,
    at: datetime,
    rows: Iterable[Revision | Block],
    decisions: Iterable[fusion.Decision],
) -> datetime | None:
    edges = [edge for row in rows for edge in (row.starts_at, row.until) if edge and edge > at]
    recurring = {each.who.hours for each in decisions if each.who.hours}
    edges += [edge for hours in recurring if (edge := next_edge(hours, at))]
    if surface.explore_every:
        tomorrow = at.astimezone(UTC).date() + timedelta(days=1)
        edges.append(datetime.combine(tomorrow, time.min, UTC))
    return min(edges, default=None)


def in_force(decision: Decision) -> bool:
    """Whether a decision is published and not ended, on any of its surfaces, in its window or not."""
    if decision.kind == Decision.Kind.BLOCK:
        return Block.objects.filter(decision=decision, ended_at=None).exists()
    current = PolicyEntry.objects.filter(version__number=F("version__surface__policy_version"))
    return current.filter(revision__decision=decision).exists()


def overlay(policy: fusion.Policy, drafts: Mapping[UUID, Revision], at: datetime) -> fusion.Policy:
    """A policy, wherever it comes from, as drafts of these decisions would make it at an instant."""
    made = Maker(item_schema())
    standing = [row for row in drafts.values() if not row.ends]
    blocks = [made.drafted_block(row, at) for row in standing if _blocks(row)]
    others = [made.decision(InForce(row, at)) for row in standing if not _blocks(row)]
    return replace(
        policy,
        blocks=(*_kept(policy.blocks, drafts), *blocks),
        pins=(*_kept(policy.pins, drafts), *(d for d in others if isinstance(d, fusion.Pin))),
        rules=(*_kept(policy.rules, drafts), *(d for d in others if isinstance(d, fusion.Rule))),
        blends=(*_kept(policy.blends, drafts), *(d for d in others if isinstance(d, fusion.Blend))),
    )


def _kept(rows: Iterable[Any], drafts: Mapping[UUID, Revision]) -> Iterator[Any]:
    return (row for row in rows if row.lineage not in drafts)
