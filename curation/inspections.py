"""Looking all surfaces over: what lint finds in what is published, now or when it was last looked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from curation.lint import Finding, Level, examine, review
from curation.models import ChangeSet, Inspection, Revision, Surface
from curation.policies import drafts_of, policy_with, touches


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


def inspect(surfaces: Iterable[Surface], at: datetime) -> list[Found]:
    """Lint what is published on some surfaces at an instant; the gravest first, surface by surface."""
    found = (row for surface in surfaces for row in _on(surface, at))
    return sorted(found, key=lambda row: row.finding.level)


def of_drafts(home: ChangeSet, at: datetime) -> list[Found]:
    """What lint would say if a change set were published at an instant."""
    drafts = drafts_of(home)
    found = (row for surface in Surface.objects.all() for row in _would_be_on(surface, drafts, at))
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


def _on(surface: Surface, at: datetime) -> Iterator[Found]:
    for revision, told in review(surface, at):
        yield from (Found(surface, revision, finding) for finding in told)


def _would_be_on(
    surface: Surface, drafts: Mapping[UUID, Revision], at: datetime
) -> Iterator[Found]:
    here = {key: row for key, row in drafts.items() if touches(row, surface)}
    asked = [row for row in here.values() if not row.ends]
    told = examine(asked, policy_with(surface, at, here), at) if asked else {}
    for row in asked:
        yield from (Found(surface, row, finding) for finding in told[row.decision_id])
