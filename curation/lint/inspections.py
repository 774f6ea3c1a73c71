"""Looking all surfaces over: what lint finds in what is published, now or when it was last looked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from curation.fusion.columns import Schema
from curation.lint import Finding, Level, examine_each, review
from curation.models import ChangeSet, Inspection, Revision, Surface
from curation.policies.loading import Published, drafts_of, policy_with, published_on, touches


@dataclass(frozen=True)
class Found:
    """One finding: where, in which revision, and what."""

    surface: Surface
    revision: Revision
    finding: Finding

    def as_json(self) -> dict[str, Any]:
        """The finding for an API, or to be kept; `decision` is the one at fault, `other` what it meets."""
        told = self.finding.as_json()
        other = {"other": told.pop("decision")} if "decision" in told else {}
        place = {
            "surface": self.surface.slug,
            "decision": str(self.revision.decision_id),
            "kind": self.revision.decision.kind,
            "revision": self.revision.number,
        }
        return place | told | other


def inspect(surfaces: Iterable[Surface], at: datetime, schema: Schema | None = None) -> list[Found]:
    """Lint what is published on some surfaces at an instant; the gravest first, surface by surface.

    `schema` is that of items, if read already.
    """
    told = review(list(surfaces), at, schema)
    found = (
        Found(surface, row, finding) for surface, row, findings in told for finding in findings
    )
    return sorted(found, key=lambda row: row.finding.level)


def of_drafts(home: ChangeSet, at: datetime, schema: Schema) -> list[Found]:
    """What lint would say if a change set were published at an instant."""
    drafts = drafts_of(home)
    surfaces = [
        surface
        for surface in Surface.objects.all()
        if any(touches(row, surface) for row in drafts.values())
    ]
    found = _would_be_on(published_on(surfaces, schema), surfaces, drafts, at)
    return sorted(found, key=lambda row: row.finding.level)


def keep(at: datetime) -> int:
    """Inspect all surfaces and keep what was found in place of what was kept before; how many findings."""
    total = 0
    for surface in Surface.objects.all():
        rows = [row.as_json() for row in inspect([surface], at)]
        kept = {"at": at, "findings": rows}
        Inspection.objects.update_or_create(surface=surface, defaults=kept)
        total += len(rows)
    return total


def stops(found: Iterable[Found]) -> bool:
    """Whether something is so grave that a save would be refused."""
    return any(row.finding.level is Level.BLOCKS for row in found)


def _would_be_on(
    known: Published, surfaces: Collection[Surface], drafts: Mapping[UUID, Revision], at: datetime
) -> Iterator[Found]:
    touching = [{k: row for k, row in drafts.items() if touches(row, here)} for here in surfaces]
    asked = [[row for row in here.values() if not row.ends] for here in touching]
    policies = [
        policy_with(surface, at, here, known)
        for surface, here in zip(surfaces, touching, strict=True)
    ]
    told = examine_each(list(zip(asked, policies, strict=True)), at)
    for surface, rows, findings in zip(surfaces, asked, told, strict=True):
        for row in rows:
            yield from (Found(surface, row, finding) for finding in findings[row.decision_id])
