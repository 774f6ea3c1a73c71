"""Comparing two policy versions of a surface: what was added, what was taken out, what changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from curation.decisions.differences import Change, changes
from curation.decisions.lineages import in_version
from curation.models import Revision, Surface
from curation.problems import Missing


@dataclass(frozen=True)
class Comparison:
    """The decisions that only the later version holds, only the earlier, and both in other revisions."""

    added: list[Revision]
    removed: list[Revision]
    changed: list[tuple[Revision, Revision, list[Change]]]

    def as_json(self) -> dict[str, Any]:
        """The comparison for an API."""
        return {
            "added": [_told(row) for row in self.added],
            "removed": [_told(row) for row in self.removed],
            "changed": [
                _told(new) | {"before": old.number, "fields": [each.as_json() for each in fields]}
                for old, new, fields in self.changed
            ],
        }


def compare(surface: Surface, before: int, after: int) -> Comparison:
    """Compare two versions of a surface (0 is the surface without decisions); or `Missing`."""
    for number in (before, after):
        if not 0 <= number <= surface.policy_version:
            text = _("There is no version %(number)d of %(surface)s; the newest is %(newest)d.")
            values = {"surface": surface.slug, "newest": surface.policy_version}
            raise Missing("no_such_version", text % {"number": number, **values})
    old, new = _held(surface, before), _held(surface, after)
    both = ((old[key], row) for key, row in new.items() if key in old)
    return Comparison(
        added=[row for key, row in new.items() if key not in old],
        removed=[row for key, row in old.items() if key not in new],
        changed=[(was, now, changes(was, now)) for was, now in both if was.pk != now.pk],
    )


def _held(surface: Surface, number: int) -> dict[UUID, Revision]:
    rows: Iterable[Revision] = in_version(surface, number)
    return {row.decision_id: row for row in rows}


def _told(row: Revision) -> dict[str, Any]:
    return {"decision": str(row.decision_id), "kind": row.decision.kind, "revision": row.number}
