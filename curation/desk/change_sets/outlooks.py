"""What publishing a change set would change: each draft against what is in force, lint's findings, and its reach.

And afterwards: which versions it made, and which to roll back to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from curation.decisions.differences import Change, changes
from curation.decisions.lineages import named
from curation.desk import shown as desk
from curation.desk.findings import mends
from curation.desk.findings.mends import Mend
from curation.desk.shown import Line
from curation.lint import Level, inspections
from curation.lint.inspections import Found
from curation.models import (
    ChangeSet,
    Decision,
    Member,
    PolicyVersion,
    Revision,
    SegmentMembership,
    Surface,
)
from curation.policies.loading import touches
from curation.queries.items import Schema

_OTHER_WINS: Final = frozenset({"always_beaten", "pin_blocked", "pin_partly_blocked"})
_OWN_WINS: Final = frozenset({"beats_pin"})


@dataclass(frozen=True, slots=True)
class Drafted:
    """One draft: `act` is new, changed or ended; what differs from the revision before it, field by field."""

    line: Line
    act: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding of the inbox: what it is about, what that meets, who of both wins where one does, and its mends."""

    found: Found
    words: str
    other: str
    blocks: bool
    wins: str
    mends: Sequence[Mend]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a publish goes; `everybody` where a draft is for no segment or member in particular."""

    surfaces: Sequence[Surface]
    decisions: int
    members: int
    everybody: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A version that a publish made, and the one before it, to which a roll back would return."""

    version: PolicyVersion
    before: int
    is_current: bool


def drafted(home: ChangeSet, known: Schema) -> list[Drafted]:
    """The drafts of a change set, each with what it changes; `known` is the schema of items."""
    found = desk.drafts(home, known)
    bases = _bases([line.revision for line in found])
    return [_compared(line, bases.get(line.revision.decision_id)) for line in found]


def _compared(line: Line, base: Revision | None) -> Drafted:
    if base is None:
        return Drafted(line, "new", ())
    if line.revision.ends:
        return Drafted(line, "ended", ())
    return Drafted(line, "changed", changes(base, line.revision))


def _bases(drafts: Sequence[Revision]) -> dict[UUID, Revision]:
    """The newest revision of each decision that was published before its draft."""
    numbers = {row.decision_id: row.number for row in drafts}
    rows = named().filter(
        decision__in=numbers, change_set__published_at__isnull=False, withdrawal=None
    )
    before = (row for row in rows.order_by("number") if row.number < numbers[row.decision_id])
    return {row.decision_id: row for row in before}


def inbox(home: ChangeSet, at: datetime, known: Schema) -> list[Entry]:
    """What lint would say of a publish at an instant: what stops it first, each with both decisions in words."""
    found = inspections.of_drafts(home, at, known)
    others = {row.finding.decision for row in found if row.finding.decision}
    own, offered = desk.lines((row.revision for row in found), known), mends.offers(found, home)
    words = _words(others, known) | {str(line.revision.decision_id): line.words for line in own}
    return [
        Entry(
            found=row,
            words=words[str(row.revision.decision_id)],
            other=words.get(str(row.finding.decision), ""),
            blocks=row.finding.level is Level.BLOCKS,
            wins=_wins(row.finding.code),
            mends=offered.of(row),
        )
        for row in sorted(found, key=lambda row: row.finding.level is not Level.BLOCKS)
    ]


def _words(decisions: Collection[UUID], known: Schema) -> dict[str, str]:
    """Decisions as they stand: in their newest revision that nobody has thrown away."""
    if not decisions:
        return {}
    rows = named().filter(decision__in=decisions, withdrawal=None, change_set__discarded_at=None)
    newest = {row.decision_id: row for row in rows.order_by("number")}
    return {
        str(line.revision.decision_id): line.words for line in desk.lines(newest.values(), known)
    }


def _wins(code: str) -> str:
    if code in _OTHER_WINS:
        return "other"
    return "own" if code in _OWN_WINS else ""


def reach(drafts: Sequence[Revision]) -> Reach:
    """The surfaces that drafts touch and the members they are for: three queries."""
    surfaces = [each for each in Surface.objects.all() if any(touches(d, each) for d in drafts)]
    everybody = any(row.segment_id is None and row.member_id is None for row in drafts)
    return Reach(surfaces, len(drafts), _members(drafts, everybody=everybody), everybody)


def _members(drafts: Sequence[Revision], *, everybody: bool) -> int:
    if everybody:
        return Member.objects.filter(merged_into=None).count()
    named_ones = {row.member_id for row in drafts if row.member_id}
    segments = {row.segment_id for row in drafts if row.segment_id}
    rows = SegmentMembership.objects.filter(segment__in=segments)
    return rows.values("subject").distinct().count() + len(named_ones)


def receipt(home: ChangeSet) -> list[Made]:
    """The versions that publishing a change set made, surface by surface: they bear its instant."""
    if home.published_at is None:
        return []
    rows = PolicyVersion.objects.filter(published_at=home.published_at, restores=None)
    return [
        Made(row, row.number - 1, row.number == row.surface.policy_version)
        for row in rows.select_related("surface").order_by("surface")
    ]


def blocked(drafts: Iterable[Drafted]) -> list[Line]:
    """The blocks among drafts, which no roll back undoes."""
    return [each.line for each in drafts if each.line.revision.decision.kind == Decision.Kind.BLOCK]
